"""The sample company with everything that carries a correction or a stop out: real databases, real filing, real
work; only the conversation and the mailbox are lists, and a system can be said to be away.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from demo import company
from privacy.clock import FixedClock
from privacy.contacts import Contact, parse_contact
from privacy.datamap.load import load_datamap
from privacy.datamap.model import DataMap
from privacy.errors import SystemDown
from privacy.filing import Draft, Drafts, Filed, Filing
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.books.progress import Progress
from privacy.fulfilment.books.works import Works
from privacy.fulfilment.correct.course import CorrectCourse
from privacy.fulfilment.correct.objections import Objections
from privacy.fulfilment.correct.old_values import OldValues
from privacy.fulfilment.correct.person import PersonSays
from privacy.fulfilment.correct.receipt import CorrectReceipt
from privacy.fulfilment.engine.carrying_out import CarryingOut
from privacy.fulfilment.engine.ends import Ends
from privacy.fulfilment.job import Json
from privacy.fulfilment.stop.course import StopCourse
from privacy.fulfilment.tasks.tasks import Task, Tasks
from privacy.fulfilment.telling.news import News
from privacy.fulfilment.telling.recipients import Recipients
from privacy.fulfilment.vault.attachments import Attachments
from privacy.requests import State
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.requests import request
from privacy.systems.company import CompanyDirectory
from privacy.systems.directory import SubjectRecord
from privacy.systems.port import Place, System
from tests.privacy.fake_outbox import Mails
from tests.privacy.filing.filing_world import BERLIN, INBOX, POLICY, Proof

ORIGIN = "https://privacy.alderfinch.example"


@dataclass
class Said:
    """The conversations, as a list."""

    all: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    keys: set[tuple[str, str]] = field(default_factory=set)
    woken: list[str] = field(default_factory=list)

    def tell(
        self, tx: Connection, conversation: str, wording: str, values: Mapping[str, str], key: str
    ) -> None:
        if (conversation, key) not in self.keys:
            self.keys.add((conversation, key))
            self.all.append((conversation, wording, values))

    def wake(self, conversation: str) -> None:
        self.woken.append(conversation)

    @property
    def wordings(self) -> list[str]:
        return [wording for _, wording, _ in self.all]


class Steps:
    """Runs each step at once; their results hold nothing personal."""

    def __init__(self) -> None:
        self.results: dict[str, str] = {}

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        assert name not in self.results, f"the step {name} was run twice in one run"
        result = act()
        self.results[name] = json.dumps(result)
        return json.loads(self.results[name])  # type: ignore[no-any-return]


class Company:
    """The real company; a system named in `away` cannot be reached."""

    def __init__(self, datamap: DataMap, keyring: Keyring) -> None:
        self.directory = CompanyDirectory(datamap, keyring)
        self.away: set[str] = set()
        self.written: list[str] = []
        self.reached: list[str] = []

    @property
    def datamap(self) -> DataMap:
        return self.directory.datamap

    def system(self, name: str) -> System:
        if name in self.away:
            raise SystemDown(name)
        self.reached.append(name)
        return self.directory.system(name)

    def find(self, contact: Contact) -> Sequence[SubjectRecord]:
        return self.directory.find(contact)

    def places(self, contact: Contact, subject: str) -> dict[str, tuple[Place, ...]]:
        return self.directory.places(contact, subject)


class World:
    """Everything around the two courses."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: FixedClock,
        folder: Path,
        change: Callable[[str], str] = lambda text: text,
    ) -> None:
        self.files = company.build(folder / "demo", today=clock.now())
        written = change((ROOT / "demo" / "datamap.yml").read_text(encoding="utf-8"))
        (folder / "map.yml").write_text(written, encoding="utf-8")
        self.database, self.keyring, self.clock = database, keyring, clock
        self.company = Company(load_datamap(folder / "map.yml", folder, {}), keyring)
        self.mails, self.said, self.proofs = Mails(), Said(), dict[tuple[str, str, str], Proof]()
        self.works, self.progress = Works(POLICY), Progress()
        self.notes = Notes(database, keyring, clock)
        self.tasks = Tasks(
            database, keyring, clock, POLICY, self.works, self.mails, Attachments(folder / "files"),
            zone=BERLIN, company_inbox=INBOX,
        )  # fmt: skip
        recipients = Recipients(self.mails, self.tasks, lambda: self.company.datamap)
        self.objections = Objections(
            database, keyring, clock, self.company, self.tasks, recipients, ORIGIN
        )
        self.drafts = Drafts(database, keyring, clock)
        self.filing = Filing(
            database, keyring, clock, POLICY, self.mails,
            lambda *asked: self.proofs.get(asked), self.works, zone=BERLIN, company_inbox=INBOX,
        )  # fmt: skip
        self.old_values = OldValues(self.company, keyring)
        correct = CorrectCourse(
            database, keyring, clock, self.company, self.notes, self.progress,
            PersonSays(database, self.tasks),
            CorrectReceipt(
                clock, self.company, self.mails, self.objections, recipients, BERLIN, texts=True
            ),
        )  # fmt: skip
        stop = StopCourse(
            database, clock, self.company, self.notes, self.progress, self.tasks, recipients, BERLIN
        )
        courses = {"correct": correct} | dict.fromkeys(
            ("restrict", "object", "withdraw_consent"), stop
        )
        ends = Ends(
            database, keyring, clock, POLICY, self.works, self.progress, self.tasks,
            News(self.mails, self.said, POLICY, BERLIN), labels=lambda: self.company.directory.labels, zone=BERLIN,
        )  # fmt: skip
        self.carrying_out = CarryingOut(
            database, keyring, clock, self.works, self.progress, self.notes, self.company, courses, ends
        )  # fmt: skip
        self.steps = Steps()
        self.conversations = 0

    # -- filing --------------------------------------------------------------------------------------------------------

    def file(self, typed: str, kind: str = "correct", turn: str = "t1", **details: str) -> str:
        """File for whoever holds this contact, and begin the work; the request's id."""
        contact = parse_contact(typed)
        assert contact is not None
        records = self.company.find(contact)
        self.conversations += 1
        conversation = f"web:{self.conversations}"
        draft = Draft(kind, details, conversation, "web", "en")
        if POLICY.level(kind) == 0:
            filed = self.filing.file_unproven(draft, contact, records, turn)
        else:
            filed = self._file_proven(draft, contact, records, turn)
        return self._id(filed)

    def _file_proven(
        self, draft: Draft, contact: Contact, records: Sequence[SubjectRecord], turn: str
    ) -> Filed:
        act_key = self.drafts.begin(draft.conversation, draft.kind)
        email = next(found for r in records if r.email and (found := parse_contact(r.email)))
        proof = Proof(
            tuple(sorted({r.subject for r in records})),
            contact if contact.kind == "email" else email,
            2,
            self.clock.now(),
        )
        self.proofs[draft.conversation, draft.kind, act_key] = proof
        return self.filing.file(draft, proof, turn)

    def _id(self, filed: Filed) -> str:
        with self.database.read() as tx:
            row = tx.execute(select(request).where(request.c.reference == filed.reference)).one()
        return str(row.id)

    def settle(self, request_id: str, subject: str) -> None:
        """A person has found out who of several asks."""
        from privacy.filing.holders import SUBJECT

        with self.database.write() as tx:
            tx.execute(
                request.update()
                .where(request.c.id == request_id)
                .values(
                    state="received",
                    sealed_subject=self.keyring.seal(json.dumps([subject]), SUBJECT),
                )
            )
            self.works.begin(tx, request_id, "correct", State.RECEIVED, self.clock.now())

    # -- working -------------------------------------------------------------------------------------------------------

    def work(self) -> str:
        """Do what is due now, once; what came of it."""
        with self.database.write() as tx:
            claim = self.works.claim(tx, self.clock.now())
        if claim is None:
            return "nothing"
        self.steps = Steps()
        return self.carrying_out.run(claim.request, claim.run, self.steps)

    def later(self, **time: float) -> None:
        self.clock.move(timedelta(**time))

    def state(self, request_id: str) -> str:
        with self.database.read() as tx:
            row = requested.find(tx, request_id)
        assert row is not None
        return str(row["state"])

    def open_tasks(self, request_id: str) -> list[Task]:
        """Also those that outlive their request."""
        with self.database.read() as tx:
            return [one for one in self.tasks.of(tx, request_id) if one.is_open]

    def answer(self, request_id: str, answer: str) -> None:
        [task] = self.open_tasks(request_id)
        self.tasks.finish(task.id, "agent@company", answer)

    # -- looking -------------------------------------------------------------------------------------------------------

    def ask(self, system: str, question: str, *values: Any) -> list[Any]:
        """Plain SQL, past all of ours."""
        with closing(sqlite3.connect(self.files[system])) as database:
            return database.execute(question, values).fetchall()

    def tell(self, system: str, statement: str, *values: Any) -> None:
        with closing(sqlite3.connect(self.files[system])) as database, database:
            database.execute(statement, values)

    def dump(self) -> dict[str, str]:
        """All that the company's databases hold."""
        found = {}
        for name, path in self.files.items():
            with closing(sqlite3.connect(path)) as database:
                found[name] = "\n".join(database.iterdump())
        return found

    def close(self) -> None:
        self.company.directory.close()


def open_world(
    database: Database, keyring: Keyring, clock: FixedClock, folder: Path, **given: Any
) -> Iterator[World]:
    world = World(database, keyring, clock, folder, **given)
    yield world
    world.close()

"""A small world for the tests of carrying out: filing before it, a company whose systems can be away, courses that
do what a test says, and news that are read. Steps are taken straight, without an engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.errors import SystemDown
from privacy.filing import Filed
from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.books.progress import Progress
from privacy.fulfilment.engine.carrying_out import CarryingOut
from privacy.fulfilment.engine.ends import Ends
from privacy.fulfilment.job import Course, Done, Job, Json, Outcome, Steps
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.telling.news import News
from privacy.fulfilment.vault.attachments import Attachments
from privacy.requests import State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import announcement, work
from privacy.store.tables.requests import request
from privacy.systems.port import Place
from tests.privacy.filing.filing_world import ADA, BERLIN, INBOX, POLICY, World, draft, record

DONE: Final = Done("utter_request_done", "request_done", {"what": "everything"})
SHOP = {"shop": (Place("customers", ((("id", 17),),)),)}


@dataclass
class Company:
    """Where people's rows are; a system that is away cannot say."""

    known: dict[str, dict[str, tuple[Place, ...]]] = field(
        default_factory=lambda: {"shop:17": dict(SHOP)}
    )
    away: set[str] = field(default_factory=set)
    asked: int = 0

    def places(self, contact: Contact, subject: str) -> dict[str, tuple[Place, ...]]:
        self.asked += 1
        for system in self.away:
            raise SystemDown(system)
        return self.known.get(subject, {})


@dataclass
class Scripted:
    """A course that does what the test says."""

    script: Callable[[Job, Steps], Outcome] = lambda _job, _steps: DONE
    jobs: list[Job] = field(default_factory=list)

    def take(self, job: Job, steps: Steps) -> Outcome:
        self.jobs.append(job)
        return self.script(job, steps)


class Straight:
    """Steps without an engine: each is taken where it stands."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        self.names.append(name)
        return act()


@dataclass
class Said:
    """News in conversations; each leaves a row, so that one of a rolled-back transaction is seen to be gone."""

    clock: FixedClock
    all: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)

    def tell(
        self, tx: Connection, conversation: str, wording: str, values: Mapping[str, str], key: str
    ) -> None:
        insert = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
        fresh = tx.execute(
            insert(announcement)
            .values(conversation=conversation, key=key, said_at=self.clock.now())
            .on_conflict_do_nothing()
        )
        if fresh.rowcount:
            self.all.append((conversation, wording, values))

    def wake(self, conversation: str) -> None:
        self.woken.append(conversation)


class WorkWorld(World):
    """Filing, and what carries it out."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: FixedClock, folder: Path
    ) -> None:
        super().__init__(database, keyring, clock)
        self.company = Company()
        self.course = Scripted()
        self.courses: dict[str, Course] = dict.fromkeys(POLICY.kinds, self.course)
        self.said = Said(clock)
        self.progress = Progress()
        self.notes = Notes(database, keyring, clock)
        self.attachments = Attachments(folder / "files")
        self.tasks = Tasks(
            database,
            keyring,
            clock,
            POLICY,
            self.works,
            self.mails,
            self.attachments,
            zone=BERLIN,
            company_inbox=INBOX,
        )
        self.news = News(self.mails, self.said, POLICY, BERLIN)
        self.ends = Ends(
            database,
            keyring,
            clock,
            POLICY,
            self.works,
            self.progress,
            self.tasks,
            self.news,
            labels=lambda: {"shop": "our shop", "crm": "our sales team"},
            zone=BERLIN,
        )
        self.carrying_out = CarryingOut(
            database,
            keyring,
            clock,
            self.works,
            self.progress,
            self.notes,
            self.company,
            self.courses,
            self.ends,
        )

    def file(self, kind: str = "access", **details: str) -> Filed:
        return self.filing.file(draft(kind, **details), self.proven(kind), f"turn of {kind}")

    def file_unproven(self, kind: str = "object") -> Filed:
        people = [record("shop:17", "ada@example.com")]
        return self.filing.file_unproven(draft(kind), ADA, people, f"turn of {kind}")

    def work(self, steps: Steps | None = None) -> list[str]:
        """Do all that is due now, one after the other; how each ended."""
        ended: list[str] = []
        while True:
            with self.database.write() as tx:
                claim = self.works.claim(tx, self.clock.now())
            if claim is None:
                return ended
            ended.append(self.carrying_out.run(claim.request, claim.run, steps or Straight()))

    def state(self, reference: str) -> State:
        with self.database.read() as tx:
            return State(
                tx.execute(
                    select(request.c.state).where(request.c.reference == reference)
                ).scalar_one()
            )

    def work_row(self, reference: str) -> Mapping[Any, Any]:
        with self.database.read() as tx:
            return (
                tx.execute(
                    select(work, request.c.id.label("id"))
                    .join(request)
                    .where(request.c.reference == reference)
                )
                .mappings()
                .one()
            )

    def work_states(self) -> list[str]:
        with self.database.read() as tx:
            return list(tx.execute(select(work.c.state)).scalars())

    def wordings(self) -> list[str]:
        return [wording for _, wording, _ in self.said.all]

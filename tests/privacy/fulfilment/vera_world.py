"""All of Vera at the sample company, in this process and with a clock that a test moves: codes are read from the
outbox, and work is done when the test says so, without an engine.

Everything else is the real thing, built by `privacy.wiring`.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, func, select

from demo import company
from privacy.clock import FixedClock
from privacy.contacts import Contact, parse_contact
from privacy.filing import Draft, Filed
from privacy.filing.entry import DETAILS
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.audit import audit
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request
from privacy.verification import Proof
from privacy.wiring import Vera
from tests.driving.inside import JANE, make_vera, newest_code
from tests.privacy.fulfilment.work_world import Straight

KARL = "karl.sammler@example.com"
NOBODY = "nobody.at.all@example.com"


@dataclass
class Visit:
    """One conversation, and the secret of its session."""

    conversation: str
    token: str


@dataclass(frozen=True)
class Letter:
    """A mail in the outbox."""

    kind: str
    to: str
    text: str


@dataclass
class Act:
    """One line of the audit."""

    seq: int
    actor: str
    act: str
    request: str | None
    data: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        about = self.data.get("system") or self.data.get("purpose") or self.data.get("operation")
        return f"{self.act} {about}" if about else self.act


class VeraWorld:
    """Vera and the company."""

    def __init__(self, folder: Path, clock: FixedClock) -> None:
        self.folder, self.clock = folder, clock
        self.files = company.build(folder / "demo", today=clock.now())
        self.vera: Vera = make_vera(folder, clock=clock)
        self.keyring = Keyring.load(folder / "keys.json")
        self._turns = 0

    # -- asking ------------------------------------------------------------------------------------------------------

    def visit(self) -> Visit:
        """Somebody opens the chat."""
        opened = self.vera.conversations.open("web", "en")
        return Visit(opened.conversation, opened.token)

    def turn(self) -> str:
        self._turns += 1
        return f"turn {self._turns}"

    def prove(
        self, visit: Visit, operation: str, typed: str = JANE, act_key: str = ""
    ) -> Proof | None:
        """Ask for a code, and type it."""
        verification = self.vera.verification
        verification.begin(visit.conversation, operation, contact(typed), act_key, self.turn())
        assert verification.check(visit.conversation, newest_code(self.vera)).outcome == "accepted"
        return verification.proven(visit.conversation, operation, act_key)

    def begin(self, visit: Visit, kind: str, typed: str = JANE) -> tuple[str, Proof | None]:
        """A draft that is proven, not filed; its act key and the proof."""
        act_key = self.vera.drafts.begin(visit.conversation, kind)
        return act_key, self.prove(visit, kind, typed, act_key)

    def file(
        self, kind: str, typed: str = JANE, visit: Visit | None = None, **details: str
    ) -> Filed:
        """File a request as the chat does."""
        visit = visit or self.visit()
        draft = Draft(kind, details, visit.conversation, "web", "en")
        if self.vera.policy.level(kind) == 0:
            records = self.vera.directory.find(contact(typed))
            return self.vera.filing.file_unproven(draft, contact(typed), records, self.turn())
        act_key, proof = self.begin(visit, kind, typed)
        if details.get("field") in ("email", "phone"):
            self.prove_new(visit, details["value"], act_key)
        return self.vera.filing.file(draft, proof, self.turn())

    def prove_new(self, visit: Visit, address: str, act_key: str) -> None:
        """The new address or number proves itself."""
        verification = self.vera.verification
        verification.begin_new(visit.conversation, contact(address), act_key, self.turn())
        assert verification.check(visit.conversation, newest_code(self.vera)).outcome == "accepted"

    # -- working -----------------------------------------------------------------------------------------------------

    def work(self) -> list[str]:
        """Do all that is due now; how each run ended."""
        ended: list[str] = []
        while True:
            with self.vera.database.write() as tx:
                claim = self.vera.works.claim(tx, self.clock.now())
            if claim is None:
                return ended
            carrying_out = self.vera.fulfilment._runner._carrying_out
            ended.append(carrying_out.run(claim.request, claim.run, Straight()))

    def done(self, kind: str, typed: str = JANE, **details: str) -> Filed:
        """File it, and carry it out."""
        filed = self.file(kind, typed, None, **details)
        if kind == "delete":
            self.later(days=self.vera.policy.deletion.undo_days)
        assert self.work() == ["done"]
        return filed

    def later(self, **time: float) -> None:
        self.clock.move(timedelta(**time))

    @contextmanager
    def away(self, system: str) -> Iterator[None]:
        """While its file is not there."""
        path = self.files[system]
        hidden = path.with_suffix(".away")
        path.rename(hidden)
        yield
        hidden.rename(path)

    # -- looking -----------------------------------------------------------------------------------------------------

    def row(self, filed: Filed) -> RowMapping:
        with self.vera.database.read() as tx:
            found = select(request).where(request.c.reference == filed.reference)
            return tx.execute(found).mappings().one()

    def details(self, filed: Filed) -> dict[str, str]:
        sealed = self.row(filed)["sealed_details"]
        return dict(json.loads(self.keyring.open(sealed, DETAILS)))

    def subjects(self, typed: str = JANE) -> list[str]:
        return sorted({one.subject for one in self.vera.directory.find(contact(typed))})

    def count(self, table: str) -> int:
        with self.vera.database.read() as tx:
            return tx.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one()

    def said(self, visit: Visit) -> list[str]:
        history = self.vera.conversations.history(visit.conversation)
        return [line.text for line in history if line.author == "bot"]

    def letters(self, kind: str) -> list[Letter]:
        """Mails that go out, the oldest first."""
        with self.vera.database.read() as tx:
            rows = tx.execute(
                select(mail).where(mail.c.kind == kind, mail.c.deliver).order_by(mail.c.id)
            ).mappings()
            return [
                Letter(
                    row["kind"],
                    self.keyring.open(row["to_address"], "mail.to_address"),
                    self.keyring.open(row["body"], "mail.body"),
                )
                for row in rows.all()
            ]

    def audit(self, filed: Filed | None = None) -> list[Act]:
        """Every line of the audit, or those of one request."""
        wanted = None if filed is None else self.row(filed)["id"]
        with self.vera.database.read() as tx:
            rows = tx.execute(select(audit).order_by(audit.c.seq)).mappings().all()
        return [
            Act(row["seq"], row["actor"], row["act"], row["request"], json.loads(row["data"]))
            for row in rows
            if wanted is None or row["request"] == wanted
        ]

    def ask(self, system: str, question: str, *values: Any) -> list[Any]:
        """Plain SQL in a database of the company, past all of ours."""
        with closing(sqlite3.connect(self.files[system])) as database:
            return database.execute(question, values).fetchall()

    def tell(self, system: str, statement: str, *values: Any) -> None:
        with closing(sqlite3.connect(self.files[system])) as database, database:
            database.execute(statement, values)


def contact(typed: str) -> Contact:
    found = parse_contact(typed)
    assert found is not None
    return found


def acts(lines: list[Act]) -> list[str]:
    """What was done, in order; systems that are asked at the same time in the order of their names."""
    told: list[str] = []
    together: list[str] = []
    for line in lines:
        if line.act in ("system.read", "system.erased"):
            together.append(str(line))
            continue
        told += sorted(together)
        together = []
        told.append(str(line))
    return told + sorted(together)


@contextmanager
def vera_world(folder: Path, clock: FixedClock) -> Iterator[VeraWorld]:
    world = VeraWorld(folder, clock)
    yield world
    world.vera.database.close()


__all__ = ["JANE", "KARL", "NOBODY", "Act", "Letter", "VeraWorld", "Visit", "acts", "contact", "vera_world"]  # fmt: skip

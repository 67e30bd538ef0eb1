"""A small world for the tests of the desk's verbs: filing and carrying out, colleagues of every role, and the desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from privacy.agents.accounts import Agent
from privacy.agents.roles import Role
from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.datamap.load import load_datamap
from privacy.desk.requests.desk import RequestDesk
from privacy.errors import SystemDown
from privacy.filing import Filed
from privacy.fulfilment.delete.holds import Holds
from privacy.fulfilment.export.review import Review
from privacy.fulfilment.vault.vault import Vault
from privacy.requests import CLOSED, State
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.store.tables.fulfilment import task
from privacy.store.tables.requests import request, request_event
from privacy.systems.directory import SubjectRecord
from tests.privacy.filing.filing_world import BERLIN, POLICY, draft, record
from tests.privacy.fulfilment.work_world import WorkWorld

SHARED = Contact("email", "household@example.com")


@dataclass
class People:
    """Whom the company's systems know; a test may let them be away."""

    records: list[SubjectRecord] = field(default_factory=list)
    is_away: bool = False

    def find(self, contact: Contact) -> list[SubjectRecord]:
        if self.is_away:
            raise SystemDown("shop")
        own = {one.subject for one in self.records if contact.value in (one.email, one.phone)}
        return [one for one in self.records if one.subject in own]


class DeskWorld(WorkWorld):
    """Carrying out, and the desk beside it."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: FixedClock, folder: Path
    ) -> None:
        super().__init__(database, keyring, clock, folder)
        self.people = People([record("shop:17", "ada@example.com")])
        self.woken = self._filed = 0
        self.datamap = load_datamap(ROOT / "demo" / "datamap.yml", ROOT / "demo", {})
        self.holds = Holds(keyring, clock, "DE")
        self.desk = RequestDesk.of(
            database=database,
            keyring=keyring,
            clock=clock,
            policy=POLICY,
            datamap=self.datamap,
            directory=self.people,
            works=self.works,
            tasks=self.tasks,
            progress=self.progress,
            news=self.news,
            holds=self.holds,
            review=Review(
                database,
                keyring,
                Vault(folder / "packages"),
                self.tasks,
                self.notes,
            ),
            zone=BERLIN,
            wake=self._wake,
        )
        self.officer = self.hire("kim", Role.OFFICER)
        self.colleague = self.hire("lee", Role.OFFICER)
        self.agent = self.hire("sam", Role.AGENT)

    def _wake(self) -> None:
        self.woken += 1

    def hire(self, login: str, role: Role) -> Agent:
        """Somebody new at the desk."""
        hired = Agent(f"{login}-{role}", login, login.capitalize(), role, "active")
        with self.database.write() as tx:
            known = select(agent.c.id).where(agent.c.id == hired.id)
            if tx.execute(known).first() is None:
                tx.execute(
                    insert(agent).values(
                        id=hired.id,
                        login=f"{login}-{role}",
                        name=hired.name,
                        role=role.value,
                        state="active",
                        created_at=self.clock.now(),
                    )
                )
        return hired

    def another(self, kind: str = "access") -> Filed:
        """A request of somebody who has none yet."""
        self._filed += 1
        place = f"web:of {self._filed}"
        proof = self.proven(kind, f"shop:{100 + self._filed}", conversation=place)
        return self.filing.file(draft(kind, place), proof, "turn")

    def shared(self, kind: str = "access") -> Filed:
        """A request of somebody who shares a contact with somebody else."""
        self.people.records = [
            record("shop:17", SHARED.value),
            record("shop:17", "ada@example.com"),
            record("shop:18", SHARED.value),
        ]
        proof = self.proven(kind, "shop:17", "shop:18", contact=SHARED)
        return self.filing.file(draft(kind), proof, f"turn of {kind}")

    def ask(self, filed: Filed, kind: str = "correct_by_hand", key: str = "by_hand:shop") -> str:
        """A task of a request; its id."""
        row = self.row(filed)
        about = _About(
            **{name: row[name] for name in ("reference", "kind", "due_at")}, request=row["id"]
        )
        with self.database.write() as tx:
            self.tasks.ask(
                tx, about, key=key, kind=kind, what="Look for ada@example.com.", system="shop"
            )
            found = select(task.c.id).where(task.c.request == row["id"], task.c.key == key)
            return str(tx.execute(found).scalar_one())

    def row(self, filed: Filed) -> Any:
        with self.database.read() as tx:
            found = select(request).where(request.c.reference == filed.reference)
            return tx.execute(found).mappings().one()

    def put(self, filed: Filed, state: State) -> None:
        """Bring a request into a state, past all that leads there."""
        closed = self.clock.now() if state in CLOSED else None
        with self.database.write() as tx:
            tx.execute(
                update(request)
                .where(request.c.reference == filed.reference)
                .values(state=state.value, closed_at=closed)
            )

    def events(self, filed: Filed) -> list[tuple[str, str]]:
        """What happened to it, and by whom."""
        with self.database.read() as tx:
            own = select(request.c.id).where(request.c.reference == filed.reference)
            rows = tx.execute(
                select(request_event.c.event, request_event.c.actor)
                .where(request_event.c.request.in_(own))
                .order_by(request_event.c.seq)
            )
            return [(row.event, row.actor) for row in rows]


@dataclass(frozen=True)
class _About:
    request: str
    reference: str
    kind: str
    due_at: Any
    conversation: str = "web:1"
    language: str = "en"
    mail_to: str = "ada@example.com"


@contextmanager
def desk_world(
    database: Database, keyring: Keyring, clock: FixedClock, folder: Path
) -> Iterator[DeskWorld]:
    yield DeskWorld(database, keyring, clock, folder)


__all__ = ["SHARED", "DeskWorld", "desk_world"]

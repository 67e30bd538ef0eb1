"""Conversations, agents and a clock for tests of hand-overs, on any database."""

from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from privacy.agents.roles import Act, Role, roles_that_may
from privacy.audit import Audit
from privacy.clock import FixedClock
from privacy.contacts import parse_contact
from privacy.handoff.hand_overs import HandOver, HandOvers, Why
from privacy.handoff.notes import Notes
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.store.tables.audit import audit
from privacy.store.tables.conversations import conversation

ANNA, BEN = "agent-anna", "agent-ben"


class World:
    """Two agents, three conversations, and more where they are wanted."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        Audit(keyring, clock).attach(database)
        self.database = database
        self.clock = clock
        self.hand_overs = HandOvers(keyring, clock)
        self.notes = Notes(keyring, clock)
        with database.write() as tx:
            for key, name in ((ANNA, "Anna"), (BEN, "Ben")):
                tx.execute(
                    insert(agent).values(
                        id=key,
                        login=key,
                        name=name,
                        role="agent",
                        state="active",
                        created_at=clock.now(),
                    )
                )

        self.opened("web:1", "web:2", "web:3")

    def opened(self, *names: str) -> None:
        """Conversations with these ids."""
        with self.database.write() as tx:
            for name in names:
                now = self.clock.now()
                tx.execute(
                    insert(conversation).values(
                        id=name,
                        channel="web",
                        language="en",
                        session=name,
                        created_at=now,
                        last_seen_at=now,
                    )
                )

    def pass_by(self, **time: float) -> None:
        self.clock.move(timedelta(**time))

    def asks(self, name: str, reason: Why = "asked", *, left_for: str = "") -> HandOver:
        contact = parse_contact(left_for) if left_for else None
        with self.database.write() as tx:
            return self.hand_overs.ask(
                tx, name, reason, mode="left" if left_for else "live", answer_to=contact
            )

    def claims(self, name: str, by: str) -> HandOver:
        with self.database.write() as tx:
            return self.hand_overs.claim(tx, name, by)

    def writes(self, name: str) -> None:
        with self.database.write() as tx:
            self.hand_overs.customer_wrote(tx, name)

    def answers(self, name: str, by: str) -> None:
        with self.database.write() as tx:
            self.hand_overs.agent_wrote(tx, name, by)

    def idle_ones(self, **idle: float) -> list[str]:
        """Whose conversations go back to the queue."""
        with self.database.write() as tx:
            back = self.hand_overs.take_from_idle(tx, timedelta(**idle), roles_that_may(Act.REPLY))
        return [one.conversation for one in back]

    def of(self, name: str) -> HandOver | None:
        with self.database.read() as tx:
            return self.hand_overs.of(tx, name)

    def now(self, name: str) -> HandOver:
        found = self.of(name)
        assert found is not None
        return found

    def wait(self, name: str) -> tuple[int, int | None]:
        """How many are before it, and how many minutes it took lately."""
        with self.database.read() as tx:
            wait = self.hand_overs.wait(tx, self.now(name))
        return wait.ahead, wait.minutes

    def disable(self, who: str) -> None:
        self._change(who, state="disabled")

    def begin_anew(self, who: str) -> None:
        self._change(who, state="invited")

    def make(self, who: str, role: Role) -> None:
        self._change(who, role=role.value)

    def _change(self, who: str, **values: str) -> None:
        with self.database.write() as tx:
            tx.execute(update(agent).where(agent.c.id == who).values(**values))

    def audited(self, tx: Connection) -> list[str]:
        return [row.act for row in tx.execute(select(audit.c.act).order_by(audit.c.seq))]

"""People who answer at another desk, as accounts that nobody can sign in with: customers read their names, and the
records say who it was.

They are known by the number that they have there, and take the name that they have there.
"""

import uuid
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from privacy import audit
from privacy.agents.accounts import OUTSIDE, Agent, as_agent
from privacy.agents.roles import Role
from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.tables.agents import agent as table

_LONGEST: Final = 80
_NAMELESS: Final = "A colleague"


class OutsideAgents:
    """Accounts of people at one other desk."""

    def __init__(self, database: Database, clock: Clock, desk: str) -> None:
        self._database = database
        self._clock = clock
        self._desk = desk

    def known(self, number: int, name: str) -> Agent:
        """The account of somebody with this number there, made where it is new. Its state is "disabled" where an
        administrator let them in no more."""
        try:
            return self._known(number, name)
        except IntegrityError:  # made by another process at the same moment
            return self._known(number, name)

    def find(self, number: int) -> Agent | None:
        """The account of somebody with this number there, as it is."""
        own = table.c.login == f"{self._desk}:{number}"
        with self._database.read() as tx:
            row = tx.execute(select(table).where(own)).mappings().one_or_none()
        return None if row is None else as_agent(row)

    def _known(self, number: int, name: str) -> Agent:
        login, shown = f"{self._desk}:{number}", _name(name)
        found = self.find(number)
        if found is not None and found.name == shown:
            return found
        with self._database.write() as tx:
            if found is None:
                return self._made(tx, login, shown)
            tx.execute(update(table).where(table.c.id == found.id).values(name=shown))
            return replace(found, name=shown)

    def _made(self, tx: Connection, login: str, name: str) -> Agent:
        agent = Agent(str(uuid.uuid4()), login, name, Role.AGENT, OUTSIDE)
        tx.execute(
            insert(table).values(
                id=agent.id,
                login=login,
                name=name,
                role=agent.role.value,
                state=OUTSIDE,
                created_at=self._clock.now(),
            )
        )
        data = {"agent": agent.id, "role": agent.role.value}
        audit.note(tx, actor="service", act="agent.added", data=data)
        return agent


def is_outside(tx: Connection, agent: str) -> bool:
    """Does this account belong to somebody at another desk?"""
    return tx.execute(select(table.c.state).where(table.c.id == agent)).scalar() == OUTSIDE


def _name(name: str) -> str:
    """As customers may read it: one line, nothing that cannot be seen."""
    seen = "".join(sign for sign in " ".join(name.split()) if sign.isprintable())
    return seen[:_LONGEST].strip() or _NAMELESS

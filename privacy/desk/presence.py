"""Who is at the desk: whether somebody takes conversations now, and who has which one before them.

A page that is open says so again and again; what it does not renew is over by itself, so a browser that dies leaves
nothing behind. Of two agents at one conversation each is told of the other.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, select, update

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, is_permitted
from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.tables.agents import agent as agents
from privacy.store.tables.handoff import desk_look
from privacy.store.upserts import insert_into

HERE_FOR: Final = timedelta(seconds=60)
WRITING_FOR: Final = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else who has the conversation before them."""

    name: str
    is_writing: bool


class Presence:
    """Remembers who is there."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def be_here(self, who: Agent) -> None:
        """Somebody's desk is open and they take conversations; to be renewed within a minute."""
        if is_permitted(who.role, Act.REPLY):
            self._set_here(who, True)

    def leave(self, who: Agent) -> None:
        """They take no conversations from now on, and look at none."""
        with self._database.write() as tx:
            tx.execute(delete(desk_look).where(desk_look.c.agent == who.id))
        self._set_here(who, False)

    def look_at(self, who: Agent, conversation: str, *, writing: bool = False) -> None:
        """They have this conversation before them; `writing`: and write there."""
        now = self._clock.now()
        fresh: dict[str, object] = {"conversation": conversation, "seen_at": now}
        if writing:
            fresh["wrote_at"] = now
        with self._database.write() as tx:
            tx.execute(
                insert_into(tx, desk_look)
                .values(agent=who.id, **fresh)
                .on_conflict_do_update(index_elements=["agent"], set_=fresh)
            )

    def others(self, tx: Connection, conversation: str, who: str) -> list[Colleague]:
        """Who else looks at it, by name."""
        now = self._clock.now()
        rows = tx.execute(
            select(agents.c.name, desk_look.c.wrote_at)
            .join(agents, agents.c.id == desk_look.c.agent)
            .where(
                desk_look.c.conversation == conversation,
                desk_look.c.agent != who,
                desk_look.c.seen_at > now - HERE_FOR,
            )
            .order_by(agents.c.name)
        )
        return [
            Colleague(row.name, row.wrote_at is not None and row.wrote_at > now - WRITING_FOR)
            for row in rows
        ]

    def _set_here(self, who: Agent, here: bool) -> None:
        until = self._clock.now() + HERE_FOR if here else None
        with self._database.write() as tx:
            tx.execute(update(agents).where(agents.c.id == who.id).values(is_here_until=until))

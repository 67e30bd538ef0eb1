"""Sessions at the desk: a secret of 256 bits in the browser, its fingerprint in the database (S-41).

A session ends after fifteen minutes without use, after twelve hours in any case, and at once when the account is
disabled, reset or given another role. What a page asks for by itself is no use of it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import delete, insert, select, update

from privacy import audit
from privacy.agents.accounts import Agent, as_agent
from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent, agent_session

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=12)
_USED_STEP: Final = timedelta(seconds=20)

type Method = Literal["password", "provider"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who uses a session, and until when it lasts if nobody uses it."""

    agent: Agent
    ends_at: datetime
    is_paused: bool = False
    """They take no new conversations, though they are there."""


class AgentSessions:
    """Opens, finds and ends sessions of agents."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    def open(self, who: Agent, method: Method) -> str:
        """Begin a session; returns its secret."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        with self._database.write() as tx:
            tx.execute(
                insert(agent_session).values(
                    id=self._fingerprint(token),
                    agent=who.id,
                    method=method,
                    created_at=now,
                    last_used_at=now,
                )
            )
            audit.note(tx, actor=who.actor, act="agent.signed_in", data={"method": method})
        return token

    def enter(self, token: str, *, by_itself: bool = False) -> SignedIn | None:
        """Whose session it is; None for one that is over. `by_itself`: the page asks, not the person."""
        if not token or len(token) > 200:
            return None
        now = self._clock.now()
        own = agent_session.c.id == self._fingerprint(token)
        with self._database.read() as tx:
            row = (
                tx.execute(
                    select(
                        agent,
                        agent_session.c.last_used_at,
                        agent_session.c.created_at.label("since"),
                        agent_session.c.paused_at,
                    )
                    .join(agent_session, agent_session.c.agent == agent.c.id)
                    .where(
                        own,
                        agent.c.state == "active",
                        agent_session.c.last_used_at > now - IDLE,
                        agent_session.c.created_at > now - LONGEST,
                    )
                )
                .mappings()
                .one_or_none()
            )
        if row is None:
            return None
        used = row["last_used_at"]
        if not by_itself and now - used > _USED_STEP:
            used = now
            with self._database.write() as tx:
                tx.execute(update(agent_session).where(own).values(last_used_at=now))
        ends_at = min(used + IDLE, row["since"] + LONGEST)
        return SignedIn(as_agent(row), ends_at, row["paused_at"] is not None)

    def pause(self, token: str, on: bool) -> None:
        """Take no new conversations in this session, or take them again."""
        own = agent_session.c.id == self._fingerprint(token)
        paused_at = self._clock.now() if on else None
        with self._database.write() as tx:
            tx.execute(update(agent_session).where(own).values(paused_at=paused_at))

    def end(self, token: str) -> None:
        """Sign out."""
        with self._database.write() as tx:
            gone = tx.execute(
                delete(agent_session)
                .where(agent_session.c.id == self._fingerprint(token))
                .returning(agent_session.c.agent)
            ).scalar()
            if gone is not None:
                audit.note(tx, actor=f"agent:{gone}", act="agent.signed_out")

    def tidy_up(self) -> int:
        """Delete the rows of sessions that are over."""
        now = self._clock.now()
        with self._database.write() as tx:
            return tx.execute(
                delete(agent_session).where(
                    (agent_session.c.last_used_at <= now - IDLE)
                    | (agent_session.c.created_at <= now - LONGEST)
                )
            ).rowcount

    def _fingerprint(self, token: str) -> str:
        return self._keyring.index(token, "agent session")

"""A person at the desk without a browser: acts by the house's own verbs, in another process than the service, on its
database. What the service then tells its customers it has learned from the rows alone.
"""

import uuid
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select, update

from privacy.agents.accounts import Agent, as_agent
from privacy.handoff.hand_overs import HandOver, HandOvers
from privacy.settings import Settings
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.store.tables.handoff import hand_over
from privacy.wiring import build
from tests.driving.customer import Customer


class Colleague:
    """Somebody at the desk of a Vera whose data lies in this folder; there from `comes` to `goes`."""

    def __init__(self, data: Path, name: str = "Robin") -> None:
        self._vera = build(
            Settings(data_dir=data, smtp_url="smtp://127.0.0.1:9")
        )  # sends nothing itself
        self._hand_overs = HandOvers(Keyring.load(data / "keys.json"), self._vera.clock)
        row = {
            "id": uuid.uuid4().hex,
            "login": uuid.uuid4().hex,
            "name": name,
            "role": "agent",
            "state": "active",
        }
        with self._vera.database.write() as tx:
            tx.execute(insert(agent).values(**row, created_at=self._vera.clock.now()))
        self.agent: Agent = as_agent(row)

    def comes(self) -> None:
        """They take conversations."""
        self._is_there(True)

    def goes(self) -> None:
        """They take none now."""
        self._is_there(False)

    def close(self) -> None:
        self._vera.database.close()

    def takes(self, customer: Customer) -> HandOver:
        """Claim their conversation."""
        return self._vera.people.claim(self._conversation(customer), self.agent)

    def answers(self, customer: Customer, text: str) -> None:
        """Write to them."""
        self._vera.people.reply(self._conversation(customer), self.agent, text, uuid.uuid4().hex)

    def hands_back(self, customer: Customer) -> None:
        """Give their conversation back to the bot."""
        self._vera.people.hand_back(self._conversation(customer), self.agent)

    def hand_over(self, customer: Customer) -> HandOver | None:
        """The one that is open in their conversation."""
        with self._vera.database.read() as tx:
            return self._hand_overs.of(tx, self._conversation(customer))

    def sends_everybody_home(self) -> None:
        """Nobody waits any more, as on the evening of a day."""
        with self._vera.database.write() as tx:
            waiting = select(hand_over.c.conversation).where(hand_over.c.ended_at.is_(None))
            for row in tx.execute(waiting).all():
                self._hand_overs.end(tx, row.conversation, "closed", self.agent.actor)

    def _conversation(self, customer: Customer) -> str:
        found = self._vera.sessions.enter(customer.token)
        assert found is not None
        return found

    def _is_there(self, there: bool) -> None:
        until = self._vera.clock.now() + timedelta(hours=1) if there else None
        with self._vera.database.write() as tx:
            tx.execute(update(agent).where(agent.c.id == self.agent.id).values(is_here_until=until))

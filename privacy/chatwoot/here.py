"""What is known here of a conversation when a round begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from privacy.agents.accounts import OUTSIDE, Agent
from privacy.agents.roles import Role
from privacy.chatwoot.links import Link
from privacy.desk.cases import Case, Cases, Line
from privacy.desk.hiding import hidden
from privacy.handoff.hand_overs import HandOver
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import left_message, message
from privacy.store.tables.handoff import hand_over

THEIRS: Final = "chatwoot:"
"""How the client id of every message begins that agents at Chatwoot wrote."""

# Who reads a case for Chatwoot: nobody's values are revealed to them.
_READER: Final = Agent("chatwoot", "chatwoot", "Chatwoot", Role.AGENT, OUTSIDE)


@dataclass(frozen=True, slots=True)
class Left:
    """A message that was left, values hidden."""

    id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Here:
    """One conversation."""

    case: Case
    left: Sequence[Left]
    from_there: frozenset[int]
    """Messages that agents there wrote."""
    outcome: str
    """Of the hand-over for which it is open there, where that has ended."""

    @property
    def open(self) -> HandOver | None:
        return self.case.hand_over

    @property
    def lines(self) -> list[Line]:
        """The transcript by number, without what stands beside it."""
        said = (line for line in self.case.lines if line.author != "note")
        return sorted(said, key=lambda line: line.id)

    def untold(self, link: Link) -> list[Left]:
        """Left messages that they have not been told, the oldest first."""
        return [one for one in self.left if link.left_told is None or one.at > link.left_told]


class HereReader:
    """Reads conversations for Chatwoot."""

    def __init__(self, database: Database, keyring: Keyring, cases: Cases) -> None:
        self._database = database
        self._keyring = keyring
        self._cases = cases

    def read(self, link: Link) -> Here:
        case = self._cases.read(link.conversation, _READER)
        with self._database.read() as tx:
            theirs = tx.execute(
                select(message.c.id).where(
                    message.c.conversation == link.conversation,
                    message.c.author == "agent",
                    message.c.client_id.startswith(THEIRS, autoescape=True),
                )
            ).scalars()
            outcome = tx.execute(
                select(hand_over.c.outcome).where(hand_over.c.id == link.hand_over)
            ).scalar()
            return Here(case, self._left(tx, link.conversation), frozenset(theirs), outcome or "")

    def _left(self, tx: Connection, conversation: str) -> list[Left]:
        rows = tx.execute(
            select(left_message)
            .where(left_message.c.conversation == conversation)
            .order_by(left_message.c.created_at, left_message.c.id)
        )
        return [Left(row.id, self._hidden_body(row.body), row.created_at) for row in rows]

    def _hidden_body(self, sealed: bytes) -> str:
        text = self._keyring.open(sealed, "left_message.body")
        return "".join(part.text for part in hidden(text))

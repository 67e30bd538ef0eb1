"""One conversation as an agent sees it: what was said with its values hidden, what was proven, which requests there are.

To reveal a value takes a reason, is written in the audit, and is shown to that agent alone for a while.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from privacy import audit
from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, check_permitted
from privacy.clock import Clock
from privacy.contacts import as_kept, mask
from privacy.conversations.messages import Message, Messages
from privacy.conversations.sessions import channel_of
from privacy.desk.hiding import REASONS, Part, Reason, hidden, value_of, whole
from privacy.desk.presence import Colleague, Presence
from privacy.errors import NotPossibleNow, RequestNotFound
from privacy.handoff.hand_overs import HandOver, HandOvers
from privacy.handoff.notes import Note, Notes
from privacy.policy import Policy
from privacy.requests import State, Status, status_of
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.challenges import proof
from privacy.store.tables.conversations import conversation as conversations
from privacy.store.tables.conversations import message as messages_table
from privacy.store.tables.handoff import revealed
from privacy.store.tables.requests import request, request_alias
from privacy.store.upserts import insert_into

SHOWN_FOR: Final = timedelta(minutes=15)
_LINES: Final = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript, or a note."""

    id: int
    author: str
    """customer, bot, agent, notice or note."""
    name: str
    parts: Sequence[Part]
    at: datetime
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """What the conversation has proven: by a code to which contact (masked), for what, and whether it still counts."""

    contact: str
    operation: str
    level: int
    at: datetime
    counts_until: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request of this conversation."""

    reference: str
    kind: str
    wish: str
    status: Status
    due_at: datetime
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Case:
    """Everything about a conversation that its agent sees."""

    conversation: str
    channel: str
    since: datetime
    hand_over: HandOver | None
    lines: tuple[Line, ...]
    verified: tuple[Verified, ...]
    requests: tuple[RequestRow, ...]
    draft: str

    @property
    def newest(self) -> int:
        return max((line.id for line in self.lines if line.author != "note"), default=0)


class Cases:
    """Reads conversations for agents."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        messages: Messages,
        hand_overs: HandOvers,
        notes: Notes,
        presence: Presence,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._messages = messages
        self._hand_overs = hand_overs
        self._notes = notes
        self._presence = presence

    def read(self, conversation: str, who: Agent) -> Case:
        """Raises RequestNotFound where there is no such conversation, NotAllowed."""
        check_permitted(who.role, Act.READ_CONVERSATIONS)
        with self._database.read() as tx:
            row = tx.execute(
                select(conversations.c.id, conversations.c.created_at).where(
                    conversations.c.id == conversation
                )
            ).first()
            if row is None:
                raise RequestNotFound("no such conversation")
            seen = self._revealed(tx, conversation, who.id)
            said = self._messages.newest(tx, conversation, _LINES)
            lines = [_line(one, seen.get(one.id, ())) for one in _marked(said)]
            lines += [_note(one) for one in self._notes.of(tx, conversation)]
            return Case(
                conversation=conversation,
                channel=channel_of(conversation),
                since=row.created_at,
                hand_over=self._hand_overs.of(tx, conversation),
                lines=tuple(sorted(lines, key=lambda line: line.at)),
                verified=tuple(self._verified(tx, conversation)),
                requests=tuple(self._requests(tx, conversation)),
                draft=self._notes.draft(tx, conversation, who.id),
            )

    def others(self, conversation: str, who: Agent) -> list[Colleague]:
        """Who else has it before them."""
        with self._database.read() as tx:
            return self._presence.others(tx, conversation, who.id)

    def reveal(self, conversation: str, message: int, number: int, who: Agent, why: Reason) -> None:
        """Show one hidden value to one agent. Raises NotAllowed, NotPossibleNow, ValueError for another reason."""
        check_permitted(who.role, Act.REVEAL)
        if why not in REASONS:
            raise ValueError("a value is revealed for a reason of the list")
        with self._database.write() as tx:
            one = self._hand_overs.of(tx, conversation)
            if one is None or one.agent != who.id:
                raise NotPossibleNow("values are revealed to whoever holds the conversation")
            said = {
                line.id: line for line in _marked(self._messages.newest(tx, conversation, _LINES))
            }
            line = said.get(message)
            if line is None or not (line.is_personal or value_of(line.text, number)):
                raise NotPossibleNow("there is no such value")
            fresh = {"reason": why, "at": self._clock.now()}
            tx.execute(
                insert_into(tx, revealed)
                .values(agent=who.id, message=message, number=number, **fresh)
                .on_conflict_do_update(index_elements=["agent", "message", "number"], set_=fresh)
            )
            audit.note(tx, actor=who.actor, act="data.revealed", data={"why": why, "seq": message})

    def tidy_up(self) -> int:
        """Forget what was revealed and is shown no more; the audit keeps that it was."""
        with self._database.write() as tx:
            old = revealed.c.at < self._clock.now() - SHOWN_FOR
            return tx.execute(delete(revealed).where(old)).rowcount

    def _revealed(self, tx: Connection, conversation: str, who: str) -> Mapping[int, set[int]]:
        rows = tx.execute(
            select(revealed.c.message, revealed.c.number)
            .join(messages_table, messages_table.c.id == revealed.c.message)
            .where(
                messages_table.c.conversation == conversation,
                revealed.c.agent == who,
                revealed.c.at >= self._clock.now() - SHOWN_FOR,
            )
        )
        seen: dict[int, set[int]] = {}
        for row in rows:
            seen.setdefault(row.message, set()).add(row.number)
        return seen

    def _verified(self, tx: Connection, conversation: str) -> list[Verified]:
        codes, now = self._policy.codes, self._clock.now()
        rows = tx.execute(
            select(proof).where(proof.c.conversation == conversation).order_by(proof.c.proven_at)
        )
        found = []
        for row in rows:
            ends = min(
                row.last_used_at + timedelta(minutes=codes.verified_idle_minutes),
                row.proven_at + timedelta(minutes=codes.verified_max_minutes),
            )
            contact = mask(as_kept(self._keyring.open(row.contact, "proof.contact")))
            found.append(Verified(contact, row.purpose, row.level, row.proven_at, ends, now < ends))
        return found

    def _requests(self, tx: Connection, conversation: str) -> list[RequestRow]:
        further = select(request_alias.c.request).where(
            request_alias.c.conversation == conversation
        )
        rows = tx.execute(
            select(request)
            .where((request.c.conversation == conversation) | request.c.id.in_(further))
            .order_by(request.c.closed_at.is_not(None), request.c.due_at)
        )
        return [
            RequestRow(
                row.reference,
                row.kind,
                self._policy.kind(row.kind).wish(),
                status_of(State(row.state)),
                row.due_at,
                row.closed_at is not None,
            )
            for row in rows
        ]


def _marked(said: Sequence[Message]) -> list[Message]:
    """With what a customer typed as a new value marked as personal, like what our systems hold."""
    marked, awaited = [], False
    for one in said:
        is_value = awaited and one.author == "customer"
        marked.append(replace(one, is_personal=True) if is_value else one)
        if one.author != "notice":
            awaited = one.author == "bot" and one.wants_value
    return marked


def _line(one: Message, seen: Collection[int]) -> Line:
    choices = () if one.is_personal else tuple(choice.label for choice in one.choices)
    parts = whole(one.text, 0 in seen) if one.is_personal else hidden(one.text, seen)
    return Line(one.id, one.author, one.name, parts, one.at, choices)


def _note(one: Note) -> Line:
    return Line(one.id, "note", one.by, [Part(one.text)], one.at)

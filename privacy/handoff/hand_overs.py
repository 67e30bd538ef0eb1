"""Who holds a conversation, in rows: the bot, the queue, or one agent; and how it goes from one to the next.

Everything happens in the caller's transaction. To take a conversation is one conditional update, so of two agents one
wins and the other is told. What waits is counted from the moment when the customer wrote and nobody answered.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    func,
    or_,
    select,
    update,
)

from privacy import audit
from privacy.clock import Clock
from privacy.contacts import Contact, parse_contact
from privacy.errors import NotPossibleNow
from privacy.handoff.waits import Wait, wait_of
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.store.tables.handoff import hand_over as table
from privacy.store.upserts import insert_into

type Holder = Literal["bot", "queue", "agent"]
type Why = Literal["asked", "misunderstood", "only_person", "unverified", "complaint", "distress"]
type Mode = Literal["live", "left"]
type Outcome = Literal["handed_back", "taken_back", "closed"]

ANSWER_TO: Final = "hand_over.sealed_answer_to"
_GRAVE: Final[tuple[Why, ...]] = (
    "asked",
    "misunderstood",
    "only_person",
    "unverified",
    "complaint",
    "distress",
)
"""Reasons, the gravest last: one that comes later takes the place of a lighter one."""


class TakenAlready(NotPossibleNow):
    """Somebody else has taken the conversation."""

    code = "desk_taken_already"

    def __init__(self, by: str) -> None:
        super().__init__("somebody else holds it")
        self.by = by


class NotYours(NotPossibleNow):
    """The agent does not hold the conversation, or not any more."""

    code = "desk_not_yours"


@dataclass(frozen=True, slots=True)
class HandOver:
    """An open hand-over of a conversation."""

    id: str
    conversation: str
    reason: Why
    mode: Mode
    agent: str | None
    agent_name: str
    asked_at: datetime
    waiting_since: datetime | None
    claimed_at: datetime | None
    snoozed_until: datetime | None
    version: int
    answer_to: Contact | None

    @property
    def holder(self) -> Holder:
        """The queue keeps a message that was left; until somebody takes it, the bot answers."""
        if self.agent is not None:
            return "agent"
        return "queue" if self.mode == "live" else "bot"

    def __repr__(self) -> str:
        return f"HandOver({self.id!r}, {self.reason!r}, {self.holder!r})"


class HandOvers:
    """All hand-overs."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock

    # ---- What is ---------------------------------------------------------------------------------------

    def of(self, tx: Connection, conversation: str, *, to_change: bool = False) -> HandOver | None:
        """The open hand-over of a conversation."""
        found = _open().where(table.c.conversation == conversation)
        if to_change and tx.dialect.name == "postgresql":
            found = found.with_for_update(of=table)
        row = tx.execute(found).mappings().one_or_none()
        return None if row is None else self._read(row)

    def holder(self, tx: Connection, conversation: str) -> Holder:
        """Who holds a conversation, and goes on holding it until this transaction is over."""
        found = self.of(tx, conversation, to_change=True)
        return "bot" if found is None else found.holder

    def wait(self, tx: Connection, one: HandOver) -> Wait:
        """What can honestly be said about how long it will take."""
        return wait_of(tx, one.id, one.asked_at, self._clock.now())

    # ---- Customers -------------------------------------------------------------------------------------

    def ask(
        self,
        tx: Connection,
        conversation: str,
        reason: Why,
        *,
        mode: Mode = "live",
        answer_to: Contact | None = None,
    ) -> HandOver:
        """Put a conversation into the queue; where it is there already, it keeps its place."""
        now = self._clock.now()
        sealed = self._keyring.seal(answer_to.value, ANSWER_TO) if answer_to else None
        fresh = tx.execute(
            insert_into(tx, table)
            .values(
                id=str(uuid.uuid4()),
                conversation=conversation,
                reason=reason,
                mode=mode,
                asked_at=now,
                waiting_since=now,
                sealed_answer_to=sealed,
                version=1,
            )
            .on_conflict_do_nothing()
            .returning(table.c.id)
        ).scalar()
        if fresh is not None:
            _note(tx, "customer", "conversation.queued", {"reason": reason, "kind": mode})
        elif not self._ask_again(tx, conversation, reason, mode, sealed):
            # It was given back at this very moment.
            return self.ask(tx, conversation, reason, mode=mode, answer_to=answer_to)
        found = self.of(tx, conversation)
        assert found is not None
        return found

    def customer_wrote(self, tx: Connection, conversation: str) -> None:
        """The customer waits from now, if not already; what was put off comes back."""
        now = self._clock.now()
        tx.execute(
            update(table)
            .where(table.c.conversation == conversation, table.c.ended_at.is_(None))
            .values(
                waiting_since=func.coalesce(table.c.waiting_since, now),
                snoozed_until=None,
                version=table.c.version + 1,
            )
        )

    # ---- Agents ----------------------------------------------------------------------------------------

    def claim(self, tx: Connection, conversation: str, by: str) -> HandOver:
        """Take a conversation out of the queue. One's own is taken already, and that is fine.

        Raises TakenAlready, NotPossibleNow where it waits for nobody.
        """
        now = self._clock.now()
        taken = tx.execute(
            update(table)
            .where(
                table.c.conversation == conversation,
                table.c.ended_at.is_(None),
                table.c.agent.is_(None),
            )
            .values(
                agent=by,
                claimed_at=func.coalesce(table.c.claimed_at, now),
                acted_at=now,
                snoozed_until=None,
                version=table.c.version + 1,
            )
        ).rowcount
        found = self.of(tx, conversation)
        if found is None:
            raise NotPossibleNow("it does not wait for a person any more")
        if found.agent != by:
            raise TakenAlready(found.agent_name)
        if taken:
            _note(tx, f"agent:{by}", "conversation.taken", {"reason": found.reason})
        return found

    def assign(self, tx: Connection, conversation: str, to: str | None, by: str) -> HandOver:
        """Give a conversation to somebody, or back to the queue (None), whoever has it.

        Raises NotPossibleNow.
        """
        now = self._clock.now()
        values: dict[str, object] = {"agent": to, "acted_at": now, "snoozed_until": None}
        if to is not None:
            values["claimed_at"] = func.coalesce(table.c.claimed_at, now)
        self._changed(tx, conversation, (), values)
        kind = "released" if to is None else "assigned"
        _note(tx, f"agent:{by}", f"conversation.{kind}", {"agent": to} if to else {})
        found = self.of(tx, conversation)
        assert found is not None
        return found

    def own(self, tx: Connection, conversation: str, by: str) -> HandOver:
        """The hand-over that this agent holds, to change it. Raises NotYours."""
        found = self.of(tx, conversation, to_change=True)
        if found is None or found.agent != by:
            raise NotYours("held by somebody else, or by nobody")
        return found

    def agent_wrote(self, tx: Connection, conversation: str, by: str) -> None:
        """The customer has words of ours now. Raises NotYours."""
        now = self._clock.now()
        self._changed(tx, conversation, [table.c.agent == by], {"waiting_since": None, "acted_at": now})  # fmt: skip

    def agent_is_there(self, tx: Connection, conversation: str, by: str) -> None:
        """The agent does something with it: it is not idle. Nothing where it is somebody else's."""
        tx.execute(
            update(table)
            .where(
                table.c.conversation == conversation,
                table.c.ended_at.is_(None),
                table.c.agent == by,
            )
            .values(acted_at=self._clock.now())
        )

    def snooze(self, tx: Connection, conversation: str, by: str, until: datetime) -> None:
        """Put it off until a moment, or until the customer writes. Raises NotYours."""
        values = {"snoozed_until": until, "acted_at": self._clock.now()}
        self._changed(tx, conversation, [table.c.agent == by], values)

    def take_back(self, tx: Connection, conversation: str) -> bool:
        """The customer waits no longer and goes on with the bot; False where somebody has just taken the conversation."""
        return self._end(tx, conversation, "taken_back", "customer", [table.c.agent.is_(None)])

    def end(self, tx: Connection, conversation: str, outcome: Outcome, actor: str) -> bool:
        """Give the conversation back to the bot; False where it is there already."""
        return self._end(tx, conversation, outcome, actor, ())

    def is_any_idle(self, tx: Connection, idle: timedelta, may_reply: Collection[str]) -> bool:
        """Whether there is anything for `take_from_idle`."""
        return tx.execute(self._idle(idle, may_reply).limit(1)).first() is not None

    def take_from_idle(
        self, tx: Connection, idle: timedelta, may_reply: Collection[str]
    ) -> list[HandOver]:
        """Back to the queue: conversations whose customer waits while their agent does nothing, and all of an agent who is
        let in no more, begins anew, or has none of the roles that may reply. Returns them as they were."""
        rows = tx.execute(self._idle(idle, may_reply)).mappings().all()
        back = []
        for row in rows:
            let_go = tx.execute(
                update(table)
                .where(table.c.id == row["id"], table.c.version == row["version"])
                .values(agent=None, snoozed_until=None, version=table.c.version + 1)
            ).rowcount
            if let_go:
                _note(tx, "service", "conversation.released", {"agent": row["agent"]})
                back.append(self._read(row))
        return back

    # ---- Inside ----------------------------------------------------------------------------------------

    def _ask_again(
        self, tx: Connection, conversation: str, reason: Why, mode: Mode, sealed: bytes | None
    ) -> bool:
        before = self.of(tx, conversation, to_change=True)
        if before is None:
            return False
        now = self._clock.now()
        changes: dict[str, object] = {
            "reason": max(before.reason, reason, key=_GRAVE.index),
            "waiting_since": func.coalesce(table.c.waiting_since, now),
            "snoozed_until": None,
        }
        if sealed is not None:
            changes["sealed_answer_to"] = sealed
        if mode == "live" and before.mode == "left":
            # Whoever left a message and waits here now begins to wait now: their place is the last one.
            changes |= {"mode": mode, "asked_at": now, "waiting_since": now}
            if before.agent is None:
                changes["claimed_at"] = None
            _note(tx, "customer", "conversation.queued", {"reason": reason, "kind": mode})
        self._changed(tx, conversation, (), changes)
        return True

    def _end(
        self,
        tx: Connection,
        conversation: str,
        outcome: Outcome,
        actor: str,
        only: Sequence[ColumnElement[bool]],
    ) -> bool:
        ended = tx.execute(
            update(table)
            .where(table.c.conversation == conversation, table.c.ended_at.is_(None), *only)
            .values(ended_at=self._clock.now(), outcome=outcome, version=table.c.version + 1)
        ).rowcount
        if ended:
            _note(tx, actor, "conversation.returned", {"outcome": outcome})
        return bool(ended)

    def _idle(self, idle: timedelta, may_reply: Collection[str]) -> Select[tuple[object, ...]]:
        now = self._clock.now()
        is_idle = and_(
            table.c.waiting_since < now - idle,
            table.c.acted_at < now - idle,
            or_(table.c.snoozed_until.is_(None), table.c.snoozed_until < now),
        )
        cannot_answer = or_(
            agent.c.state.in_(("disabled", "invited")), agent.c.role.not_in(may_reply)
        )
        return _open().where(table.c.agent.is_not(None), or_(is_idle, cannot_answer))

    def _changed(
        self,
        tx: Connection,
        conversation: str,
        only: Sequence[ColumnElement[bool]],
        values: Mapping[str, object],
    ) -> None:
        changed = tx.execute(
            update(table)
            .where(table.c.conversation == conversation, table.c.ended_at.is_(None), *only)
            .values(version=table.c.version + 1, **values)
        ).rowcount
        if not changed:
            raise NotYours("held by somebody else, or by nobody")

    def _read(self, row: RowMapping) -> HandOver:
        sealed = row["sealed_answer_to"]
        return HandOver(
            id=row["id"],
            conversation=row["conversation"],
            reason=row["reason"],
            mode=row["mode"],
            agent=row["agent"],
            agent_name=row["agent_name"] or "",
            asked_at=row["asked_at"],
            waiting_since=row["waiting_since"],
            claimed_at=row["claimed_at"],
            snoozed_until=row["snoozed_until"],
            version=row["version"],
            answer_to=parse_contact(self._keyring.open(sealed, ANSWER_TO)) if sealed else None,
        )


def _open() -> Select[tuple[object, ...]]:
    return (
        select(table, agent.c.name.label("agent_name"))
        .outerjoin(agent, agent.c.id == table.c.agent)
        .where(table.c.ended_at.is_(None))
    )


def _note(tx: Connection, actor: str, act: str, data: dict[str, str | int]) -> None:
    audit.note(tx, actor=actor, act=act, data=data)

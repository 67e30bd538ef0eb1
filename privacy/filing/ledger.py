"""The rows of requests: written, found, moved on, each change with its line of history.

Everything happens in the caller's transaction. A change of state is one conditional update that
also counts the version; the version is the number of the event in the history, so two writers can
never both write the same step. Opens no sealed value and checks no identity.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    delete,
    insert,
    or_,
    select,
    update,
)

from privacy import audit
from privacy.deadlines import HOUSE, Deadlines, LawDate
from privacy.errors import NotPossibleNow, RequestNotFound
from privacy.references import parse_reference
from privacy.requests import CLOSED, Event, Reason, State, next_state
from privacy.store.tables.requests import request, request_alias, request_deadline, request_event

# The first event of every request; it leads from nowhere, so the state machine does not know it.
FILED = "filed"
# The date was moved for a reason that a law allows; the state stays.
EXTENDED = "extended"

type Data = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened to a request; `data` holds nothing personal."""

    seq: int
    at: datetime
    actor: str
    event: str
    data: Data


@dataclass(frozen=True, slots=True)
class Joined:
    """A conversation that asked for what was open already, and the reference that it knows it by."""

    conversation: str
    reference: str
    given_at: datetime


def find_turn(tx: Connection, conversation: str, turn: str) -> RowMapping | None:
    """The request that this very turn filed."""
    return _one(tx, request.c.conversation == conversation, request.c.turn == turn)


def find_alias(tx: Connection, conversation: str, turn: str) -> RowMapping | None:
    """The further reference that this very turn was given, with the kind of its request."""
    return _alias(tx, request_alias.c.conversation == conversation, request_alias.c.turn == turn)


def find_alias_of(tx: Connection, request_id: str, conversation: str) -> RowMapping | None:
    """The further reference of a request that this conversation was given before."""
    return _alias(
        tx,
        request_alias.c.request == request_id,
        request_alias.c.conversation == conversation,
    )


def find_open(tx: Connection, subject_index: str, kind: str, scope: str) -> RowMapping | None:
    """The one open request of this subject and kind."""
    return _one(
        tx,
        request.c.subject_index == subject_index,
        request.c.kind == kind,
        request.c.scope == scope,
        request.c.closed_at.is_(None),
    )


def owned(
    tx: Connection, reference: str, subject_index: str, *, to_change: bool = False
) -> RowMapping:
    """The request with this reference (as typed), or a further one of it, of this subject.

    Raises RequestNotFound, whether there is none or it is somebody else's.
    """
    parsed = parse_reference(reference)
    aliased = select(request_alias.c.request).where(request_alias.c.reference == parsed)
    found = parsed and _one(
        tx,
        request.c.subject_index == subject_index,
        or_(request.c.reference == parsed, request.c.id.in_(aliased)),
        to_change=to_change,
    )
    if not found:
        raise RequestNotFound("no request with this reference belongs to who asks")
    return found


def find_all(tx: Connection, subject_index: str) -> Sequence[RowMapping]:
    """Every request of this subject: open ones first, then the newest."""
    return (
        tx.execute(
            select(request)
            .where(request.c.subject_index == subject_index)
            .order_by(
                request.c.closed_at.is_not(None), request.c.received_at.desc(), request.c.reference
            )
        )
        .mappings()
        .all()
    )


def write_new(tx: Connection, row: Mapping[str, Any], dates: Deadlines, data: Data) -> str:
    """Write a request with each law's date and the first line of its history; returns its id.

    Raises sqlalchemy.exc.IntegrityError where one like it is there already.
    """
    request_id = str(uuid.uuid4())
    tx.execute(insert(request).values(id=request_id, version=1, due_at=dates.promise, **row))
    own = (dates.set_by,) if dates.set_by.law == HOUSE else ()
    for date in (*dates.by_law, *own):
        tx.execute(
            insert(request_deadline).values(
                request=request_id,
                law=date.law,
                due_at=date.due_at,
                basis=date.basis,
                source=date.source,
            )
        )
    _write_event(tx, request_id, 1, row["received_at"], "customer", FILED, data)
    _note(tx, request_id, row["subject_index"], "customer", FILED, {"kind": row["kind"], **data})
    return request_id


def write_alias(
    tx: Connection,
    row: RowMapping,
    reference: str,
    conversation: str,
    turn: str,
    at: datetime,
) -> None:
    """Give the request read as `row` a further reference.

    Raises sqlalchemy.exc.IntegrityError where the reference or the turn is taken.
    """
    tx.execute(
        insert(request_alias).values(
            reference=reference,
            request=row["id"],
            conversation=conversation,
            turn=turn,
            given_at=at,
        )
    )
    _note(tx, row["id"], row["subject_index"], "customer", "joined", {"kind": row["kind"]})


def joined(tx: Connection, request_id: str) -> list[Joined]:
    """Every conversation that was given a further reference of a request."""
    rows = tx.execute(
        select(request_alias.c.conversation, request_alias.c.reference, request_alias.c.given_at)
        .where(request_alias.c.request == request_id)
        .order_by(request_alias.c.conversation)
    )
    return [Joined(*row) for row in rows]


def is_taken(tx: Connection, reference: str) -> bool:
    """Whether a reference is in use, as a first or a further one."""
    first = select(request.c.id).where(request.c.reference == reference)
    further = select(request_alias.c.request).where(request_alias.c.reference == reference)
    return tx.execute(first.union(further)).first() is not None


def move(
    tx: Connection,
    row: RowMapping,
    event: Event,
    *,
    at: datetime,
    actor: str,
    reason: Reason | None = None,
    data: Data | None = None,
) -> RowMapping:
    """Let `event` happen to the request read as `row`; returns the row as it is now.

    Raises NotPossibleNow, also where somebody else was first. Raises ValueError where a request is
    declined without a reason.
    """
    state = next_state(State(row["state"]), event)
    if state is State.DECLINED and reason is None:
        raise ValueError("a request is declined for a reason")
    closed_at = at if state in CLOSED else None
    moved = (
        tx.execute(
            update(request)
            .where(request.c.id == row["id"], request.c.version == row["version"])
            .values(
                state=state.value,
                reason=reason.value if reason else None,
                closed_at=closed_at,
                version=request.c.version + 1,
            )
            .returning(request)
        )
        .mappings()
        .one_or_none()
    )
    if moved is None:
        raise NotPossibleNow("the request was changed by somebody else at the same time")
    _write_event(tx, row["id"], moved["version"], at, actor, event.value, data or {})
    why = {"reason": reason.value} if reason else {}
    _note(tx, row["id"], row["subject_index"], actor, event.value, {**(data or {}), **why})
    return moved


def extend(
    tx: Connection, row: RowMapping, dates: Deadlines, *, at: datetime, actor: str, data: Data
) -> RowMapping:
    """Move the dates of the request read as `row`; returns the row as it is now.

    Our own promise goes, since it is not kept; what it was stands in the history.
    Raises NotPossibleNow where somebody else was first.
    """
    moved = (
        tx.execute(
            update(request)
            .where(request.c.id == row["id"], request.c.version == row["version"])
            .values(due_at=dates.promise, version=request.c.version + 1)
            .returning(request)
        )
        .mappings()
        .one_or_none()
    )
    if moved is None:
        raise NotPossibleNow("the request was changed by somebody else at the same time")
    own = request_deadline.c.request == row["id"]
    tx.execute(delete(request_deadline).where(own, request_deadline.c.law == HOUSE))
    for date in dates.by_law:
        tx.execute(
            update(request_deadline)
            .where(own, request_deadline.c.law == date.law)
            .values(due_at=date.due_at, basis=date.basis, source=date.source)
        )
    _write_event(tx, row["id"], moved["version"], at, actor, EXTENDED, data)
    _note(tx, row["id"], row["subject_index"], actor, EXTENDED, data)
    return moved


def give_to(
    tx: Connection,
    row: RowMapping,
    owner: Mapping[str, Any],
    *,
    at: datetime,
    actor: str,
    data: Data,
) -> RowMapping:
    """Say whose request this is, of several who share a contact (`owner`: the columns that say so); it goes on.

    Raises NotPossibleNow; sqlalchemy.exc.IntegrityError where that person has one like it already.
    """
    tx.execute(update(request).where(request.c.id == row["id"]).values(**owner))
    mine = {**row, **owner}
    return move(tx, cast(RowMapping, mine), Event.IDENTITY_SETTLED, at=at, actor=actor, data=data)


def history(tx: Connection, request_id: str) -> list[HistoryEntry]:
    """What happened to a request, in order."""
    rows = tx.execute(
        select(request_event)
        .where(request_event.c.request == request_id)
        .order_by(request_event.c.seq)
    ).mappings()
    return [
        HistoryEntry(row["seq"], row["at"], row["actor"], row["event"], row["data"]) for row in rows
    ]


def law_dates(tx: Connection, request_id: str) -> list[LawDate]:
    """Each law's own date, the earliest first."""
    rows = tx.execute(
        select(request_deadline)
        .where(request_deadline.c.request == request_id)
        .order_by(request_deadline.c.due_at, request_deadline.c.law)
    ).mappings()
    return [LawDate(row["law"], row["due_at"], row["basis"], row["source"]) for row in rows]


def _one(
    tx: Connection, *conditions: ColumnElement[bool], to_change: bool = False
) -> RowMapping | None:
    found = select(request).where(*conditions)
    if to_change:
        found = found.with_for_update()  # PostgreSQL; on SQLite the transaction itself is the lock
    return tx.execute(found).mappings().one_or_none()


def _alias(tx: Connection, *conditions: ColumnElement[bool]) -> RowMapping | None:
    found = select(request_alias, request.c.kind).join(request).where(*conditions)
    return tx.execute(found).mappings().one_or_none()


def _write_event(
    tx: Connection, request_id: str, seq: int, at: datetime, actor: str, event: str, data: Data
) -> None:
    tx.execute(
        insert(request_event).values(
            request=request_id, seq=seq, at=at, actor=actor, event=event, data=dict(data)
        )
    )


def _note(
    tx: Connection, request_id: str, subject_index: str, actor: str, event: str, data: Data
) -> None:
    audit.note(
        tx,
        actor=actor,
        act=f"request.{event}",
        request=request_id,
        subject=subject_index,
        data={name: value for name, value in data.items() if name != "turn"},
    )

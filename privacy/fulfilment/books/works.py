"""Which requests are to be worked on, and when: the one truth about it, in Vera's own database.

Each start of work has a number (`run`); whoever holds an older number may write nothing any more. Closed
requests drop out by themselves, and so do those that wait for a customer or for somebody to settle who asks.
Knows no workflow engine; the time is passed.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from privacy.filing import ledger
from privacy.policy import Policy
from privacy.requests import Event, State
from privacy.store.tables.fulfilment import work
from privacy.store.tables.requests import request

SERVICE = "service"  # the actor of what nobody asked for just now
DELETE = "delete"
_WORKABLE = (State.RECEIVED, State.IN_PROGRESS, State.SCHEDULED, State.COMMITTED)


class WorkState(StrEnum):
    DUE = "due"
    RUNNING = "running"
    FOR_PERSON = "for_person"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a request, for as long as its `run` is the newest."""

    request: str
    run: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How work stands with everything, for health: numbers only."""

    due: int
    running: int
    for_person: int
    late_seconds: int  # how long the oldest has been due, and nobody took it


class Works:
    """Begins, hands out and ends work, each inside the caller's transaction."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def begin(
        self, tx: Connection, request_id: str, kind: str, state: State, now: datetime
    ) -> State:
        """Work on a request that was filed just now, or whose asker was just settled; returns the state after.

        A deletion is scheduled: it can be undone until the policy's days are over, though never so long that it would
        be late. Where it is not settled who asks there is no work yet, and no day to undo it is over.
        """
        if state is not State.RECEIVED:
            return state
        undo_from = now
        if kind == DELETE:
            undo_from = min(now, self._latest(tx, request_id))
        return self._begin(tx, request_id, kind, undo_from, now)

    def adopt(self, tx: Connection, now: datetime) -> int:
        """Work on requests that were filed before anything here carried requests out; returns how many.

        A deletion among them has all its days to undo, from now on: nobody was told of them before.
        """
        left = (
            select(request.c.id, request.c.kind)
            .where(
                request.c.state == State.RECEIVED,
                ~select(work.c.request).where(work.c.request == request.c.id).exists(),
            )
            .order_by(request.c.received_at)
            .with_for_update(skip_locked=True)
        )
        adopted = 0
        for row in tx.execute(left).all():
            with suppress(IntegrityError), tx.begin_nested():  # another service was faster
                self._begin(tx, row.id, row.kind, now, now)
                adopted += 1
        return adopted

    def undo_until(self, received_at: datetime) -> datetime:
        """Until when a deletion received then can be undone."""
        return received_at + timedelta(days=self._policy.deletion.undo_days)

    def claim(self, tx: Connection, now: datetime) -> Claim | None:
        """Take the oldest work that is due; nobody else gets it. None where there is none."""
        oldest = (
            select(work.c.request)
            .join(request)
            .where(work.c.state == WorkState.DUE, work.c.due_at <= now, _is_workable())
            .order_by(work.c.due_at, work.c.request)
            .limit(1)
            .with_for_update(skip_locked=True, of=work)
            .scalar_subquery()
        )
        taken = tx.execute(
            update(work)
            .where(work.c.request == oldest, work.c.state == WorkState.DUE)
            .values(state=WorkState.RUNNING, run=work.c.run + 1, updated_at=now)
            .returning(work.c.request, work.c.run)
        ).one_or_none()
        return None if taken is None else Claim(taken.request, taken.run)

    def next_due(self, tx: Connection) -> datetime | None:
        """When the next work is due."""
        found: datetime | None = tx.execute(
            select(func.min(work.c.due_at))
            .select_from(work.join(request))
            .where(work.c.state == WorkState.DUE, _is_workable())
        ).scalar()
        return found

    def is_held(self, tx: Connection, claim: Claim) -> bool:
        """Is this still the newest run of its request? Held until the transaction ends."""
        found = select(work.c.request).where(_is_running(claim)).with_for_update()
        return tx.execute(found).first() is not None

    def silent(self, tx: Connection, since: datetime) -> list[Claim]:
        """Runs that somebody took, and of which nobody has said anything since a moment."""
        found = select(work.c.request, work.c.run).where(
            work.c.state == WorkState.RUNNING, work.c.updated_at < since
        )
        return [Claim(row.request, row.run) for row in tx.execute(found)]

    def renew(self, tx: Connection, claims: Iterable[Claim], now: datetime) -> None:
        """Say that these runs are being worked on."""
        for claim in claims:
            tx.execute(update(work).where(_is_running(claim)).values(updated_at=now))

    def take_over(self, tx: Connection, claim: Claim, since: datetime, now: datetime) -> int:
        """Take on a run that nobody has said anything of since a moment; returns how often in a row the work
        broke by now, since a run may be what takes its processes down; 0 where another one was faster.
        """
        taken: int | None = tx.execute(
            update(work)
            .where(_is_running(claim), work.c.updated_at < since)
            .values(updated_at=now, attempts=work.c.attempts + 1)
            .returning(work.c.attempts)
        ).scalar()
        return taken or 0

    def attempts(self, tx: Connection, claim: Claim) -> int:
        """How often in a row a run of this request broke."""
        found: int = tx.execute(
            select(work.c.attempts).where(work.c.request == claim.request)
        ).scalar_one()
        return found

    def put_back(
        self, tx: Connection, claim: Claim, due_at: datetime, now: datetime, *, attempts: int = 0
    ) -> bool:
        """End this run; another one is due later. False where the run is not the newest any more."""
        return self._leave(tx, claim, WorkState.DUE, now, due_at=due_at, attempts=attempts)

    def hand_to_person(self, tx: Connection, claim: Claim, now: datetime) -> bool:
        """End this run; the next one comes when all tasks are done (`wake`)."""
        return self._leave(tx, claim, WorkState.FOR_PERSON, now, attempts=0)

    def end(self, tx: Connection, claim: Claim, now: datetime) -> bool:
        """End this run and all work on its request."""
        return self._leave(tx, claim, WorkState.ENDED, now, attempts=0)

    def stop(self, tx: Connection, request_id: str, now: datetime) -> None:
        """End all work on a request that somebody has just closed; a run of it writes nothing any more."""
        tx.execute(
            update(work)
            .where(work.c.request == request_id)
            .values(state=WorkState.ENDED, updated_at=now, attempts=0)
        )

    def waits_until(self, tx: Connection, request_id: str) -> datetime | None:
        """When the work is tried next; None where it runs, waits for a person or is over."""
        found: datetime | None = tx.execute(
            select(work.c.due_at).where(work.c.request == request_id, work.c.state == WorkState.DUE)
        ).scalar()
        return found

    def wake(self, tx: Connection, request_id: str, now: datetime) -> bool:
        """What waited for a person is due now; False where it did not wait."""
        return self._pull(tx, request_id, WorkState.FOR_PERSON, now)

    def hold(self, tx: Connection, request_id: str) -> None:
        """Let no run of this request begin or end until the transaction does. Before the request itself is locked:
        runs do it in this order, and two that wait for each other would both be lost."""
        tx.execute(select(work.c.run).where(work.c.request == request_id).with_for_update())

    def hasten(self, tx: Connection, request_id: str, now: datetime) -> bool:
        """What is due at some later time is due now; False where there is nothing to hasten. No run of it ends until
        the transaction does."""
        self.hold(tx, request_id)
        return self._pull(tx, request_id, WorkState.DUE, now)

    def is_at_work(self, tx: Connection, request_id: str) -> bool:
        """Has work on this request begun, and not ended?"""
        found = select(work.c.state).where(work.c.request == request_id, work.c.run > 0)
        return tx.execute(found).scalar() not in (None, WorkState.ENDED)

    def standing(self, tx: Connection, now: datetime) -> Standing:
        """How everything stands."""
        counts = {
            row.state: row.number
            for row in tx.execute(
                select(work.c.state, func.count().label("number"))
                .select_from(work.join(request))
                .where(request.c.closed_at.is_(None))
                .group_by(work.c.state)
            )
        }
        oldest = self.next_due(tx)
        late = max(0, int((now - oldest).total_seconds())) if oldest else 0
        return Standing(
            due=counts.get(WorkState.DUE, 0),
            running=counts.get(WorkState.RUNNING, 0),
            for_person=counts.get(WorkState.FOR_PERSON, 0),
            late_seconds=late,
        )

    def forget(self, tx: Connection, requests: Sequence[str]) -> None:
        """Delete the work of requests whose records are about to go."""
        tx.execute(delete(work).where(work.c.request.in_(requests)))

    def _begin(
        self, tx: Connection, request_id: str, kind: str, undo_from: datetime, now: datetime
    ) -> State:
        due_at = self.undo_until(undo_from) if kind == DELETE else now
        tx.execute(
            insert(work).values(
                request=request_id,
                run=0,
                state=WorkState.DUE,
                due_at=due_at,
                attempts=0,
                updated_at=now,
            )
        )
        if kind != DELETE:
            return State.RECEIVED
        self._move(tx, request_id, Event.SCHEDULED, now, {"until": due_at.date().isoformat()})
        return State.SCHEDULED

    def _leave(
        self,
        tx: Connection,
        claim: Claim,
        state: WorkState,
        now: datetime,
        *,
        attempts: int,
        due_at: datetime | None = None,
    ) -> bool:
        values = {"state": state, "updated_at": now, "attempts": attempts}
        if due_at is not None:
            values["due_at"] = due_at
        return tx.execute(update(work).where(_is_running(claim)).values(values)).rowcount == 1

    def _pull(self, tx: Connection, request_id: str, state: WorkState, now: datetime) -> bool:
        changed = tx.execute(
            update(work)
            .where(work.c.request == request_id, work.c.state == state)
            .values(state=WorkState.DUE, due_at=now, attempts=0, updated_at=now)
        )
        return changed.rowcount == 1

    def _latest(self, tx: Connection, request_id: str) -> datetime:
        """From when the days to undo have to count, so that a day is left to delete before it is due."""
        due_at: datetime = tx.execute(
            select(request.c.due_at).where(request.c.id == request_id)
        ).scalar_one()
        return due_at - timedelta(days=self._policy.deletion.undo_days + 1)

    def _move(
        self, tx: Connection, request_id: str, event: Event, now: datetime, data: dict[str, str]
    ) -> None:
        row = tx.execute(select(request).where(request.c.id == request_id)).mappings().one()
        ledger.move(tx, row, event, at=now, actor=SERVICE, data=data)


def _is_workable() -> ColumnElement[bool]:
    return request.c.state.in_([state.value for state in _WORKABLE])


def _is_running(claim: Claim) -> ColumnElement[bool]:
    return (
        (work.c.request == claim.request)
        & (work.c.run == claim.run)
        & (work.c.state == WorkState.RUNNING)
    )

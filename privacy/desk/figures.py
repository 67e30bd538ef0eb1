"""Figures for the privacy team, by kind of request and month, as CCPA Regulations §7102(a) asks to compile and publish
them: how many requests came, how many were complied with in whole or in part, how many were denied, and the median and
mean number of days within which each was answered. (Read in a summary of the regulations; see reference in ADR 24.)

Received is counted in the month in which a request came; done, refused, days and automation in the month in which it was
closed; a missed date in the month of that date. Days are calendar days in the company's time zone, from the day of
receipt to the day of closing. Taken back by the customer is neither done nor refused.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import fmean, median
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, or_, select

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, check_permitted
from privacy.clock import Clock
from privacy.deadlines import add_months
from privacy.requests import Reason, State
from privacy.store.database import Database
from privacy.store.tables.fulfilment import task
from privacy.store.tables.requests import request, request_event

MONTHS: Final = 24  # as long as records of requests are kept (CCPA Regulations §7101)
ALL: Final = "all"
_LONGEST_KEPT: Final = timedelta(minutes=5)
_COUNTED_A_SECOND: Final = (
    100  # so many requests are worth keeping what was counted of them for a second
)
_COLUMNS: Final = (
    "month", "kind", "received", "done_in_whole", "done_in_part", "refused", "taken_back", "median_days", "mean_days",
    "missed_dates", "automated_percent",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One kind in one month; `month` is its first day, `median_days` and the like are None where nothing was answered."""

    month: date
    kind: str
    received: int
    done: int
    done_in_part: int
    refused: int
    taken_back: int
    median_days: float | None
    mean_days: float | None
    missed: int
    automated: float | None
    """The share of what was answered that no person had a hand in, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Closed:
    """What the figures need of one request."""

    kind: str
    received: date
    closed: date | None
    due: date
    state: str
    in_part: bool
    is_late: bool
    by_person: bool


@dataclass(slots=True)
class _Sum:
    received: int = 0
    done: int = 0
    in_part: int = 0
    refused: int = 0
    taken_back: int = 0
    missed: int = 0
    by_person: int = 0
    days: list[int] = field(default_factory=list)


class Figures:
    """Counts requests. What was counted of this month is kept for some minutes, what was counted of months that are over
    for as long as this month lasts: nothing is added to them any more, and two years of requests take seconds to read.
    """

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._lock = Lock()
        self._over: tuple[date, tuple[Figure, ...]] | None = None
        self._now: tuple[datetime, tuple[Figure, ...]] | None = None

    def table(self, who: Agent, months: int = 12) -> list[Figure]:
        """The last months up to this one, the newest first; in each, every kind that has a figure and the sum of all.

        Raises NotAllowed.
        """
        check_permitted(who.role, Act.READ_METRICS)
        whole, this_month = self._whole()
        since = add_months(this_month, 1 - min(max(1, months), MONTHS))
        return [one for one in whole if since <= one.month <= this_month]

    def count_ahead(self) -> int:
        """Count what is not counted yet, so that nobody waits for it; as a chore, of which nothing goes."""
        self._whole()
        return 0

    def _whole(self) -> tuple[list[Figure], date]:
        now = self._clock.now()
        this_month = now.astimezone(self._zone).date().replace(day=1)
        with self._lock:
            if self._now is None or not timedelta() <= now - self._now[0] < _kept_for(self._now[1]):
                self._now = (now, tuple(self._count(this_month, this_month, now)))
            if self._over is None or self._over[0] != this_month:
                first = add_months(this_month, 1 - MONTHS)
                self._over = (this_month, tuple(self._count(first, this_month, now)))
            over = (one for one in self._over[1] if one.month < this_month)
            return [*self._now[1], *over], this_month

    def _count(self, first: date, last: date, now: datetime) -> Iterator[Figure]:
        """The figures from one month to another, the newest first."""
        found = summed(self._read(first, now))
        return (one for one in found if first <= one.month <= last)

    def _read(self, first: date, now: datetime) -> Iterator[_Closed]:
        """Every request that came, was closed or was due in that month or later."""
        since = datetime.combine(first, datetime.min.time(), tzinfo=self._zone)
        by_task = exists().where(
            task.c.request == request.c.id, task.c.done_by.is_not(None), task.c.done_by != "vera"
        )
        by_event = exists().where(
            request_event.c.request == request.c.id,
            or_(request_event.c.actor.startswith("agent:"), request_event.c.actor == "person"),
        )
        found = select(
            request.c.kind,
            request.c.received_at,
            request.c.closed_at,
            request.c.due_at,
            request.c.state,
            request.c.reason,
            and_(request.c.closed_at.is_not(None), or_(by_task, by_event)),
        ).where(
            or_(
                request.c.received_at >= since,
                request.c.closed_at >= since,
                and_(request.c.closed_at.is_(None), request.c.due_at >= since),
            )
        )
        day = _Days(self._zone)
        with self._database.read() as tx:
            for kind, received, closed, due, state, reason, by_person in tx.execute(found):
                yield _Closed(
                    kind=kind,
                    received=day(received),
                    closed=day(closed) if closed else None,
                    due=day(due),
                    state=state,
                    in_part=reason == Reason.KEPT_IN_PART,
                    is_late=(closed or now) > due,
                    by_person=bool(by_person),
                )


class _Days:
    """The company's day of a moment. Zones change by the quarter of an hour, so most moments share their answer."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, date] = {}

    def __call__(self, at: datetime) -> date:
        quarter = int(at.timestamp()) // 900
        known = self._known.get(quarter)
        if known is None:
            known = self._known[quarter] = at.astimezone(self._zone).date()
        return known


def _kept_for(counted: Sequence[Figure]) -> timedelta:
    """How long a count is good: the longer the more there was to count, so that a small house sees today's."""
    many = sum(one.received + one.done for one in counted if one.kind == ALL)
    return min(_LONGEST_KEPT, timedelta(seconds=many / _COUNTED_A_SECOND))


def summed(requests: Iterator[_Closed]) -> Iterator[Figure]:
    """Each month and kind, and all kinds together; the newest month first."""
    sums: defaultdict[tuple[date, str], _Sum] = defaultdict(_Sum)
    for one in requests:
        received, due = one.received.replace(day=1), one.due.replace(day=1)
        closed = one.closed and one.closed.replace(day=1)
        for kind in (one.kind, ALL):
            sums[received, kind].received += 1
            if one.is_late:
                sums[due, kind].missed += 1
            if one.closed is not None and closed is not None:
                _close(sums[closed, kind], one, one.closed)
    for (month, kind), one_sum in sorted(
        sums.items(), key=lambda item: (-item[0][0].toordinal(), item[0][1] != ALL, item[0][1])
    ):
        yield _figure(month, kind, one_sum)


def csv_rows(figures: Sequence[Figure]) -> Iterator[tuple[str, ...]]:
    """For a spreadsheet, the heads first. Kinds are names of the policy: no cell can begin a formula."""
    yield _COLUMNS
    for one in figures:
        yield (
            f"{one.month:%Y-%m}",
            one.kind,
            *(
                str(number)
                for number in (
                    one.received,
                    one.done - one.done_in_part,
                    one.done_in_part,
                    one.refused,
                    one.taken_back,
                )
            ),
            _decimal(one.median_days),
            _decimal(one.mean_days),
            str(one.missed),
            "" if one.automated is None else f"{100 * one.automated:.0f}",
        )


def _close(into: _Sum, one: _Closed, closed: date) -> None:
    if one.state == State.CANCELLED:
        into.taken_back += 1
        return
    into.days.append((closed - one.received).days)
    into.by_person += one.by_person
    if one.state == State.DECLINED:
        into.refused += 1
    else:
        into.done += 1
        into.in_part += one.in_part


def _figure(month: date, kind: str, of: _Sum) -> Figure:
    answered = of.done + of.refused
    return Figure(
        month=month,
        kind=kind,
        received=of.received,
        done=of.done,
        done_in_part=of.in_part,
        refused=of.refused,
        taken_back=of.taken_back,
        median_days=median(of.days) if of.days else None,
        mean_days=fmean(of.days) if of.days else None,
        missed=of.missed,
        automated=(answered - of.by_person) / answered if answered else None,
    )


def _decimal(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"

"""Due dates: pure arithmetic from the day of receipt to the last moment that a law leaves.

The clock starts on the day of receipt in the company's time zone, working day or not, and a date
ends at 23:59:59 there. Months end on the same-numbered day or the month's last (ICO, right of
access; the same result as Regulation 1182/71 Art. 3). No date rolls forward over a weekend or
holiday, and none ever pauses: where laws differ, the earliest date is the promise. Knows no request
and no database.
"""

import calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from privacy.policy import Policy
from privacy.rights import Limit

HOUSE = "house"  # stands where a law's key would, for the company's own promise
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class LawDate:
    """The last moment that one law leaves: how it was counted, and where the law says so."""

    law: str
    due_at: datetime
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The promise to the customer, what set it, and each law's own date."""

    promise: datetime
    by_law: tuple[LawDate, ...]
    set_by: LawDate


def due_dates(policy: Policy, kind: str, received_at: datetime, zone: ZoneInfo) -> Deadlines:
    """When a request of `kind`, received at `received_at`, is due.

    Raises KeyError for a kind that the policy does not know.
    """
    right = policy.kind(kind).right
    by_law = tuple(
        _law_date(law.key, limit, policy, received_at, zone)
        for law in policy.laws
        if (limit := law.limits.get(right))
    )
    own = policy.promises.get(right)
    candidates = by_law + ((_law_date(HOUSE, own, policy, received_at, zone),) if own else ())
    set_by = min(candidates, key=lambda candidate: candidate.due_at)
    return Deadlines(set_by.due_at, by_law, set_by)


def extended_dates(
    policy: Policy, kind: str, received_at: datetime, zone: ZoneInfo
) -> Deadlines | None:
    """How far an extension for a reason may reach: each law's extended date, and the earliest of them.

    None where a law with a limit for this right has no extension: then none is offered to anybody.
    """
    right = policy.kind(kind).right
    if policy.kind(kind).at_once:
        return None
    dates = []
    for law in policy.laws:
        if right not in law.limits:
            continue
        if law.extension is None or right not in law.extension.rights:
            return None
        dates.append(_law_date(law.key, law.extension.total, policy, received_at, zone))
    if not dates:
        return None
    set_by = min(dates, key=lambda extended: extended.due_at)
    return Deadlines(set_by.due_at, tuple(dates), set_by)


def extended_limit(
    policy: Policy, kind: str, received_at: datetime, zone: ZoneInfo
) -> LawDate | None:
    """The earliest of the laws' extended dates; None where none is offered."""
    extended = extended_dates(policy, kind, received_at, zone)
    return extended.set_by if extended else None


def last_moment(
    limit: Limit, received_at: datetime, zone: ZoneInfo, holidays: Collection[date] = ()
) -> datetime:
    """The last moment inside `limit`, in UTC; "at once" is the moment of receipt itself."""
    if received_at.tzinfo is None:
        raise ValueError("a moment of receipt needs a time zone")
    if limit.unit == "at_once":
        return received_at.astimezone(UTC)
    first = received_at.astimezone(zone).date()
    if limit.unit == "months":
        last = add_months(first, limit.amount)
    elif limit.unit == "business_days":
        last = add_business_days(first, limit.amount, holidays)
    else:
        last = first + timedelta(days=limit.amount)
    return end_of_day(last, zone)


def add_months(day: date, months: int) -> date:
    """The same-numbered day `months` later, or that month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_business_days(day: date, count: int, holidays: Collection[date] = ()) -> date:
    """The `count`-th business day after `day`: not a Saturday, a Sunday or a holiday."""
    while count:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in holidays:
            count -= 1
    return day


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of `day` in `zone`, in UTC.

    Counted back from the next midnight: where the clock jumps over midnight, 23:59:59 does not
    exist.
    """
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return midnight.astimezone(UTC) - timedelta(seconds=1)


def _law_date(
    key: str, limit: Limit, policy: Policy, received_at: datetime, zone: ZoneInfo
) -> LawDate:
    due_at = last_moment(limit, received_at, zone, policy.holidays)
    return LawDate(key, due_at, _basis(limit), limit.source)


def _basis(limit: Limit) -> str:
    """How the date was counted, in words: "15 days from receipt"."""
    if limit.unit == "at_once":
        return "at once"
    unit = limit.unit.replace("_", " ")
    return f"{limit.amount} {unit if limit.amount > 1 else unit.removesuffix('s')} from receipt"

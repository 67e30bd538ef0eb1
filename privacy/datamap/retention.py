"""How long a retention lasts: periods of the map (ISO 8601: P10Y, P90D) as arithmetic on days. Knows no
clock.
"""

import re
from datetime import date, timedelta

from privacy.deadlines import add_months

_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


def plus(day: date, period: str) -> date:
    """The last day of a period that began on `day`; the end of time where the calendar knows no such day.

    A month ends on the same-numbered day or its last, as for due dates. Raises ValueError.
    """
    months, days = _parts(period)
    try:
        return add_months(day, months) + timedelta(days=days)
    except (OverflowError, ValueError):
        return date.max


def before(today: date, period: str) -> date:
    """What began before this day is over today: its last day lies behind. Raises ValueError for no period."""
    months, days = _parts(period)
    try:
        earliest = add_months(today, -months) - timedelta(days=days)
        while plus(earliest, period) < today:  # months of different length: a few days at most
            earliest += timedelta(days=1)
        while plus(earliest - timedelta(days=1), period) >= today:
            earliest -= timedelta(days=1)
    except (OverflowError, ValueError):
        return date.min
    return earliest


def _parts(period: str) -> tuple[int, int]:
    found = _PERIOD.fullmatch(period)
    if found is None or not any(found.groups()):
        raise ValueError("no period of ISO 8601")
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    return years * 12 + months, weeks * 7 + days

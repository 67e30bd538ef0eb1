"""Dates and times as people read them, in the company's time zone. English for now; pure arithmetic."""

from datetime import datetime
from zoneinfo import ZoneInfo

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def long_date(at: datetime, zone: ZoneInfo) -> str:
    """ "Sunday 6 December 2026"."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """ "14:37"; the zone is the company's."""
    return f"{at.astimezone(zone):%H:%M}"

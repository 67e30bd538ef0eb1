"""Dates and times as people read them, in the company's time zone. English for now; pure arithmetic."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

# Not from `calendar`, which speaks the language of the machine.
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
    return f"{_DAYS[local.weekday()]} {day_in_words(local.date())}"


def day_in_words(day: date) -> str:
    """ "6 December 2026"."""
    return f"{day.day} {month_in_words(day)}"


def month_in_words(day: date) -> str:
    """ "December 2026"."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """ "14:37"; the zone is the company's."""
    return f"{at.astimezone(zone):%H:%M}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """ "Monday 23 November at 09:00"; of a moment that is near."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} at {local:%H:%M}"


def zone_in_words(zone: ZoneInfo) -> str:
    """ "Berlin time", "UTC": whose clock a time of day is told by."""
    city = zone.key.rsplit("/", 1)[-1].replace("_", " ")
    return "UTC" if city in ("UTC", "GMT", "Universal", "Zulu") else f"{city} time"

"""Office hours: when people are there, when they are there next, and how that is told."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from privacy.office_hours import DAYS, Hours, OfficeHours

BERLIN = ZoneInfo("Europe/Berlin")
DAY = Hours(time(9), time(17))
SHORT = Hours(time(9), time(16))
WEEK = dict.fromkeys(DAYS[:4], DAY) | {"friday": SHORT}
HOLIDAY = date(2026, 12, 25)  # a Friday
HOURS = OfficeHours(WEEK, {HOLIDAY}, BERLIN)


def at(day: str, clock: str) -> datetime:
    """A moment as it is told in Berlin."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "clock", "is_open"),
    [
        ("2026-11-23", "08:59:59", False),
        ("2026-11-23", "09:00", True),  # a Monday
        ("2026-11-23", "16:59:59", True),
        ("2026-11-23", "17:00", False),
        ("2026-11-27", "15:59", True),
        ("2026-11-27", "16:00", False),  # a Friday
        ("2026-11-28", "12:00", False),
        ("2026-12-25", "12:00", False),
        ("2026-07-06", "09:00", True),  # in summer time
    ],
)
def test_when_people_are_there(day: str, clock: str, is_open: bool) -> None:
    assert HOURS.is_open(at(day, clock)) is is_open


@pytest.mark.parametrize(
    ("day", "clock", "next_day", "next_clock"),
    [
        ("2026-11-23", "10:00", "2026-11-23", "10:00"),
        ("2026-11-23", "06:00", "2026-11-23", "09:00"),
        ("2026-11-23", "17:00", "2026-11-24", "09:00"),
        ("2026-11-27", "18:00", "2026-11-30", "09:00"),  # over the weekend
        ("2026-12-24", "18:00", "2026-12-28", "09:00"),  # over the holiday and the weekend
        ("2026-03-27", "18:00", "2026-03-30", "09:00"),  # the clocks change on Sunday
        ("2026-10-23", "18:00", "2026-10-26", "09:00"),
    ],
)
def test_when_people_are_there_next(day: str, clock: str, next_day: str, next_clock: str) -> None:
    assert HOURS.opens_at(at(day, clock)) == at(next_day, next_clock)


def test_midnight_belongs_to_the_company_s_day() -> None:
    late = OfficeHours({"monday": Hours(time(0), time(1))}, (), BERLIN)
    assert late.is_open(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))  # Monday, 00:30 in Berlin
    assert not late.is_open(datetime(2026, 11, 23, 0, 30, tzinfo=UTC))


def test_where_nobody_ever_is_there_is_no_next_time() -> None:
    assert OfficeHours({}, (), BERLIN).opens_at(at("2026-11-23", "10:00")) is None
    whole_year = {date(2026, 11, 23) + timedelta(days=day) for day in range(400)}
    assert OfficeHours(WEEK, whole_year, BERLIN).opens_at(at("2026-11-23", "10:00")) is None


@pytest.mark.parametrize(
    ("week", "words"),
    [
        (WEEK, "Monday to Thursday, 09:00–17:00; Friday, 09:00–16:00"),
        (dict.fromkeys(DAYS, DAY), "Monday to Sunday, 09:00–17:00"),
        ({"monday": DAY, "tuesday": DAY}, "Monday and Tuesday, 09:00–17:00"),
        ({"monday": DAY, "wednesday": DAY}, "Monday, 09:00–17:00; Wednesday, 09:00–17:00"),
        ({"saturday": SHORT}, "Saturday, 09:00–16:00"),
        ({}, ""),
    ],
)
def test_in_words(week: dict[str, Hours], words: str) -> None:
    assert OfficeHours(week, (), BERLIN).in_words() == words

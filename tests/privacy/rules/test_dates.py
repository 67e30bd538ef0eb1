"""Moments as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from privacy.dates import moment, zone_in_words


def test_a_near_moment_has_its_day_and_the_clock_of_the_company() -> None:
    at = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
    assert moment(at, ZoneInfo("Europe/Berlin")) == "Monday 23 November at 09:05"
    assert moment(at, ZoneInfo("America/Los_Angeles")) == "Monday 23 November at 00:05"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "Berlin time"),
        ("America/Los_Angeles", "Los Angeles time"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_whose_clock_it_is(zone: str, words: str) -> None:
    assert zone_in_words(ZoneInfo(zone)) == words

"""Moments, spans of time and sizes as these pages tell them; pure, in the company's time zone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from privacy.dates import clock_time, long_date

_UNITS = ("kB", "MB", "GB")


class Moments:
    """The words for moments on one page, told at `now`."""

    def __init__(self, zone: ZoneInfo, now: datetime, words: Mapping[str, str]) -> None:
        self.words = words
        self._zone = zone
        self._now = now

    def day(self, at: datetime) -> str:
        """ "Sunday 6 December 2026"."""
        return long_date(at, self._zone)

    def clock(self, at: datetime) -> str:
        """ "14:37"."""
        return clock_time(at, self._zone)

    def moment(self, at: datetime) -> str:
        """ "Sunday 6 December 2026, 14:37"."""
        return f"{self.day(at)}, {self.clock(at)}"

    def soon(self, at: datetime) -> str:
        """The time alone where it is today, else with its day."""
        same_day = self.day(at) == self.day(self._now)
        return self.clock(at) if same_day else self.moment(at)

    @staticmethod
    def iso(at: datetime) -> str:
        """For `datetime` attributes."""
        return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def seconds_to(self, at: datetime) -> int:
        """How long until `at`, never below 0."""
        return max(0, int((at - self._now).total_seconds()))

    def left(self, at: datetime) -> str:
        """ "2 days and 3 hours": the two largest units; the page's script tells it the same way."""
        minutes = -(-self.seconds_to(at) // 60)
        parts = [("day", minutes // 1440), ("hour", minutes // 60 % 24), ("minute", minutes % 60)]
        first = next((place for place, (_, n) in enumerate(parts) if n), 2)
        told = [self._count(unit, n) for unit, n in parts[first : first + 2] if n]
        return self.words["requests_span_and"].join(told) or self._count("minute", 0)

    def _count(self, unit: str, n: int) -> str:
        return counted(self.words, f"requests_span_{unit}", n)


def counted(words: Mapping[str, str], key: str, n: int) -> str:
    """The words for one or for several: the wording has `key` as "{n} row|{n} rows"."""
    one, _, several = words[key].partition("|")
    return (one if n == 1 else several or one).replace("{n}", f"{n:,}")


def size_in_words(size: int) -> str:
    """ "4.2 MB"; decimal units, as browsers tell them."""
    if size < 1000:
        return f"{size} B"
    told = float(size)
    for unit in _UNITS:
        told /= 1000
        if told < 999.5 or unit == _UNITS[-1]:
            break
    return f"{told:.1f} {unit}" if told < 9.95 else f"{told:.0f} {unit}"

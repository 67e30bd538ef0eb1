"""When people are there: plain rules over the policy's hours, in the company's time zone.

A day without hours and a public holiday have none. Knows no clock and no database.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LOOK_AHEAD: Final = 370  # days: a company that is closed for longer says nothing


@dataclass(frozen=True, slots=True)
class Hours:
    """From when to when on one day."""

    begin: time
    end: time

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}–{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """The hours of a week, by the names of `DAYS`."""

    week: Mapping[str, Hours]
    holidays: Collection[date]
    zone: ZoneInfo

    def is_open(self, at: datetime) -> bool:
        """Are people there at this moment?"""
        local = at.astimezone(self.zone)
        hours = self._of(local.date())
        return hours is not None and hours.begin <= local.time() < hours.end

    def opens_at(self, at: datetime) -> datetime | None:
        """When they are there next, this moment included; None where nobody ever is."""
        if self.is_open(at):
            return at
        today = at.astimezone(self.zone).date()
        for ahead in range(_LOOK_AHEAD):
            day = today + timedelta(days=ahead)
            hours = self._of(day)
            if hours is None:
                continue
            begin = datetime.combine(day, hours.begin, self.zone).astimezone(UTC)
            if begin > at:
                return begin
        return None

    def in_words(self) -> str:
        """ "Monday to Friday, 09:00–17:00"; days with the same hours stand together."""
        spans: list[tuple[list[str], Hours]] = []
        for day in DAYS:
            hours = self.week.get(day)
            if hours is None:
                spans.append(([], Hours(time(), time())))
            elif spans and spans[-1][0] and spans[-1][1] == hours:
                spans[-1][0].append(day.capitalize())
            else:
                spans.append(([day.capitalize()], hours))
        return "; ".join(f"{_days(days)}, {hours}" for days, hours in spans if days)

    def _of(self, day: date) -> Hours | None:
        return None if day in self.holidays else self.week.get(DAYS[day.weekday()])


def _days(days: list[str]) -> str:
    if len(days) == 1:
        return days[0]
    return f"{days[0]} {'to' if len(days) > 2 else 'and'} {days[-1]}"

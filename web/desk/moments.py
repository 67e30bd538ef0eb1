"""Moments in words, in the company's time zone: how long somebody waits, when something is due, how near that is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from privacy.clock import Clock

AMBER, RED = timedelta(days=10), timedelta(days=3)


class Moments:
    """For templates."""

    def __init__(self, clock: Clock, zone: ZoneInfo) -> None:
        self._clock = clock
        self._zone = zone

    def clock(self, at: datetime) -> str:
        """ "14:05", with the day where it is not today."""
        local, today = at.astimezone(self._zone), self._clock.now().astimezone(self._zone).date()
        time = f"{local:%H:%M}"
        return time if local.date() == today else f"{local.day} {local:%b}, {time}"

    def day(self, at: datetime) -> str:
        """ "6 Dec 2026"."""
        local = at.astimezone(self._zone)
        return f"{local.day} {local:%b %Y}"

    def machine(self, at: datetime) -> str:
        """For `datetime` attributes."""
        return at.isoformat(timespec="seconds")

    def since(self, at: datetime) -> str:
        """ "under a minute", "4 min", "2 h", "3 days": how long ago."""
        return _length(self._clock.now() - at)

    def until(self, at: datetime) -> str:
        """ "in 12 days", "today", "2 days late"."""
        now = self._clock.now()
        days = (at.astimezone(self._zone).date() - now.astimezone(self._zone).date()).days
        if at < now:
            return f"{_length(now - at)} late"
        if days == 0:
            return "today"
        return "tomorrow" if days == 1 else f"in {days} days"

    def nearness(self, at: datetime) -> str:
        """How near a due date is: "late", "red", "amber" or "calm"."""
        left = at - self._clock.now()
        if left < timedelta():
            return "late"
        return "red" if left <= RED else "amber" if left <= AMBER else "calm"


def _length(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"

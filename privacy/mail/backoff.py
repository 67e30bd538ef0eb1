"""How long to wait before the next try: twice as long each time, up to a limit, with jitter.

The jitter (RFC 5321 leaves it open; "Exponential Backoff And Jitter", AWS 2015, shows why) keeps
many waiting mails from knocking at the same moment.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds between tries: `first`, then double, never above `longest`."""

    first: float = 1.0
    longest: float = 300.0
    chance: Callable[[], float] = random.random

    def wait(self, attempt: int) -> timedelta:
        """The pause after failure number `attempt` (from 1): at least three quarters of it."""
        doublings = min(max(attempt, 1) - 1, _MOST_DOUBLINGS)
        full = min(self.longest, self.first * 2**doublings)
        return timedelta(seconds=full * (0.75 + 0.25 * self.chance()))

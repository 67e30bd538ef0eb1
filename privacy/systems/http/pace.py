"""How fast a service is asked: a bucket of tokens, and pauses that grow and are never the same
twice.

Time stands still in tests: `Pace` is what they replace.
"""

import random
import time
from threading import Lock
from typing import Protocol


class Pace(Protocol):
    """Time that passes; not the time of day."""

    def now(self) -> float: ...

    def wait(self, seconds: float) -> None: ...


class RealPace:
    """The machine's own time, which never goes back."""

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


class Bucket:
    """At most so many questions a second, over all threads; one second's worth may come at once."""

    def __init__(self, per_second: float, pace: Pace) -> None:
        self._per_second = per_second
        self._pace = pace
        self._room = max(per_second, 1.0)
        self._tokens = self._room
        self._at = pace.now()
        self._lock = Lock()

    def take(self) -> None:
        """Wait until one more question may be asked."""
        with self._lock:  # a token is taken now, if need be on credit: those behind wait longer
            now = self._pace.now()
            self._tokens = min(self._room, self._tokens + (now - self._at) * self._per_second)
            self._at = now
            self._tokens -= 1
            owed = -self._tokens / self._per_second
        if owed > 0:
            self._pace.wait(owed)


def pause(attempt: int) -> float:
    """How long to wait after the nth failure: a quarter of a second doubled each time, and up to as much again by
    chance, so that many who failed together do not come back together."""
    base: float = 0.25 * 2 ** min(attempt, 6)
    return base + random.uniform(0, base)

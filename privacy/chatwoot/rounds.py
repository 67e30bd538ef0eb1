"""Goes through a round for every conversation that has news, here or at Chatwoot, some at once.

While Chatwoot is away nothing is lost, and it is asked again in growing steps.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from anyio.to_thread import run_sync

from privacy.chatwoot.api import Away, PutOff
from privacy.chatwoot.links import LeaseLost, Links
from privacy.chatwoot.relay import Relay
from privacy.clock import Clock
from privacy.conversations.live import DESK, Hub
from privacy.mail.backoff import Backoff

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long, in seconds."""

    one: Backoff = Backoff(first=2, longest=300)
    server: Backoff = Backoff(first=1, longest=30)
    poll: float = 2.0  # between looks at our own rows, when nothing wakes us
    at_once: int = 4


_PACE: Final = Pace()


class Rounds:
    """Runs until told to stop; several may run on one database."""

    def __init__(
        self, links: Links, relay: Relay, hub: Hub, clock: Clock, pace: Pace = _PACE
    ) -> None:
        self._links = links
        self._relay = relay
        self._hub = hub
        self._clock = clock
        self._pace = pace
        self._failures = 0
        self._rests_until: datetime | None = None
        self._away_since: datetime | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def away_since(self) -> datetime | None:
        """Since when this process has not been able to carry anything; None while it can, for all that is known."""
        return self._away_since

    def wake(self) -> None:
        """Look for news now. From any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._hub.wake, DESK)

    async def run(self, stop: asyncio.Event) -> None:
        """Carry news both ways until `stop` is set."""
        self._loop = asyncio.get_running_loop()
        try:
            with self._hub.listening(DESK) as listener:
                while not stop.is_set():
                    try:
                        if await self.carry_due():
                            continue
                    except Exception:  # our own database is away, say: leases end, nothing is lost
                        log.exception("chatwoot round failed")
                    await listener.changed(self._pace.poll)
        finally:
            self._loop = None

    async def carry_due(self) -> int:
        """A round for everything that is due now, some at once; how many were gone through."""
        if self._rests():
            return 0
        due = await run_sync(self._links.due)
        places = asyncio.Semaphore(self._pace.at_once)
        done = await asyncio.gather(*(self._carry(one, places) for one in due))
        return sum(done)

    # ---- Inside ----------------------------------------------------------------------------------------

    async def _carry(self, conversation: str, places: asyncio.Semaphore) -> bool:
        async with places:
            if self._rests():
                return False
            link = await run_sync(self._links.take, conversation)
            if link is None:
                return False
            failures, look_in = 0, None
            try:
                look_in = await self._relay.go(link)
                self._note_back()
            except Away as error:
                self._note_away(error)
                look_in = timedelta()
            except LeaseLost:
                log.warning("chatwoot lease lost", conversation=conversation)
                return False
            except Exception as error:
                failures = link.failures + 1
                look_in = self._pace.one.wait(failures)
                log.warning(
                    "chatwoot put off",
                    conversation=conversation,
                    attempt=failures,
                    status=getattr(error, "status", None),
                    retry_in=round(look_in.total_seconds(), 2),
                    exc_info=None if isinstance(error, PutOff) else error,
                )
            await run_sync(lambda: self._links.let_go(link, look_in, failures=failures))
            return True

    def _rests(self) -> bool:
        return self._rests_until is not None and self._clock.now() < self._rests_until

    def _note_away(self, error: Away) -> None:
        if self._rests():
            return  # of several rounds at once, one says it
        self._failures += 1
        self._rests_until = self._clock.now() + self._pace.server.wait(self._failures)
        if self._away_since is None:
            self._away_since = self._clock.now()
            log.error("chatwoot away", reason=error.reason, status=error.status)

    def _note_back(self) -> None:
        self._failures, self._rests_until = 0, None
        if self._away_since is not None:
            self._away_since = None
            log.info("chatwoot back")

"""Who is at Chatwoot: asked every now and then, and remembered for a while. Where it cannot be asked, nobody is."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from privacy.chatwoot.api import Api, Away, Gone, PutOff
from privacy.clock import Clock
from privacy.handoff.port import AnsweringDesk

log = structlog.get_logger()

LOOK_EVERY: Final = 30.0  # seconds
SEEN_FOR: Final = timedelta(seconds=90)
"""How long it counts that somebody was there when we looked."""


class Staff:
    """An AnsweringDesk; people at our own desk count as well."""

    def __init__(self, api: Api, clock: Clock, own: AnsweringDesk) -> None:
        self._api = api
        self._clock = clock
        self._own = own
        self._us: int | None = None
        self._staffed_until: datetime | None = None
        self._away_since: datetime | None = None

    def is_staffed(self, tx: Connection, now: datetime) -> bool:
        until = self._staffed_until
        return (until is not None and now < until) or self._own.is_staffed(tx, now)

    @property
    def away_since(self) -> datetime | None:
        """Since when every look of this process has failed; None after one that did not."""
        return self._away_since

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until `stop` is set."""
        while not stop.is_set():
            try:
                await self.look()
            except Exception:
                log.exception("chatwoot staff not known")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY)

    async def look(self) -> None:
        """Ask once."""
        try:
            somebody = await self._is_somebody_online()
            self._away_since = None
        except (Away, PutOff, Gone):
            if self._staffed_until is not None:
                log.warning("chatwoot staff not known")
            somebody = False
            self._away_since = self._away_since or self._clock.now()
        self._staffed_until = self._clock.now() + SEEN_FOR if somebody else None

    async def _is_somebody_online(self) -> bool:
        if self._us is None:
            self._us = await self._api.me()
        # Our own user is no person, whatever Chatwoot shows for it.
        return any(one.is_online and one.number != self._us for one in await self._api.colleagues())

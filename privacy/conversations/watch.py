"""What other copies of the service wrote: one look for a whole process, however many streams are open.

Streams of this process are woken by the hub for what happens here. Whatever is said anywhere is a row with a growing id,
so to look for newer rows finds every conversation that has news, and their streams look again.
"""

import asyncio
from typing import Final

from anyio import to_thread
from sqlalchemy import func, select

from privacy.conversations.live import Hub
from privacy.store.database import Database
from privacy.store.tables.conversations import message

PAUSE: Final = 1.0
_BACK: Final = 200
"""So many ids are looked at again: rows of two transactions may appear in another order than their ids have."""
_MOST: Final = 5_000


class Watch:
    """Wakes streams of conversations that have news from elsewhere."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._newest: int | None = None
        self._seen: frozenset[int] = frozenset()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        while not stop.is_set():
            for conversation in await to_thread.run_sync(self.look):
                self._hub.wake(conversation)
            try:
                async with asyncio.timeout(PAUSE):
                    await stop.wait()
            except TimeoutError:
                continue

    def look(self) -> set[str]:
        """Every conversation in which something was said since the last look; none at the first one."""
        with self._database.read() as tx:
            newest = self._newest
            if newest is None:
                newest = int(tx.execute(select(func.max(message.c.id))).scalar() or 0)
            rows = tx.execute(
                select(message.c.id, message.c.conversation)
                .where(message.c.id > newest - _BACK)
                .order_by(message.c.id)
                .limit(_MOST)
            ).all()
        is_first, seen = self._newest is None, self._seen
        self._seen = frozenset(row.id for row in rows)
        self._newest = max(newest, *self._seen) if rows else newest
        return set() if is_first else {row.conversation for row in rows if row.id not in seen}

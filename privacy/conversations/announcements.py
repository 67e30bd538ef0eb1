"""News in a conversation: something that the bot says although nobody asked just now, once.

Said in the transaction of what it tells. A conversation that is gone, because its time was over, hears nothing:
the mail tells the same.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import Connection, select

from privacy.clock import Clock
from privacy.conversations.live import Hub
from privacy.conversations.people import People
from privacy.conversations.placeholders import plain
from privacy.conversations.wording import Wording
from privacy.store.tables.conversations import conversation as conversations
from privacy.store.tables.fulfilment import announcement
from privacy.store.upserts import insert_into


class Announcements:
    """Says news."""

    def __init__(self, people: People, wording: Wording, hub: Hub, clock: Clock) -> None:
        self._people = people
        self._wording = wording
        self._hub = hub
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self) -> None:
        """Wake streams of this event loop from now on. Call from it."""
        self._loop = asyncio.get_running_loop()

    def tell(
        self,
        tx: Connection,
        conversation: str,
        wording: str,
        values: Mapping[str, str],
        key: str,
    ) -> None:
        """Say the wording in the conversation, once by key. `values` may come out of the company's systems.

        Raises WordingMissing.
        """
        utterance = self._wording.utterance(
            wording, **{name: plain(value) for name, value in values.items()}
        )
        there = select(conversations.c.id).where(conversations.c.id == conversation)
        if tx.execute(there.with_for_update()).first() is None:
            return
        fresh = tx.execute(
            insert_into(tx, announcement)
            .values(conversation=conversation, key=key, said_at=self._clock.now())
            .on_conflict_do_nothing()
            .returning(announcement.c.key)  # PostgreSQL counts no rows of such an INSERT
        )
        if fresh.first() is not None:
            self._people.tell(tx, conversation, utterance)

    def wake(self, conversation: str) -> None:
        """After the commit, from any thread: streams look again."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._hub.wake, conversation)

"""What tells open desks that something changed: one look for a whole process, however many agents are there.

The hub wakes it for what happens here; what another copy of the service did is seen at the next beat. A desk asks for its
parts again when the stamp of the queue, or that of its conversation, is another one than before. What colleagues hold is
no part of a desk's queue: with two hundred desks every message would have all of them ask for their page again.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from anyio import to_thread
from sqlalchemy import Column, ColumnElement, Connection, func, select

from privacy.conversations.live import DESK, Hub
from privacy.desk.presence import Presence
from privacy.store.database import Database
from privacy.store.tables.conversations import message
from privacy.store.tables.handoff import desk_note, hand_over
from privacy.store.tables.requests import request

QUEUE: Final = "desk queue"
"""The topic of the hub that is woken when the queue is another one than before."""
BEAT: Final = 3.0
_PACE: Final = (
    0.2  # seconds from one look to the next: the first change is seen at once, many at once are one
)

type Stamp = tuple[object, ...]


class Pulse:
    """Watches the queue."""

    def __init__(self, database: Database, hub: Hub, presence: Presence) -> None:
        self._database = database
        self._hub = hub
        self._presence = presence
        self._queue: Mapping[str | None, Stamp] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        with self._hub.listening(DESK) as listener:
            while not stop.is_set():
                if await to_thread.run_sync(self.look):
                    self._hub.wake(QUEUE)
                await asyncio.sleep(_PACE)
                await listener.changed(BEAT)

    def look(self) -> bool:
        """Look now; whether anything is another than before."""
        before, self._queue = self._queue, self._by_holder()
        return self._queue != before

    def of_queue(self, who: str) -> Stamp:
        """Another one after every change of what waits for anybody, and of what this agent holds."""
        return (self._queue.get(None), self._queue.get(who))

    def of_conversation(self, conversation: str, who: str) -> Stamp:
        """Another one after every message, note, change of holder, and look of a colleague."""
        with self._database.read() as tx:
            return (
                self._highest(tx, message.c.id, message.c.conversation == conversation),
                self._highest(tx, desk_note.c.id, desk_note.c.conversation == conversation),
                tuple(
                    tx.execute(
                        select(func.count(), func.sum(hand_over.c.version)).where(
                            hand_over.c.conversation == conversation
                        )
                    ).one()
                ),
                tuple(self._presence.others(tx, conversation, who)),
                tx.execute(
                    select(func.sum(request.c.version)).where(
                        request.c.conversation == conversation
                    )
                ).scalar(),
            )

    def _by_holder(self) -> Mapping[str | None, Stamp]:
        """By who holds it; None for what nobody holds."""
        with self._database.read() as tx:
            found = tx.execute(
                select(
                    hand_over.c.agent,
                    func.count(),
                    func.sum(hand_over.c.version),
                    func.max(hand_over.c.asked_at),
                )
                .where(hand_over.c.ended_at.is_(None))
                .group_by(hand_over.c.agent)
            )
            return {row[0]: tuple(row[1:]) for row in found}

    @staticmethod
    def _highest(tx: Connection, column: Column[int], own: ColumnElement[bool]) -> int:
        return tx.execute(select(func.max(column)).where(own)).scalar() or 0

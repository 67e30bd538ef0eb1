"""Who is listening to a conversation right now, in this process: wakes streams, carries typing.

Messages themselves are always read from the database, so a stream that was asleep misses nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Listener:
    """One open stream."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    async def changed(self, seconds: float) -> None:
        """Return when something happened, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    def wake(self) -> None:
        self._changed.set()


class Hub:
    """The open streams of all conversations. Call from the event loop's thread only."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._thinking: set[str] = set()

    @contextmanager
    def listening(self, conversation: str) -> Iterator[Listener]:
        listener = Listener()
        self._listeners[conversation].add(listener)
        try:
            yield listener
        finally:
            self._listeners[conversation].discard(listener)
            if not self._listeners[conversation]:
                del self._listeners[conversation]

    def wake(self, conversation: str) -> None:
        """Something changed: streams look again."""
        for listener in tuple(self._listeners.get(conversation, ())):
            listener.wake()

    def wake_all(self) -> None:
        """Let every stream look again, as before a stop."""
        for conversation in tuple(self._listeners):
            self.wake(conversation)

    def set_thinking(self, conversation: str, on: bool) -> None:
        if on:
            self._thinking.add(conversation)
        else:
            self._thinking.discard(conversation)
        self.wake(conversation)

    def is_thinking(self, conversation: str) -> bool:
        return conversation in self._thinking

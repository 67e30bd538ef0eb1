"""Who is listening to a conversation right now, in this process: wakes streams, carries typing.

Messages themselves are always read from the database, so a stream that was asleep misses nothing.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

WRITING_SECONDS = 6.0

DESK = "desk"
"""What the agents' desk listens to: any conversation that waits for a person or is with one."""


class Listener:
    """One open stream."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._topics: set[str] = set()

    async def changed(self, seconds: float) -> frozenset[str]:
        """Return what something happened to, or nothing after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return frozenset()
        self._changed.clear()
        woken, self._topics = frozenset(self._topics), set()
        return woken

    def wake(self, topic: str) -> None:
        self._topics.add(topic)
        self._changed.set()


class Hub:
    """The open streams of all conversations. Call from the event loop's thread only."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._thinking: set[str] = set()
        self._writing: dict[str, float] = {}

    @contextmanager
    def listening(self, *topics: str) -> Iterator[Listener]:
        """Hear of these conversations, or of `DESK`."""
        listener = Listener()
        for topic in topics:
            self._listeners[topic].add(listener)
        try:
            yield listener
        finally:
            for topic in topics:
                self._listeners[topic].discard(listener)
                if not self._listeners[topic]:
                    del self._listeners[topic]

    def wake(self, conversation: str) -> None:
        """Something changed: streams look again."""
        for listener in tuple(self._listeners.get(conversation, ())):
            listener.wake(conversation)

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

    def set_writing(self, conversation: str) -> None:
        """An agent writes: shown for some seconds from now."""
        self._writing[conversation] = time.monotonic() + WRITING_SECONDS
        self.wake(conversation)
        loop = asyncio.get_running_loop()
        loop.call_later(WRITING_SECONDS + 0.1, self._wrote, conversation)

    def stop_writing(self, conversation: str) -> None:
        if self._writing.pop(conversation, None) is not None:
            self.wake(conversation)

    def is_writing(self, conversation: str) -> bool:
        return self._writing.get(conversation, 0.0) > time.monotonic()

    def _wrote(self, conversation: str) -> None:
        if conversation in self._writing and not self.is_writing(conversation):
            self.stop_writing(conversation)

"""An answer that stays open and sends server-sent events as they come (HTML standard, section 9.2).

A comment line every 15 seconds keeps proxies from closing the line and finds browsers that are gone. After half
an hour the stream ends by itself, and the browser comes back: its session is checked again.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

HEARTBEAT_SECONDS = 15
LIFETIME_SECONDS = 1800


class ServerSentEvents(Response):
    """Sends each text of `events` as it is; they are written by `event`. `on_end` is called once when it is over."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[str], on_end: Callable[[], None]) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._events = events
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with anyio.move_on_after(LIFETIME_SECONDS):
                await self._run(receive, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            pass  # the browser is gone; it comes back by itself
        finally:
            self._on_end()
            await close(self._events)

    async def _run(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await _write(send, "retry: 2000\n\n")
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_heartbeat, send)
                tasks.start_soon(_until_gone, receive, tasks.cancel_scope)
                async for text in self._events:
                    await _write(send, text)
                tasks.cancel_scope.cancel()
        except* OSError as gone:
            raise OSError from gone


async def close[T](events: AsyncIterator[T]) -> None:
    """Let a stream that is not read to its end clean up now, not when it is collected."""
    if isinstance(events, AsyncGenerator):
        with anyio.CancelScope(shield=True):
            await events.aclose()


async def _heartbeat(send: Send) -> None:
    while True:
        await anyio.sleep(HEARTBEAT_SECONDS)
        await _write(send, ": still here\n\n")


async def _until_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

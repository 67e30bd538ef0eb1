"""Server-sent events of one conversation: replay after the last seen id, then live, with a heartbeat.

A comment line every 15 seconds keeps proxies from closing the line and finds browsers that are gone. After half
an hour the stream ends by itself, and the browser comes back with its last id: the session is checked again.
"""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from web.chat.parts import OwnPages
from web.chat.port import Event
from web.chat.talk import close
from web.chat.view import message_view

HEARTBEAT_SECONDS = 15
LIFETIME_SECONDS = 1800


class EventStream(Response):
    """The answer that stays open. `on_end` is called once when it is over."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncIterator[Event],
        on_end: Callable[[], None],
        own_pages: OwnPages | None = None,
    ) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._events = events
        self._on_end = on_end
        self._own_pages = own_pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with anyio.move_on_after(LIFETIME_SECONDS):
                await self._run(receive, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            pass  # the browser is gone; it comes back with its last id
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
                async for event in self._events:
                    await _write(send, encode(event, self._own_pages))
                    if event.kind == "closed":
                        break
                tasks.cancel_scope.cancel()
        except* OSError as gone:
            raise OSError from gone


def encode(event: Event, own_pages: OwnPages | None = None) -> str:
    """One event as text; only messages have an id, so a reconnect never skips one."""
    if event.kind == "message" and event.message is not None:
        data: dict[str, Any] = dict(message_view(event.message, own_pages))
        return f"id: {event.message.id}\nevent: message\ndata: {json.dumps(data)}\n\n"
    body = {"on": event.on} if event.kind == "typing" else {}
    return f"event: {event.kind}\ndata: {json.dumps(body)}\n\n"


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

"""Server-sent events of one conversation: replay after the last seen id, then live."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any

from web.chat.parts import OwnPages
from web.chat.port import Event
from web.chat.view import holder_view, message_view
from web.server_sent_events import ServerSentEvents, close


class EventStream(ServerSentEvents):
    """The answer that stays open."""

    def __init__(
        self,
        events: AsyncIterator[Event],
        on_end: Callable[[], None],
        own_pages: OwnPages | None = None,
    ) -> None:
        super().__init__(_encoded(events, own_pages), on_end)


async def _encoded(events: AsyncIterator[Event], own_pages: OwnPages | None) -> AsyncGenerator[str]:
    try:
        async for event in events:
            yield encode(event, own_pages)
    finally:
        await close(events)


def encode(event: Event, own_pages: OwnPages | None = None) -> str:
    """One event as text; only messages have an id, so a reconnect never skips one."""
    if event.kind == "message" and event.message is not None:
        data: dict[str, Any] = dict(message_view(event.message, own_pages))
        return f"id: {event.message.id}\nevent: message\ndata: {json.dumps(data)}\n\n"
    body: Mapping[str, object] = {}
    if event.kind == "typing":
        body = {"on": event.on}
    elif event.kind == "holder" and event.holder is not None:
        body = {**holder_view(event.holder)}
    return f"event: {event.kind}\ndata: {json.dumps(body)}\n\n"

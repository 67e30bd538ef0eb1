"""One customer of the load: talks through the public JSON API and hears the answers as a browser does."""

import asyncio
import itertools
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

_ANSWER_WITHIN = 30.0
_QUIET = 0.005  # an answer of several messages is written in one go

_ADDRESSES = (f"198.18.{high}.{low}" for high, low in itertools.product(range(256), range(1, 255)))
"""For the header that a proxy sends: the range kept free for benchmarks (RFC 2544). Nothing is sent there."""


class Unanswered(Exception):
    """The bot said nothing in time, or the API refused the message."""


@dataclass(frozen=True)
class Heard:
    """A message of the bot and when it came."""

    id: int
    text: str
    at: float


class Customer:
    """A conversation that is open."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()

    async def say(self, text: str) -> tuple[float, list[str]]:
        """Seconds from sending until the whole answer was heard, and the answer. Raises Unanswered."""
        sent = time.perf_counter()
        answer = await self._client.post(
            "/api/v1/conversations/current/messages",
            json={"text": text, "client_id": uuid.uuid4().hex},
            headers=self._headers,
        )
        if answer.status_code != 201:
            raise Unanswered(f"refused with {answer.status_code}")
        mine = int(answer.json()["message_id"])
        try:
            first = await self._next(mine)
        except TimeoutError:
            raise Unanswered("no answer in time") from None
        heard = [first]
        with suppress(TimeoutError):
            while True:
                heard.append(await asyncio.wait_for(self._heard.get(), _QUIET))
        return heard[-1].at - sent, [one.text for one in heard]

    async def _next(self, after: int) -> Heard:
        async with asyncio.timeout(_ANSWER_WITHIN):
            while (heard := await self._heard.get()).id <= after:
                pass
        return heard

    async def listen(self, ready: asyncio.Event) -> None:
        """Hear until cancelled."""
        async with self._client.stream(
            "GET", "/api/v1/conversations/current/events", headers=self._headers
        ) as stream:
            ready.set()
            async for event, data in _events(stream.aiter_lines()):
                if event == "message" and data["author"] != "customer":
                    self._heard.put_nowait(
                        Heard(int(data["id"]), str(data["text"]), time.perf_counter())
                    )


@asynccontextmanager
async def customer(base: str, addresses: Iterator[str] = _ADDRESSES) -> AsyncIterator[Customer]:
    """Open a conversation, listen to it, and leave at the end. Raises Unanswered."""
    limits = httpx.Timeout(_ANSWER_WITHIN, read=None)
    async with httpx.AsyncClient(base_url=base, timeout=limits, trust_env=False) as client:
        headers = {"X-Forwarded-For": next(addresses)}
        opened = await client.post(
            "/api/v1/conversations", json={"language": "en"}, headers=headers
        )
        if opened.status_code != 201:
            raise Unanswered(f"no conversation: {opened.status_code}")
        headers["Authorization"] = f"Bearer {opened.json()['token']}"
        one, ready = Customer(client, headers), asyncio.Event()
        listening = asyncio.create_task(one.listen(ready))
        try:
            await ready.wait()
            yield one
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    event, data = "", ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "data":
            data = value
        elif not line and data:
            yield event, json.loads(data)
            event, data = "", ""

"""One customer of the load: talks through the public JSON API and hears the answers as a browser does."""

import asyncio
import itertools
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

_ANSWER_WITHIN = 30.0
_QUIET = 0.005  # an answer of several messages is written in one go
_LOOK_FOR_MAIL_EVERY = 0.02

_ADDRESSES = (f"198.18.{high}.{low}" for high, low in itertools.product(range(256), range(1, 255)))
"""For the header that a proxy sends: the range kept free for benchmarks (RFC 2544). Nothing is sent there."""
_CODE = re.compile(r"\d{6}(?= )")


class Unanswered(Exception):
    """The bot said nothing in time, or the API refused the message."""


@dataclass(frozen=True)
class Heard:
    """A message of the bot and when it came."""

    id: int
    text: str
    at: float
    choices: dict[str, str] = field(default_factory=dict)
    """The buttons under it: what stands on each, and its id."""


class Customer:
    """A conversation that is open."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._lines: list[Heard] = []

    async def say(self, text: str) -> tuple[float, list[str]]:
        """Seconds from sending until the whole answer was heard, and the answer. Raises Unanswered."""
        sent = time.perf_counter()
        mine = await self._post("messages", {"text": text})
        try:
            first = await self._next(mine)
        except TimeoutError:
            raise Unanswered("no answer in time") from None
        heard = [first]
        with suppress(TimeoutError):
            while True:
                heard.append(await asyncio.wait_for(self._heard.get(), _QUIET))
        return heard[-1].at - sent, [one.text for one in heard]

    async def write(self, text: str) -> None:
        """Write, and wait until something is said to it; `hear` finds what. Raises Unanswered."""
        mine = await self._post("messages", {"text": text})
        await self.hear(lambda line: line.id > mine)

    async def send(self, text: str) -> None:
        """Write, and wait for nothing. Raises Unanswered."""
        await self._post("messages", {"text": text})

    async def press(self, label: str) -> None:
        """Press a button as soon as it is there, and wait as `write` does. Raises Unanswered."""
        with_button = await self.hear(lambda line: label in line.choices)
        mine = await self._post("choices", {"choice_id": with_button.choices[label]})
        await self.hear(lambda line: line.id > mine)

    async def hear(self, wanted: Callable[[Heard], object]) -> Heard:
        """The first message, of now or before, that is `wanted`. Raises Unanswered."""
        for line in self._lines:
            if wanted(line):
                return line
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                while True:
                    self._lines.append(await self._heard.get())
                    if wanted(self._lines[-1]):
                        return self._lines[-1]
        except TimeoutError:
            raise Unanswered("no answer in time") from None

    async def code(self, mailbox: str, address: str, before: int) -> str:
        """The newest code in the mailbox, once there are more than `before`. Raises Unanswered."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_WITHIN):
                while True:
                    answer = await self._client.get(
                        f"{mailbox}/api/messages", params={"to": address}
                    )
                    codes = [
                        m[0]
                        for one in answer.json()
                        if (m := _CODE.match(one["subject"] or one["text"]))
                    ]
                    if len(codes) > before:
                        return str(codes[0])
                    await asyncio.sleep(_LOOK_FOR_MAIL_EVERY)
        raise Unanswered("no code in time")

    async def _post(self, what: str, body: dict[str, str]) -> int:
        answer = await self._client.post(
            f"/api/v1/conversations/current/{what}",
            json={**body, "client_id": uuid.uuid4().hex},
            headers=self._headers,
        )
        if answer.status_code != 201:
            raise Unanswered(f"refused with {answer.status_code}")
        accepted = answer.json()
        if accepted.get("token"):
            self._headers["Authorization"] = f"Bearer {accepted['token']}"
        return int(accepted["message_id"])

    async def _next(self, after: int) -> Heard:
        async with asyncio.timeout(_ANSWER_WITHIN):
            while (heard := await self._heard.get()).id <= after:
                pass
        return heard

    async def listen(self, ready: asyncio.Event) -> None:
        """Hear until cancelled; a stream ends when a code was accepted, and goes on with the new token."""
        last = 0
        while True:
            headers = {**self._headers, "Last-Event-ID": str(last)}
            async with self._client.stream(
                "GET", "/api/v1/conversations/current/events", headers=headers
            ) as stream:
                ready.set()
                async for event, data in _events(stream.aiter_lines()):
                    if event != "message":
                        continue
                    last = int(data["id"])
                    if data["author"] != "customer":
                        buttons = {one["label"]: one["id"] for one in data["choices"]}
                        heard = Heard(last, str(data["text"]), time.perf_counter(), buttons)
                        self._heard.put_nowait(heard)
            await asyncio.sleep(_QUIET)


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

"""One agent's browser: hears what is out of date and asks for the page again, as the desk's own script does."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from bench.event_streams import Refused, events
from web.desk.cookies import COOKIE
from web.form_tokens import form_token, new_client_id

_PAUSE: Final = 0.4  # seconds between two looks at the queue, as in web/static/desk/live.js
_WITHIN: Final = 30.0
_ROW: Final = re.compile(r'id="row-([a-z]+-[0-9a-f]+)"')


class NotShown(Exception):
    """The screen did not show it in time."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What the browser has before it, and since when."""

    queue: str
    talk: str
    at: float

    @property
    def text(self) -> str:
        """All of it."""
        return self.queue + self.talk

    def rows(self) -> frozenset[str]:
        """The conversations in the part of the queue that is shown."""
        return frozenset(_ROW.findall(self.queue))


class AgentBrowser:
    """An open page of the desk. `conversation` is the one that is open, "" for the queue alone."""

    def __init__(
        self, client: httpx.AsyncClient, desk: str, token: str, conversation: str = ""
    ) -> None:
        self._client = client
        self._desk = desk
        self._token = token
        self._conversation = conversation
        self._cookie = {"Cookie": f"{COOKIE}={token}"}
        self._looked = 0.0
        self._wanted: asyncio.Event = asyncio.Event()
        self._parts: set[str] = set()
        self._shown: asyncio.Condition = asyncio.Condition()
        self.screen = Screen("", "", 0.0)
        self.failures: dict[str, int] = {}
        self.looks = 0

    async def listen(self, ready: asyncio.Event) -> None:
        """Keep the page as it is, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_again())
            while True:
                try:
                    await self._hear(ready)
                except (Refused, OSError) as error:
                    self._fail(str(error) or type(error).__name__)
                await asyncio.sleep(2.0)  # what the stream itself tells browsers to wait
                self._plan("")

    async def shows(self, wanted: Callable[[Screen], object]) -> Screen:
        """The first page, of now or later, that is `wanted`. Raises NotShown."""
        try:
            async with asyncio.timeout(_WITHIN), self._shown:
                await self._shown.wait_for(lambda: wanted(self.screen))
                return self.screen
        except TimeoutError:
            raise NotShown("not on the screen in time") from None

    async def claim(self, conversation: str) -> None:
        """Take a conversation."""
        await self._post(conversation, "claim", {})

    async def reply(self, conversation: str, text: str) -> float:
        """Write to the customer; returns when it was sent."""
        sent = time.perf_counter()
        await self._post(conversation, "reply", {"text": text, "client_id": new_client_id()})
        return sent

    async def hand_back(self, conversation: str) -> None:
        """Give a conversation back to the assistant."""
        await self._post(conversation, "hand-back", {})

    def rest(self) -> None:
        """As if it had looked at the queue a while ago: the pause between two looks is over."""
        self._looked = 0.0

    # ---- Inside ----------------------------------------------------------------------------------------

    async def _post(self, conversation: str, verb: str, fields: dict[str, str]) -> None:
        answer = await self._client.post(
            f"{self._desk}/conversations/{conversation}/{verb}",
            data={**fields, "form_token": form_token(self._token)},
            headers=self._cookie,
        )
        if answer.status_code != 303:
            self._fail(f"{verb} answered with {answer.status_code}")
            return
        # The script takes the page over that the form leads to.
        self._plan("")

    async def _hear(self, ready: asyncio.Event) -> None:
        path = f"/live?conversation={self._conversation}"
        async for kind, _ in events(self._desk, path, self._cookie):
            if kind == "open":
                ready.set()
            elif kind in ("queue", "conversation"):
                self._plan(kind)

    def _plan(self, part: str) -> None:
        self._parts.add(part)
        self._wanted.set()

    async def _look_again(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            parts, self._parts = self._parts, set()
            for part in sorted(parts - {"queue"}):
                await self.look(part)
            if "queue" not in parts:
                continue
            left = self._looked + _PAUSE - time.perf_counter()
            if left > 0:
                asyncio.get_running_loop().call_later(left, self._plan, "queue")
            else:
                await self.look("queue")

    async def look(self, part: str = "") -> None:
        """Ask for the page, or for one part of it."""
        place = f"/{self._conversation}" if self._conversation else ""
        own = {"X-Part": part} if part else {}
        if part != "conversation":
            self._looked = time.perf_counter()
        try:
            answer = await self._client.get(
                f"{self._desk}/conversations{place}",
                headers={**self._cookie, "X-By-Itself": "1", **own},
            )
        except httpx.HTTPError as error:
            self._fail(type(error).__name__)
            return
        self.looks += 1
        if answer.status_code != 200:
            self._fail(f"the page answered with {answer.status_code}")
            return
        async with self._shown:
            queue = self.screen.queue if part == "conversation" else answer.text
            talk = self.screen.talk if part == "queue" else answer.text
            self.screen = Screen(queue, talk, time.perf_counter())
            self._shown.notify_all()

    def _fail(self, why: str) -> None:
        self.failures[why] = self.failures.get(why, 0) + 1


@asynccontextmanager
async def at_the_desk(
    client: httpx.AsyncClient, desk: str, token: str, conversation: str = ""
) -> AsyncIterator[AgentBrowser]:
    """Open the page, hear what changes, and leave at the end."""
    one, ready = AgentBrowser(client, desk, token, conversation), asyncio.Event()
    await one.look()
    listening = asyncio.create_task(one.listen(ready))
    try:
        async with asyncio.timeout(_WITHIN):
            await ready.wait()
        yield one
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

"""A whole desk at work: every agent's page and every customer's conversation open at once, and people writing."""

import asyncio
import random
import resource
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from bench.agent import AgentBrowser
from bench.customer import Unanswered
from bench.desk_rows import Colleague, Held
from bench.desk_times import Way, words_of
from bench.event_streams import Refused, events
from bench.whole_vera import Running

FILES: Final = 8_192
"""So many connections a process needs at the most, with some to spare."""
_WITHIN: Final = 30.0
_OPENING: Final = 50  # connections that are opened at the same time


def allow_many_files() -> None:
    """Raise the soft limit of open files, as far as this machine lets us; what is started from here inherits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@dataclass
class Listening:
    """A customer who has the chat open."""

    held: Held
    address: str
    heard: dict[str, float] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.held.token}", "X-Forwarded-For": self.address}


class LiveDesk:
    """All of them."""

    def __init__(
        self, vera: Running, client: httpx.AsyncClient, colleagues: Sequence[Colleague], held: Sequence[Held]
    ) -> None:  # fmt: skip
        self._vera = vera
        self._client = client
        before: dict[str, Held] = {}
        for one in held:
            before.setdefault(one.agent, one)
        self.customers = [
            Listening(one, f"198.19.{n // 250}.{n % 250 + 1}") for n, one in enumerate(held)
        ]
        self.agents = {
            one.id: AgentBrowser(client, vera.desk, one.token, before[one.id].conversation)
            for one in colleagues
        }
        self._on_screen = [one for one in self.customers if one.held in set(before.values())]
        self._elsewhere = [one for one in self.customers if one.held not in set(before.values())]
        self.to_agent, self.to_customer, self.unseen = Way(), Way(), Way()
        self.broken: dict[str, int] = {}
        self._chance = random.Random(4)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[float]:
        """Open everything; gives the seconds that it took, and closes it at the end."""
        started = time.perf_counter()
        at_once = asyncio.Semaphore(_OPENING)
        ready = [asyncio.Event() for _ in (*self.agents, *self.customers)]
        tasks = [
            asyncio.create_task(self._one_agent(one, event, at_once))
            for one, event in zip(self.agents.values(), ready, strict=False)
        ]
        tasks += [
            asyncio.create_task(self._one_customer(one, event, at_once))
            for one, event in zip(self.customers, ready[len(self.agents) :], strict=True)
        ]
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(4 * _WITHIN):
                    for event in ready:
                        await event.wait()
            for event in ready:
                if not event.is_set():
                    self._break("never opened")
            yield time.perf_counter() - started
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def talk(self, per_second: float, seconds: float) -> int:
        """So many messages a second: to an agent who has the conversation open, back, and where it is not open.

        Returns how many were sent.
        """
        sent, started = 0, time.perf_counter()
        async with asyncio.TaskGroup() as group:
            while (gone := time.perf_counter() - started) < seconds:
                if (left := sent / per_second - gone) > 0:
                    await asyncio.sleep(left)
                way, what = self._next(sent)
                group.create_task(way.timed(what))
                sent += 1
        return sent

    def report(self) -> dict[str, Any]:
        """The ways, and what else went wrong: streams that broke, pages that did not come."""
        broken = dict(self.broken)
        for one in self.agents.values():
            for why, number in one.failures.items():
                broken[why] = broken.get(why, 0) + number
        return {
            "customer_to_agent": self.to_agent.report(),
            "agent_to_customer": self.to_customer.report(),
            "not_on_a_screen": self.unseen.report(),
            "pages_asked_for": sum(one.looks for one in self.agents.values()),
            "broken": broken,
        }

    # ---- Inside ----------------------------------------------------------------------------------------

    def _next(self, number: int) -> tuple[Way, Awaitable[float]]:
        one = self._chance.choice(self._elsewhere if number % 3 == 2 else self._on_screen)
        words = words_of(number)
        if number % 3 == 0:
            return self.to_agent, self._writes(one, words, self.agents[one.held.agent])
        if number % 3 == 1:
            return self.to_customer, self._answers(one, words, self.agents[one.held.agent])
        return self.unseen, self._writes(one, words, None)

    async def _writes(self, one: Listening, words: str, reader: AgentBrowser | None) -> float:
        sent = time.perf_counter()
        answer = await self._client.post(
            f"{self._vera.chat}/api/v1/conversations/current/messages",
            json={"text": words, "client_id": uuid.uuid4().hex},
            headers=one.headers(),
        )
        if answer.status_code != 201:
            raise Unanswered(f"refused with {answer.status_code}")
        if reader is None:
            return time.perf_counter() - sent
        return (await reader.shows(lambda screen: words in screen.text)).at - sent

    async def _answers(self, one: Listening, words: str, agent: AgentBrowser) -> float:
        sent = await agent.reply(one.held.conversation, words)
        try:
            async with asyncio.timeout(_WITHIN):
                while words not in one.heard:
                    one.changed.clear()
                    await one.changed.wait()
        except TimeoutError:
            raise Unanswered("not heard in time") from None
        return one.heard[words] - sent

    async def _one_agent(
        self, one: AgentBrowser, ready: asyncio.Event, at_once: asyncio.Semaphore
    ) -> None:
        async with at_once:
            await one.look()
        await one.listen(ready)

    async def _one_customer(
        self, one: Listening, ready: asyncio.Event, at_once: asyncio.Semaphore
    ) -> None:
        path = "/api/v1/conversations/current/events"
        while True:
            await at_once.acquire()
            is_opening = True
            try:
                async for kind, data in events(self._vera.chat, path, one.headers()):
                    if is_opening:
                        is_opening = False
                        at_once.release()
                    if kind == "holder":
                        ready.set()
                    if kind == "message" and data["author"] == "agent":
                        one.heard[data["text"]] = time.perf_counter()
                        one.changed.set()
                self._break("a customer's stream ended")
            except (Refused, OSError) as error:
                self._break(str(error) or type(error).__name__)
            finally:
                if is_opening:
                    at_once.release()
            await asyncio.sleep(2.0)

    def _break(self, why: str) -> None:
        self.broken[why] = self.broken.get(why, 0) + 1

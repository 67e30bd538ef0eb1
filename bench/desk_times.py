"""From one person's words to the other person's screen: into the queue, in a conversation that is held, and back."""

import asyncio
import itertools
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from bench.agent import AgentBrowser, NotShown, at_the_desk
from bench.customer import Customer, Unanswered, customer
from bench.load import quantile

_WISHES: Final = (
    "I want to talk to a person",
    "can I speak to a human, please?",
    "let me talk to somebody who works there",
    "a real person, please",
)
_LINES: Final = 10  # of one customer: fewer than one conversation may send at once
_SETTLED: Final = 0.5  # seconds until the screen has what the visit before has changed
_NUMBERS = itertools.count()


def words_of(number: int) -> str:
    """Words that were not said before; in letters, since the desk hides what looks like a value of a person."""
    return "this is line " + "".join("abcdefghij"[int(digit)] for digit in f"{number:06}") + "."


@dataclass
class Way:
    """How long one way took each time, and what never came."""

    seconds: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Median and 95th percentile in milliseconds, failures by reason."""
        ordered = sorted(self.seconds)
        return {
            "n": len(ordered),
            "median_ms": round(1000 * quantile(ordered, 0.5), 1),
            "p95_ms": round(1000 * quantile(ordered, 0.95), 1),
            "failures": self.failures,
        }

    async def timed(self, one: Awaitable[float]) -> None:
        """Once more; what does not arrive is counted."""
        try:
            self.seconds.append(await one)
        except (NotShown, Unanswered, httpx.HTTPError) as error:
            why = str(error) or type(error).__name__
            self.failures[why] = self.failures.get(why, 0) + 1


async def ways(
    chat: str, desk: str, token: str, client: httpx.AsyncClient, times: int, seconds: float
) -> dict[str, dict[str, Any]]:
    """Each way so many times, one after the other; one agent has the queue open, then the conversation.

    Nothing is begun any more after so many seconds.
    """
    end = time.perf_counter() + seconds
    asked, written, answered = Way(), Way(), Way()
    async with at_the_desk(client, desk, token) as queue:
        for visit in range(times):
            if time.perf_counter() > end:
                break
            try:
                async with customer(chat) as one:
                    key = await _into_queue(one, queue, asked)
                    await queue.claim(key)
                    async with at_the_desk(client, desk, token, key) as talk:
                        for _ in range(_LINES if visit * _LINES < times else 0):
                            if time.perf_counter() > end:
                                break
                            await written.timed(to_screen(one, talk))
                            await answered.timed(to_customer(one, talk, key))
                    await queue.hand_back(key)
                    await _gone(key, queue)
            except (NotShown, Unanswered) as error:
                asked.failures[str(error)] = asked.failures.get(str(error), 0) + 1
    return {
        "into_the_queue": asked.report(),
        "customer_to_agent": written.report(),
        "agent_to_customer": answered.report(),
    }


async def _gone(key: str, queue: AgentBrowser) -> None:
    row = key.replace(":", "-", 1)
    await queue.shows(lambda screen: row not in screen.rows())


async def _into_queue(one: Customer, queue: AgentBrowser, asked: Way) -> str:
    """Ask for a person; returns the conversation, which is the row that was not there before."""
    await asyncio.sleep(_SETTLED)
    before = queue.screen.rows()
    queue.rest()
    sent = time.perf_counter()
    waiting = asyncio.create_task(queue.shows(lambda screen: screen.rows() - before))
    try:
        await one.write(_WISHES[len(asked.seconds) % len(_WISHES)])
        screen = await waiting
    finally:
        waiting.cancel()
    asked.seconds.append(screen.at - sent)
    return next(iter(screen.rows() - before)).replace("-", ":", 1)


async def to_screen(one: Customer, talk: AgentBrowser) -> float:
    """Seconds from the customer's message until the agent's page has it. Raises NotShown, Unanswered."""
    words = words_of(next(_NUMBERS))
    sent = time.perf_counter()
    await one.send(words)
    return (await talk.shows(lambda screen: words in screen.text)).at - sent


async def to_customer(one: Customer, talk: AgentBrowser, key: str) -> float:
    """Seconds from the agent's reply until the customer's stream has it. Raises Unanswered."""
    words = words_of(next(_NUMBERS))
    reply = asyncio.create_task(talk.reply(key, words))
    try:
        heard = await one.hear(lambda line: line.text == words)
    finally:
        sent = await reply
    return heard.at - sent

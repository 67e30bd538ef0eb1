"""The load: so many customers at once, each holding one conversation after the other, for a bounded time."""

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

from bench.customer import Unanswered, customer
from privacy.conversations.wording import Wording
from privacy.settings import ROOT

MOST_TURNS = 5_000

# A whole visit: small talk, a right with its form up to the code, detours, a change of mind. Each line is one of
# several wordings, so that no two visits are alike and nothing can be answered from memory.
_VISIT: tuple[tuple[str, ...], ...] = (
    ("hello", "hi there", "good morning", "hey, anyone here?"),
    (
        "what do you know about me?",
        "I want to see my data",
        "show me what you hold on me",
        "give me access to my data",
    ),
    ("bench-{n}@example.com", "it's bench-{n}@example.com", "my address is bench-{n}@example.com"),
    ("why do you need that?", "what is this code for?", "why do you ask me this?"),
    ("{code}",),
    ("never mind", "let's start over", "forget it"),
    ("how does this work?", "how long will it take?", "what happens with my request?"),
    (
        "please delete my account",
        "erase everything you have on me",
        "I want my data gone",
        "delete all my data",
    ),
    ("no, stop", "cancel that", "I changed my mind"),
    ("are you a robot?", "am I talking to a machine?", "is this a bot?"),
    ("thanks", "thank you very much", "great, thanks a lot"),
    ("bye", "good bye", "see you"),
)


@dataclass
class Counted:
    """What a load came to."""

    at_once: int
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)

    def fail(self, why: str) -> None:
        self.failures[why] = self.failures.get(why, 0) + 1

    def report(self) -> dict[str, Any]:
        ordered = sorted(self.latencies)
        at = {"median_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
        share = {name: round(1000 * quantile(ordered, part), 1) for name, part in at.items()}
        per_second = round(len(ordered) / self.seconds, 1) if self.seconds else 0.0
        rest = {
            key: value for key, value in asdict(self).items() if key not in ("latencies", "seconds")
        }
        return {**rest, "turns": len(ordered), "turns_per_second": per_second, **share}


async def load(base: str, at_once: int, seconds: float, numbers: Iterator[int]) -> Counted:
    """Let `at_once` customers talk for `seconds`."""
    counted = Counted(at_once)
    excuses = _excuses()
    started = time.perf_counter()
    end = started + seconds
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(_visits(base, end, numbers, counted, excuses))
    counted.seconds = time.perf_counter() - started
    return counted


async def _visits(
    base: str, end: float, numbers: Iterator[int], counted: Counted, excuses: frozenset[str]
) -> None:
    while time.perf_counter() < end and len(counted.latencies) < MOST_TURNS:
        number = next(numbers)
        try:
            async with customer(base) as one:
                for line in visit(number):
                    if time.perf_counter() >= end:
                        return
                    seconds, said = await one.say(line)
                    counted.latencies.append(seconds)
                    if excuses.intersection(said):
                        counted.fail("answered with an excuse")
        except Unanswered as error:
            counted.fail(str(error))
            await asyncio.sleep(0.2)
        except httpx.HTTPError as error:
            counted.fail(type(error).__name__)
            await asyncio.sleep(0.2)


def visit(number: int) -> list[str]:
    """What customer `number` says, always the same for a number."""
    chance = random.Random(number)
    values = {"n": number, "code": f"{chance.randrange(10**6):06}"}
    return [chance.choice(wordings).format(**values) for wordings in _VISIT]


def numbered() -> Iterator[int]:
    """A number for each visit of a whole measurement."""
    return itertools.count(1)


def _excuses() -> frozenset[str]:
    """What the bot says when something of its own is broken."""
    wording = Wording.load(ROOT / "data")
    return frozenset(
        wording.problem(code).text for code in ("unexpected", "assistant_away", "system_down")
    )


def quantile(ordered: list[float], part: float) -> float:
    """The value below which this part of them is."""
    if len(ordered) < 2:
        return ordered[0] if ordered else 0.0
    return statistics.quantiles(ordered, n=1000, method="inclusive")[round(part * 1000) - 1]

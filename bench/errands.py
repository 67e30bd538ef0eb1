"""Errands: whole requests of each kind, from a customer's first word to the news that it is done.

Customers talk at the API, read their codes in the mailbox, and hear in the chat when it is done.
"""

import asyncio
import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from bench.customer import Unanswered, customer

ADDRESS: Final = "{address}"
CODE: Final = "{code}"
NUMBER: Final = "+491713{own}"
TEXTED: Final = "{texted}"
_REFERENCE: Final = re.compile(r"PR-[0-9A-Z]{4}-[0-9A-Z]{4}")


@dataclass(frozen=True)
class Errand:
    """What a customer says ("…"), presses ("[…]") and types (a code that was mailed or texted), and the news that end it."""

    steps: tuple[str, ...]
    done: str


KINDS: Final[Mapping[str, Errand]] = {
    "see": Errand(("what do you know about me?", ADDRESS, CODE), "We hold"),
    "correct": Errand(
        ("my phone number is wrong", ADDRESS, CODE, NUMBER, "[Yes, that's right]", TEXTED),
        "It's changed",
    ),
    "export": Errand(("can I download my data?", ADDRESS, CODE), "Your copy is ready"),
    "delete now": Errand(("delete my account", ADDRESS, CODE, "[Yes, now]", CODE), "It's done"),
    "stop": Errand(("stop sending me the newsletter", ADDRESS), "It's done"),
}


@dataclass
class Ran:
    """What a load of errands came to."""

    kind: str
    at_once: int
    seconds: float = 0.0
    asked: list[float] = field(default_factory=list)
    """Of each, the seconds until it was filed."""
    carried: list[float] = field(default_factory=list)
    """And from then until the customer heard that it was done."""
    failures: dict[str, int] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        whole = [sum(both) for both in zip(self.asked, self.carried, strict=True)]
        return {
            "kind": self.kind,
            "at_once": self.at_once,
            "done": len(whole),
            "per_minute": round(60 * len(whole) / self.seconds, 1) if self.seconds else 0.0,
            "median_s": _median(whole),
            "median_s_until_filed": _median(self.asked),
            "median_s_until_done": _median(self.carried),
            "failures": self.failures,
        }


async def run(
    base: str, mailbox: str, kind: str, at_once: int, seconds: float, addresses: Iterator[str]
) -> Ran:
    """Let `at_once` customers run errands for `seconds`; those that have begun are ended."""
    ran = Ran(kind, at_once)
    started = time.perf_counter()

    async def one_after_the_other() -> None:
        while time.perf_counter() - started < seconds:
            address = next(addresses, None)
            if address is None:
                return
            try:
                asked, carried = await _errand(base, mailbox, KINDS[kind], address)
            except (Unanswered, httpx.HTTPError) as error:
                why = str(error) if isinstance(error, Unanswered) else type(error).__name__
                ran.failures[why] = ran.failures.get(why, 0) + 1
                continue
            ran.asked.append(asked)
            ran.carried.append(carried)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(one_after_the_other())
    ran.seconds = time.perf_counter() - started
    return ran


async def _errand(base: str, mailbox: str, errand: Errand, address: str) -> tuple[float, float]:
    """Seconds until it was filed, and from then until it was done. Raises Unanswered."""
    async with customer(base) as one:
        started = time.perf_counter()
        codes = 0
        own = re.sub(r"\D", "", address)[-6:]  # a number of somebody else's waits for a person
        for step in errand.steps:
            if step == CODE:
                await one.write(await one.code(mailbox, address, codes))
                codes += 1
            elif step == TEXTED:
                await one.write(await one.code(mailbox, NUMBER.format(own=own), 0))
            elif step.startswith("["):
                await one.press(step[1:-1])
            else:
                await one.write(step.format(address=address, own=own))
        filed = await one.hear(lambda line: _REFERENCE.search(line.text))
        done = await one.hear(lambda line: errand.done in line.text)
        return filed.at - started, max(0.0, done.at - filed.at)


def _median(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds), 2) if seconds else 0.0

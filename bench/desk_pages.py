"""How long pages of the desk take, with few rows and with many."""

import html
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
from rich.console import Console

from bench.desk_rows import Colleague
from bench.load import quantile
from bench.whole_vera import Running
from privacy.desk.queue import VIEWS as CONVERSATION_VIEWS
from privacy.desk.requests.lists import TASK_VIEWS
from privacy.desk.requests.lists import VIEWS as REQUEST_VIEWS
from web.desk.cookies import COOKIE

_DEEP: Final = 10  # pages after the first one
_MOST: Final = 20
_FEWEST: Final = 5
_WITHIN: Final = 30.0
_NEXT: Final = re.compile(r'href="([^"]+)" data-key="\]"')


class NoPage(Exception):
    """A page did not come; the text says which and what came."""


@dataclass(frozen=True, slots=True)
class Places:
    """What there is to open."""

    conversation: str
    """A long one."""
    reference: str
    """Of an open request."""


async def pages(
    vera: Running, who: Colleague, places: Places, seconds_of_each: float, say: Console
) -> list[dict[str, Any]]:
    """Each page some times, for so long at the most. Raises NoPage."""
    found = []
    async with httpx.AsyncClient(
        base_url=vera.desk,
        headers={"Cookie": f"{COOKIE}={who.token}"},
        timeout=_WITHIN,
        trust_env=False,
    ) as client:
        for name, path in _paths(places):
            found.append({"page": name, **await _timed(vera, client, path, seconds_of_each)})
            if name in _LISTS and (deep := await _deep(client, path)):
                row = await _timed(vera, client, deep, seconds_of_each)
                found.append({"page": f"{name}, deep", **row})
    slowest = max(found, key=lambda row: row["median_ms"])
    say.print(f"· the slowest page: {slowest['page']}, {slowest['median_ms']} ms")
    return found


def compared(few: Sequence[dict[str, Any]], many: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Both sizes of each page in one row, and how many times as long the larger takes."""
    before = {row["page"]: row for row in few}
    rows = []
    for row in many:
        # What has no second page while it is small is compared with its first one.
        small = before.get(row["page"]) or before[row["page"].removesuffix(", deep")]
        times = round(row["median_ms"] / max(small["median_ms"], 0.1), 1)
        rows.append({"page": row["page"], "few": small, "many": row, "times": times})
    return rows


def _list_paths() -> Iterator[tuple[str, str]]:
    for order in ("wait", "clock"):
        for view in CONVERSATION_VIEWS:
            by = "by wait" if order == "wait" else "by clock"
            yield f"conversations: {view}, {by}", f"/conversations?view={view}&order={order}"
    for request_view in REQUEST_VIEWS:
        name = request_view.replace("_", " ")
        yield f"requests: {name}", f"/requests?view={request_view}"
    yield "requests: open, by wait", "/requests?view=open&order=wait"
    for task_view in TASK_VIEWS:
        yield f"tasks: {task_view}", f"/requests/tasks?view={task_view}"


_LISTS: Final = dict(_list_paths())


def _paths(places: Places) -> Iterator[tuple[str, str]]:
    yield from _LISTS.items()
    yield "a conversation", f"/conversations/{places.conversation}"
    yield "a search by reference", f"/requests?find={places.reference.replace('-', '+')}"
    yield "a request", f"/requests/{places.reference}"
    yield "figures of two years", "/figures?months=24"


async def _timed(
    vera: Running, client: httpx.AsyncClient, path: str, seconds: float
) -> dict[str, Any]:
    took: list[float] = []
    before = vera.processor_seconds()["service"]
    end = time.perf_counter() + seconds
    while len(took) < _FEWEST or (len(took) < _MOST and time.perf_counter() < end):
        started = time.perf_counter()
        answer = await client.get(path, follow_redirects=True)
        took.append(1000 * (time.perf_counter() - started))
        if answer.status_code != 200:
            raise NoPage(f"{path} answered with {answer.status_code}")
    used = vera.processor_seconds()["service"] - before
    return {
        "n": len(took),
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(quantile(sorted(took), 0.95), 1),
        "processor_ms": round(1000 * used / len(took), 1),
    }


async def _deep(client: httpx.AsyncClient, path: str) -> str:
    """The address of a page further on; "" where there is only one."""
    deep = ""
    for _ in range(_DEEP):
        answer = await client.get(deep or path)
        if not (further := _NEXT.search(answer.text)):
            break
        deep = html.unescape(further[1])
    return deep

"""The agents' desk: from a customer's words to an agent's screen, pages with few and with many rows, and how much the
desk bears at once.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import anyio
import httpx
from rich.console import Console

from bench import desk_pages, desk_times
from bench.desk_live import LiveDesk, allow_many_files
from bench.desk_rows import Colleague, Rows
from bench.whole_vera import Running, whole_vera
from privacy.agents.accounts import Agent
from privacy.agents.roles import Role
from privacy.clock import FixedClock
from privacy.desk.figures import Figures
from privacy.settings import Settings


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    requests: tuple[int, int] = (1_000, 100_000)
    conversations: tuple[int, int] = (100, 10_000)
    agents: int = 200
    live: int = 2_000
    per_second: float = 8.0
    """Messages among all of them: one in four minutes for each conversation."""
    times: int = 30
    seconds_of_a_page: float = 0.35


WHOLE: Final = Size()


async def desk(
    folder: Path, seconds: float, say: Console, size: Size = WHOLE
) -> dict[str, Any]:  # fmt: skip
    """All of it, on one Vera in `folder`. Raises DidNotStart, NoPage."""
    allow_many_files()
    rows = await anyio.to_thread.run_sync(Rows, Settings(data_dir=folder))
    try:
        who = rows.colleagues(1)
        few = await _more(rows, size, 0, who, say)
        async with whole_vera(folder) as vera:
            return await _measured(vera, rows, who, few, seconds, say, size)
    finally:
        rows.close()


async def _measured(
    vera: Running,
    rows: Rows,
    who: list[Colleague],
    few: desk_pages.Places,
    seconds: float,
    say: Console,
    size: Size,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "size": {"requests": size.requests, "conversations": size.conversations}
    }
    each = size.seconds_of_a_page
    say.print("· pages of the desk …")
    small = await desk_pages.pages(vera, who[0], few, each, say)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    async with httpx.AsyncClient(limits=limits, timeout=30.0, trust_env=False) as client:
        say.print("· from words to a screen, with one agent …")
        ways = (vera.chat, vera.desk, who[0].token, client, size.times, 2 * seconds)
        alone = await desk_times.ways(*ways)
        found["ways"] = {"one agent": alone}
        colleagues = rows.colleagues(size.agents)
        live = LiveDesk(vera, client, colleagues, rows.held(colleagues, size.live))
        say.print(f"· opening {size.agents:,} desks and {size.live:,} conversations …")
        async with live.open() as took:
            found["live"] = await _live(vera, live, took, seconds, say, size)
            say.print("· from words to a screen, with all of them there …")
            found["ways"]["all of them"] = await desk_times.ways(*ways)
    many = await _more(rows, size, 1, [*who, *colleagues], say)
    found["figures_counted_anew_s"] = await anyio.to_thread.run_sync(_figures, rows)
    say.print("· pages of the desk …")
    large = await desk_pages.pages(vera, who[0], many, each, say)
    return {**found, "pages": desk_pages.compared(small, large)}


async def _live(
    vera: Running, live: LiveDesk, took: float, seconds: float, say: Console, size: Size
) -> dict[str, Any]:
    say.print(f"· {size.per_second:.0f} messages a second among them, {seconds:.0f} s …")
    quiet = await _processor(vera, min(seconds, 10.0))
    before, started = vera.processor_seconds()["service"], time.perf_counter()
    sent = await live.talk(size.per_second, seconds)
    lasted = time.perf_counter() - started
    used = vera.processor_seconds()["service"] - before
    return {
        "agents": size.agents,
        "conversations": size.live,
        "opened_in_s": round(took, 1),
        "messages": sent,
        "lasted_s": round(lasted, 1),
        "processor_s_each_second_quiet": quiet,
        "processor_s_each_second": round(used / lasted, 2),
        "memory_mib": vera.memory()["service"],
        **live.report(),
    }


async def _processor(vera: Running, seconds: float) -> float:
    """What the service uses while nobody writes, in seconds of a processor for each second."""
    before = vera.processor_seconds()["service"]
    await anyio.sleep(seconds)
    return round((vera.processor_seconds()["service"] - before) / seconds, 2)


async def _more(
    rows: Rows, size: Size, which: int, by: list[Colleague], say: Console
) -> desk_pages.Places:
    """Rows until there are as many as this size says, and at least one more of each."""
    requests, conversations = size.requests[which], size.conversations[which]
    say.print(f"· writing {requests:,} requests and {conversations:,} conversations …")

    def write() -> desk_pages.Places:
        talks = rows.queue(conversations, by)
        return desk_pages.Places(talks[0], rows.requests(requests, by, talks)[0])

    return await anyio.to_thread.run_sync(write)


def _figures(rows: Rows) -> float:
    """Seconds to count the figures of two years, which the desk keeps once they are counted."""
    who = Agent("bench", "bench", "Bench", Role.OFFICER, "active")
    figures = Figures(rows.database, FixedClock(datetime.now(UTC)), ZoneInfo("UTC"))
    started = time.perf_counter()
    figures.table(who, 24)
    return round(time.perf_counter() - started, 2)

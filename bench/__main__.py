"""`make bench`: how fast Vera answers and carries out, how much at once, how it grows, how long it takes to start,
and how fast the agents' desk is.

Everything runs on this machine and talks to it alone; every load is bounded in time and stops by itself.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import psutil
from rich.console import Console

from bench import errands, growth, townsfolk
from bench.desk import desk
from bench.desk_pages import NoPage
from bench.desk_tables import show_desk
from bench.load import load, numbered
from bench.tables import show
from bench.whole_vera import DidNotStart, Running, whole_vera
from privacy.settings import ROOT
from tools import model
from tools.bootstrap import bot_environment

PARTS: Final = ("turns", "requests", "rows", "systems", "desk", "training")
AT_ONCE: Final = (1, 8, 32)
ERRANDS_AT_ONCE: Final = (1, 8)
_TOWNSFOLK: Final = 5_000


async def measure(
    parts: Collection[str], seconds: float, large: bool, say: Console
) -> dict[str, Any]:
    """All of it, or some parts. Raises DidNotStart, BrokeOff, NoPage."""
    found: dict[str, Any] = {"machine": _machine(), "seconds_of_each_load": seconds}
    with tempfile.TemporaryDirectory(prefix="vera-bench-") as place:
        folder = Path(place) / "var"
        if {"turns", "requests"} & set(parts):
            say.print("· starting with an empty data folder …")
            async with whole_vera(folder) as vera:
                found["start_cold_seconds"] = round(vera.start_seconds, 1)
            say.print("· starting again …")
            async with whole_vera(folder) as vera:
                found["start_warm_seconds"] = round(vera.start_seconds, 1)
                found["memory_mib_idle"] = vera.memory()
                say.print("· warming up …")
                numbers = numbered()
                await load(vera.chat, 1, min(3.0, seconds), numbers)
                if "turns" in parts:
                    found["turns"] = await _turns(vera, seconds, numbers, say)
                if "requests" in parts:
                    found["requests"] = await _requests(vera, seconds, say)
                found["memory_mib_after"] = vera.memory()
        if "rows" in parts:
            sizes = (*growth.ROWS, growth.LARGE) if large else growth.ROWS
            found["rows"] = await growth.with_rows(sizes, say)
        if "systems" in parts:
            found["systems"] = await growth.with_systems(growth.SYSTEMS, say)
        if "desk" in parts:
            found["desk"] = await desk(Path(place) / "desk", seconds, say)
        if "training" in parts:
            say.print("· training …")
            started = time.perf_counter()
            (Path(place) / "models").mkdir()
            await asyncio.to_thread(
                model.train, ROOT, bot_environment().python, Path(place) / "models" / "model.tar.gz"
            )
            found["training_seconds"] = round(time.perf_counter() - started, 1)
    return found


async def _turns(
    vera: Running, seconds: float, numbers: Iterator[int], say: Console
) -> list[dict[str, Any]]:
    found = []
    for at_once in AT_ONCE:
        say.print(f"· {at_once} at once, {seconds:.0f} s …")
        before = vera.processor_seconds()
        row = (await load(vera.chat, at_once, seconds, numbers)).report()
        after = vera.processor_seconds()
        row["processor_ms_per_turn"] = {
            name: round(1000 * (after[name] - before[name]) / max(row["turns"], 1), 1)
            for name in ("service", "rasa")
        }
        found.append(row)
    return found


async def _requests(vera: Running, seconds: float, say: Console) -> list[dict[str, Any]]:
    found = []
    addresses = townsfolk.settle(vera.folder / "demo", _TOWNSFOLK)
    for kind in errands.KINDS:
        for at_once in ERRANDS_AT_ONCE:
            say.print(f"· requests: {kind}, {at_once} at once, {seconds:.0f} s …")
            before = vera.processor_seconds()["service"]
            row = (
                await errands.run(vera.chat, vera.mailbox, kind, at_once, seconds, addresses)
            ).report()
            used = vera.processor_seconds()["service"] - before
            row["processor_s_of_service"] = round(used / max(row["done"], 1), 2)
            found.append(row)
    return found


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="file for the figures")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="length of each load, 120 at most"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some parts only")
    parser.add_argument("--no-training", action="store_true", help="leave the training out")
    parser.add_argument("--large", action="store_true", help="a million rows too, some minutes")
    options = parser.parse_args()
    parts = [one for one in options.only if one != "training" or not options.no_training]
    say = Console(highlight=False)
    try:
        found = asyncio.run(measure(parts, min(options.seconds, 120.0), options.large, say))
    except (DidNotStart, growth.BrokeOff, NoPage) as error:
        sys.stderr.write(f"Nothing was measured: {error}\n")
        return 1
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    show(found, say)
    show_desk(found, say)
    say.print(f"The figures are in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

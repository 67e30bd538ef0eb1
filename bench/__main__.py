"""`make bench`: how fast Vera answers, how much at once, how much memory, how long it takes to start and to train.

Everything runs on this machine and talks to it alone; the load is bounded in time and turns and stops by itself.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench.load import load, numbered
from bench.whole_vera import DidNotStart, whole_vera
from privacy.settings import ROOT
from tools import model
from tools.bootstrap import bot_environment

AT_ONCE = (1, 8, 32)


async def measure(seconds: float, train: bool, say: Console) -> dict[str, Any]:
    """All of it. Raises DidNotStart."""
    found: dict[str, Any] = {"machine": _machine(), "seconds_of_each_load": seconds, "turns": []}
    numbers = numbered()
    with tempfile.TemporaryDirectory(prefix="vera-bench-") as place:
        folder = Path(place) / "var"
        say.print("· starting with an empty data folder …")
        async with whole_vera(folder) as vera:
            found["start_cold_seconds"] = round(vera.start_seconds, 1)
        say.print("· starting again …")
        async with whole_vera(folder) as vera:
            found["start_warm_seconds"] = round(vera.start_seconds, 1)
            found["memory_mib_idle"] = vera.memory()
            say.print("· warming up …")
            await load(vera.chat, 1, min(3.0, seconds), numbers)
            for at_once in AT_ONCE:
                say.print(f"· {at_once} at once, {seconds:.0f} s …")
                before = vera.processor_seconds()
                row = (await load(vera.chat, at_once, seconds, numbers)).report()
                after = vera.processor_seconds()
                row["processor_ms_per_turn"] = {
                    name: round(1000 * (after[name] - before[name]) / max(row["turns"], 1), 1)
                    for name in ("service", "rasa")
                }
                found["turns"].append(row)
            found["memory_mib_after"] = vera.memory()
        if train:
            say.print("· training …")
            started = time.perf_counter()
            (Path(place) / "models").mkdir()
            await asyncio.to_thread(
                model.train, ROOT, bot_environment().python, Path(place) / "models" / "model.tar.gz"
            )
            found["training_seconds"] = round(time.perf_counter() - started, 1)
    return found


def show(found: dict[str, Any], say: Console) -> None:
    """The readable form."""
    turns = Table(
        title="Turns, from sending a message to the bot's whole answer", title_justify="left"
    )
    for name in ("at once", "turns", "median ms", "p95 ms", "turns/s", "failed"):
        turns.add_column(name, justify="right")
    processor = Table(title="Processor time of a turn, ms", title_justify="left")
    for name in ("at once", "service", "rasa"):
        processor.add_column(name, justify="right")
    for row in found["turns"]:
        failed, used = sum(row["failures"].values()), row["processor_ms_per_turn"]
        waits = (row["median_ms"], row["p95_ms"], row["turns_per_second"])
        turns.add_row(*map(str, (row["at_once"], row["turns"], *waits, failed)))
        processor.add_row(*map(str, (row["at_once"], used["service"], used["rasa"])))
    memory = Table(title="Memory, MiB", title_justify="left")
    for name in ("process", "idle", "after the load"):
        memory.add_column(name, justify="left" if name == "process" else "right")
    for process, idle in found["memory_mib_idle"].items():
        memory.add_row(process, str(idle), str(found["memory_mib_after"].get(process, "")))
    times = Table(title="Seconds", title_justify="left", show_header=False)
    for name in ("start_cold_seconds", "start_warm_seconds", "training_seconds"):
        if name in found:
            times.add_row(name.removesuffix("_seconds").replace("_", ", "), str(found[name]))
    for table in (turns, processor, memory, times):
        say.print(table)


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
    parser.add_argument("--no-training", action="store_true", help="leave the training out")
    options = parser.parse_args()
    say = Console(highlight=False)
    try:
        found = asyncio.run(measure(min(options.seconds, 120.0), not options.no_training, say))
    except DidNotStart as error:
        sys.stderr.write(f"Vera did not start: {error}\n")
        return 1
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    show(found, say)
    say.print(f"The figures are in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

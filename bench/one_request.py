"""One request, carried out alone in a process of its own: `python -m bench.one_request KIND --rows N` or `--systems N`.

Prints a line of JSON: seconds, seconds of the processor, and memory before and at its peak.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.companies import CUSTOMER, with_rows, with_systems
from bench.inside import inside
from bench.slow_systems import slow_down
from privacy.logging import configure_logging

KINDS: Final = {"see": "access", "page": "access", "export": "export", "delete": "delete"}
"""What is measured, and the request behind it; "page" is the secure page of one to see."""


async def measure(kind: str, folder: Path, datamap: Path) -> dict[str, float]:
    """Carry it out, once everything is ready."""
    async with inside(folder, datamap) as one:
        started, used, before = time.perf_counter(), time.process_time(), peak_mib()
        filed = await asyncio.to_thread(one.file, KINDS[kind], CUSTOMER)
        asked = time.perf_counter()
        await asyncio.to_thread(one.carry_out, filed)
        if kind == "page":
            asked, used = time.perf_counter(), time.process_time()
            await asyncio.to_thread(one.open_page, filed)
        ended = time.perf_counter()
        return {
            "asked_seconds": round(asked - started, 3),
            "seconds": round(ended - asked, 3),
            "processor_seconds": round(time.process_time() - used, 3),
            "mib_before": before,
            "mib_peak": peak_mib(),
        }


def peak_mib() -> int:
    """The most memory that this process has held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**20 if sys.platform == "darwin" else 2**10))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.one_request", description=__doc__)
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--systems", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.0, help="milliseconds of each system")
    options = parser.parse_args()
    configure_logging("error")
    with tempfile.TemporaryDirectory(prefix="vera-bench-") as place:
        folder = Path(place)
        datamap = (
            with_systems(folder, options.systems)
            if options.systems
            else with_rows(folder, options.rows)
        )
        slow_down(options.slow / 1000)
        found = asyncio.run(measure(options.kind, folder, datamap))
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

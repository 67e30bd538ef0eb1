"""How time and memory grow: with the rows of one customer, and with the number of systems.

Each request is carried out in a process of its own, so that its memory is its own.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console

from privacy.settings import ROOT

ROWS: Final = (1_000, 10_000, 100_000)
LARGE: Final = 1_000_000
SYSTEMS: Final = (1, 5, 10, 25, 50)
SLOW_MS: Final = 50.0
_COMPARED: Final = ("seconds", "processor_seconds", "mib_peak")


class BrokeOff(Exception):
    """A request was not carried out; the text is what its process said."""


async def with_rows(sizes: Sequence[int], say: Console) -> list[dict[str, Any]]:
    """Each kind with so many rows of one customer. Raises BrokeOff."""
    found = []
    for kind in ("see", "page", "export", "delete"):
        say.print(f"· {kind} with up to {sizes[-1]:,} rows of one customer …")
        found += compared([
            {"kind": kind, "rows": rows, **await _one(kind, "--rows", str(rows))} for rows in sizes
        ])  # fmt: skip
    return found


async def with_systems(numbers: Sequence[int], say: Console) -> list[dict[str, Any]]:
    """Each kind with so many systems, slowed down. Raises BrokeOff."""
    found = []
    for kind in ("see", "export", "delete"):
        say.print(f"· {kind} with up to {numbers[-1]} systems, each slowed by {SLOW_MS:.0f} ms …")
        found += compared([
            {"kind": kind, "systems": number, "slowed_ms": SLOW_MS,
             **await _one(kind, "--systems", str(number), "--slow", str(SLOW_MS))}
            for number in numbers
        ])  # fmt: skip
    return found


def compared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With what each is of the first one: on a machine that others use, ratios say more than seconds."""
    first = rows[0]
    return [
        {**row, "times": {name: round(row[name] / (first[name] or 0.001), 1) for name in _COMPARED}}
        for row in rows
    ]


async def _one(*request: str) -> dict[str, Any]:
    alone = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.one_request", *request),
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("VERA_")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, wrong = await alone.communicate()
    if alone.returncode != 0:
        raise BrokeOff(f"{' '.join(request)}: {wrong.decode(errors='replace')[-2000:]}")
    found: dict[str, Any] = json.loads(told)
    return found

"""The figures as people read them."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def show(found: dict[str, Any], say: Console) -> None:
    """Print what was measured."""
    for make in (_turns, _requests, _rows, _systems, _processes, _times):
        for table in make(found):
            say.print(table)


def _turns(found: dict[str, Any]) -> list[Table]:
    if "turns" not in found:
        return []
    turns = new_table(
        "Turns, from sending a message to the bot's whole answer",
        *("at once", "turns", "median ms", "p95 ms", "turns/s", "failed"),
    )
    processor = new_table("Processor time of a turn, ms", "at once", "service", "rasa")
    for row in found["turns"]:
        failed, used = sum(row["failures"].values()), row["processor_ms_per_turn"]
        waits = (row["median_ms"], row["p95_ms"], row["turns_per_second"])
        add_row(turns, row["at_once"], row["turns"], *waits, failed)
        add_row(processor, row["at_once"], used["service"], used["rasa"])
    return [turns, processor]


def _requests(found: dict[str, Any]) -> list[Table]:
    if "requests" not in found:
        return []
    table = new_table(
        "Whole requests, from the first word to the news that it is done; seconds are medians",
        *("kind", "at once", "done", "per minute", "s in all", "s until filed", "s until done"),
        *("processor s", "failed"),
    )
    for row in found["requests"]:
        seconds = (row["median_s"], row["median_s_until_filed"], row["median_s_until_done"])
        counts = (row["kind"], row["at_once"], row["done"], row["per_minute"])
        add_row(
            table, *counts, *seconds, row["processor_s_of_service"], sum(row["failures"].values())
        )
    return [table]


def _rows(found: dict[str, Any]) -> list[Table]:
    title = "Carried out alone, by rows of one customer (× is of the first line of its kind)"
    return _grown(found.get("rows", ()), "rows", title)


def _systems(found: dict[str, Any]) -> list[Table]:
    rows = found.get("systems", ())
    slowed = f"{rows[0]['slowed_ms']:.0f} ms" if rows else ""
    title = (
        f"Carried out alone, by systems; a pause of {slowed} is added before each question to each"
    )
    return _grown(rows, "systems", title)


def _grown(rows: Sequence[dict[str, Any]], by: str, title: str) -> list[Table]:
    if not rows:
        return []
    table = new_table(
        title,
        *("kind", by, "s asked", "s carried out", "×", "processor s", "×", "MiB before", "at most", "×"),
    )  # fmt: skip
    for row in rows:
        times = row["times"]
        add_row(
            table,
            *(row["kind"], f"{row[by]:,}", row["asked_seconds"]),
            *(row["seconds"], times["seconds"]),
            *(row["processor_seconds"], times["processor_seconds"]),
            *(row["mib_before"], row["mib_peak"], times["mib_peak"]),
        )
    return [table]


def _processes(found: dict[str, Any]) -> list[Table]:
    if "memory_mib_idle" not in found:
        return []
    memory = new_table("Memory, MiB", "process", "idle", "after the load")
    for process, idle in found["memory_mib_idle"].items():
        add_row(memory, process, idle, found.get("memory_mib_after", {}).get(process, ""))
    return [memory]


def _times(found: dict[str, Any]) -> list[Table]:
    names = [
        name
        for name in ("start_cold_seconds", "start_warm_seconds", "training_seconds")
        if name in found
    ]
    times = Table(title="Seconds", title_justify="left", show_header=False)
    for name in names:
        add_row(times, name.removesuffix("_seconds").replace("_", ", "), found[name])
    return [times] if names else []


_WORDS = ("kind", "process", "page", "from … to …", "there")


def new_table(title: str, *columns: str) -> Table:
    """A table with its heads."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in _WORDS else "right")
    return table


def add_row(table: Table, *cells: object) -> None:
    """One more row."""
    table.add_row(*map(str, cells))

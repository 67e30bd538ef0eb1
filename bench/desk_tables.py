"""The figures of the desk as people read them."""

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.tables import add_row, new_table

_WAYS: Final = {
    "into_the_queue": "customer's wish for a person … row in the queue on the agent's screen",
    "customer_to_agent": "customer's message … transcript on the agent's screen",
    "agent_to_customer": "agent's reply … the customer's stream",
    "not_on_a_screen": "customer's message, conversation not on a screen … accepted",
}


def show_desk(found: dict[str, Any], say: Console) -> None:
    """Print what was measured of the desk, if it was."""
    if "desk" in found:
        for table in (_ways(found["desk"]), _live(found["desk"]["live"]), _pages(found["desk"])):
            say.print(table)


def _ways(found: dict[str, Any]) -> Table:
    table = new_table(
        "From one person's words to the other one's screen",
        *("from … to …", "there", "n", "median ms", "p95 ms", "failed"),
    )
    live = found["live"]
    talking = {name: live[name] for name in _WAYS if name in live}
    for there, ways in {**found["ways"], "all, and they talk": talking}.items():
        for name, way in ways.items():
            failed = sum(way["failures"].values())
            add_row(table, _WAYS[name], there, way["n"], way["median_ms"], way["p95_ms"], failed)
    return table


def _live(live: dict[str, Any]) -> Table:
    table = new_table(
        f"{live['agents']:,} desks and {live['conversations']:,} conversations live at once",
        *("s to open", "messages", "s", "pages asked for", "broken", "service MiB"),
        *("processor s each second, quiet", "talking"),
    )
    add_row(
        table,
        *(live["opened_in_s"], live["messages"], live["lasted_s"], live["pages_asked_for"]),
        *(sum(live["broken"].values()), live["memory_mib"]),
        *(live["processor_s_each_second_quiet"], live["processor_s_each_second"]),
    )
    return table


def _pages(found: dict[str, Any]) -> Table:
    few, many = (
        f"{requests:,} requests, {conversations:,} conversations"
        for requests, conversations in zip(
            found["size"]["requests"], found["size"]["conversations"], strict=True
        )
    )
    table = new_table(
        f"Pages of the desk with {many} (× is of {few}); the figures of two years, counted anew:"
        f" {found['figures_counted_anew_s']} s",
        *("page", "median ms, few", "median ms", "p95 ms", "×", "processor ms"),
    )
    for cells in _page_rows(found["pages"]):
        add_row(table, *cells)
    return table


def _page_rows(pages: list[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    for row in pages:
        many = row["many"]
        times = (row["few"]["median_ms"], many["median_ms"], many["p95_ms"], row["times"])
        yield (row["page"], *times, many["processor_ms"])

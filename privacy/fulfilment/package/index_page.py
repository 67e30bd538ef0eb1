"""`index.html`, the part of a package to read: a cover letter, then every table with its values and reasons.

One page for itself: no scripts, nothing from elsewhere, readable in light, dark and on paper. Every value is
data for the template and escaped there (S-43); long texts and large tables end with where the rest is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from privacy.dates import clock_time, long_date
from privacy.fulfilment.holdings.explained import (
    NEVER_SHOWN,
    FieldWords,
    Reasons,
    capital,
    reasons_for,
)
from privacy.fulfilment.package.contents import BroughtFile, Contents, TableContent
from privacy.fulfilment.package.names import brought_file, data_file, ending_of
from privacy.fulfilment.package.naming import with_files
from privacy.fulfilment.values.in_words import in_words, number_in_words, size_in_words
from privacy.systems.port import Value

ROWS_SHOWN: Final = 200
_TEXT_SHOWN: Final = 2_000
# What fits side by side: more columns, or wider ones, are told one under the other.
_TABLE_COLUMNS: Final = 7
_TABLE_SIGNS: Final = 120
_TABLE_CELL: Final = 40

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(capital=capital, number=number_in_words, size=size_in_words)


@dataclass(frozen=True, slots=True)
class _Cell:
    label: str
    text: str
    file: str = ""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class _Section:
    """One table on the page."""

    anchor: str
    label: str
    noun: str
    rows: int
    shown: int
    labels: tuple[str, ...]
    entries: tuple[tuple[_Cell, ...], ...]
    as_table: bool
    never: tuple[str, ...]
    reasons: tuple[Reasons, ...]
    json: str
    csv: str


@dataclass(frozen=True, slots=True)
class _Group:
    label: str
    sections: tuple[_Section, ...]


def write_index(stream: IO[bytes], contents: Contents, zone: ZoneInfo) -> None:
    """Write the page."""
    filled = [table for table in contents.tables if table.rows]
    template = _TEMPLATES.get_template("index.html")
    parts = template.generate(
        contents=contents,
        groups=_groups(filled, zone),
        outline=[
            (label, [(_anchor(table), table) for table in tables])
            for label, tables in _by_system(filled)
        ],
        empty=[table.words for table in contents.tables if not table.rows],
        made_on=long_date(contents.made_at, zone),
        made_time=clock_time(contents.made_at, zone),
        never_why=NEVER_SHOWN,
        brought=_brought(contents),
    )
    for part in parts:
        stream.write(part.encode("utf-8", "replace"))


def _by_system(tables: Iterable[TableContent]) -> list[tuple[str, list[TableContent]]]:
    groups: dict[str, list[TableContent]] = {}
    for table in tables:
        groups.setdefault(table.words.system_label, []).append(table)
    return list(groups.items())


def _groups(tables: Iterable[TableContent], zone: ZoneInfo) -> Iterator[_Group]:
    """One system at a time, so that no more than its shown rows are in memory."""
    for label, own in _by_system(tables):
        yield _Group(label, tuple(_section(table, zone) for table in own))


def _section(table: TableContent, zone: ZoneInfo) -> _Section:
    words = table.words
    fields = [field for field in words.fields if field.how != "never"]
    held: set[str] = set()
    entries: list[tuple[_Cell, ...]] = []
    for record in islice(table.records(), ROWS_SHOWN):
        held.update(record.held)
        files = with_files(words, record)
        entries.append(
            tuple(
                _cell(field, record.values.get(field.column), files.get(field.column), zone)
                for field in fields
            )
        )
    # What is empty in every row is told once, not in every row.
    filled = [
        place for place in range(len(fields)) if any(entry[place].text for entry in entries)
    ] or list(range(len(fields)))
    rows = tuple(tuple(entry[place] for place in filled) for entry in entries)
    widths = (
        [max(len(entry[place].text) for entry in rows) for place in range(len(filled))]
        if rows
        else []
    )
    never = tuple(field.label for field in words.never if field.column in held)
    labels = tuple(fields[place].label for place in filled)
    fits = (
        len(widths) <= _TABLE_COLUMNS and sum(min(w, _TABLE_CELL) for w in widths) <= _TABLE_SIGNS
    )
    return _Section(
        anchor=_anchor(table),
        label=words.label,
        noun=table.noun,
        rows=table.rows,
        shown=len(rows),
        labels=labels,
        entries=rows,
        as_table=len(rows) > 1 and fits,
        never=never,
        reasons=(
            reasons_for(words.reasons, {*labels, *never})
            if len(rows) == table.rows
            else words.reasons
        ),
        json=data_file(words.system, words.table, "json"),
        csv=data_file(words.system, words.table, "csv"),
    )


def _cell(field: FieldWords, value: Value, file: str | None, zone: ZoneInfo) -> _Cell:
    text = in_words(value, zone, field.telling)
    if len(text) > _TEXT_SHOWN:
        return _Cell(field.label, text[:_TEXT_SHOWN] + " …", file or "", is_long=True)
    return _Cell(field.label, text, file or "")


def _brought(contents: Contents) -> list[tuple[str, str, list[tuple[str, BroughtFile]]]]:
    number = 0
    found: list[tuple[str, str, list[tuple[str, BroughtFile]]]] = []
    for one in contents.brought:
        files: list[tuple[str, BroughtFile]] = []
        for file in one.files:
            number += 1
            files.append((brought_file(number, ending_of(file.head)), file))
        found.append((one.system_label, one.words, files))
    return found


def _anchor(table: TableContent) -> str:
    return data_file(table.words.system, table.words.table, "").strip(".").replace("/", "-")


__all__ = ["ROWS_SHOWN", "write_index"]

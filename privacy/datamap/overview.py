"""What is held of a customer in one look: from counts of rows to plain words.

"your name and contact details", "2 addresses", "214 orders since March 2019". It puts together what
belongs together: a table that is not counted itself is told with the one that it hangs on, and what
two systems call the same is one line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from privacy.datamap.categories import group, never_shown
from privacy.datamap.model import DataMap
from privacy.datamap.parts import SystemPart, Table
from privacy.datamap.topics import details_of, joined
from privacy.dates import month_in_words

if TYPE_CHECKING:
    from privacy.systems.port import TableCount

# What a person is asked for first comes first; at most this many are named.
_FIRST: Final = ("name", "contact details", "customer number", "details about you")
_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the summary. `tables` are "system.table", the leading one first; `count` is 0
    where rows are not worth counting (an account)."""

    words: str
    group: str
    systems: tuple[str, ...]
    tables: tuple[str, ...]
    count: int
    first: date | None = None
    last: date | None = None


def summary(datamap: DataMap, counts: Mapping[str, Sequence["TableCount"]]) -> list[Part]:
    """What is held, in the order of the map with the person first; nothing for tables without
    rows."""
    order = sorted(counts, key=lambda name: (name != datamap.leading, _place(datamap, name)))
    lines = [line for name in order for line in _lines(datamap, name, counts[name])]
    merged: dict[str, list[_Line]] = {}
    for line in lines:
        merged.setdefault(line.same, []).append(line)
    return [_part(same) for same in merged.values()]


def in_words(parts: Sequence[Part]) -> str:
    """The parts as the end of a sentence: "your name and contact details; 2 addresses; and …"."""
    return joined(part.words for part in parts)


@dataclass(frozen=True, slots=True)
class _Line:
    same: str  # lines with the same text here become one part
    label: str
    group: str
    system: str
    tables: tuple[str, ...]
    rows: int
    noun: str | None
    first: date | None
    last: date | None


def _place(datamap: DataMap, name: str) -> int:
    names = list(datamap.systems)
    return names.index(name) if name in names else len(names)


def _lines(datamap: DataMap, name: str, counts: Sequence["TableCount"]) -> Iterator[_Line]:
    system = datamap.systems.get(name)
    if system is None:
        return
    counted = {count.table: count for count in counts if count.rows}
    together = {table: _with_details(system, table) for table in system.tables if table in counted}
    told = {detail for members in together.values() for detail in members[1:]}
    for table_name, table in system.tables.items():
        if table_name not in counted or table_name in told:
            continue
        with_it = together[table_name]
        count = counted[table_name]
        account = table.identity is not None and table.identity.person == "row"
        label = (
            _person(table)
            if account and name == datamap.leading and not table.count_as
            else table.label
        )
        yield _Line(
            same=table.count_as or label,
            label=label,
            group=_group(table),
            system=name,
            tables=tuple(f"{name}.{member}" for member in with_it if member in counted),
            rows=count.rows,
            noun=table.count_as,
            first=None if account and name == datamap.leading else count.first,
            last=count.last,
        )


def _with_details(system: SystemPart, table: str) -> list[str]:
    """The table and those that are told as part of it."""
    members = [table]
    for member in members:  # grows while it is walked: details of details
        members += [detail for detail in details_of(system, member) if detail not in members]
    return members


def _person(table: Table) -> str:
    """ "your name and contact details": what an account says about the person themselves."""
    groups = dict.fromkeys(
        group(part.category) for part in table.fields.values() if not never_shown(part.category)
    )
    known = [name for name in _FIRST if name in groups]
    more = [name for name in groups if name not in known and name.startswith("account")]
    named = [f"other {n}" if n == "details about you" else n for n in (known + more)[:_MOST]]
    return f"your {joined(named)}" if named else table.label


def _group(table: Table) -> str:
    """The group that most fields of the table belong to; the first one of several."""
    groups = [group(part.category) for part in table.fields.values()]
    return max(dict.fromkeys(groups), key=groups.count)


def _part(lines: list[_Line]) -> Part:
    first = min((line.first for line in lines if line.first), default=None)
    last = max((line.last for line in lines if line.last), default=None)
    noun, rows = lines[0].noun, sum(line.rows for line in lines)
    if noun is None:
        words = lines[0].label
        words += f" since {month_in_words(first)}" if first else ""
    else:
        one, several = (text.strip() for text in noun.split("|"))
        words = f"{rows:,} {one if rows == 1 else several}"
        if first:
            words += f" {'from' if rows == 1 or _same_month(first, last) else 'since'} {month_in_words(first)}"
    return Part(
        words=words,
        group=lines[0].group,
        systems=tuple(dict.fromkeys(line.system for line in lines)),
        tables=tuple(table for line in lines for table in line.tables),
        count=rows if noun else 0,
        first=first,
        last=last,
    )


def _same_month(first: date, last: date | None) -> bool:
    return last is not None and (first.year, first.month) == (last.year, last.month)

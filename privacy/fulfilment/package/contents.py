"""What a package is to hold: the tables with their words and counts, what is left out and why, and what
colleagues brought. The writers of its parts all read from here, so that they agree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from privacy.fulfilment.holdings.explained import TableWords
from privacy.fulfilment.package.records import Record


@dataclass(frozen=True, slots=True)
class TableContent:
    """One table; `records` begins anew each time it is called."""

    words: TableWords
    rows: int
    files: int
    noun: str  # "orders"; "" where rows are not worth a name
    records: Callable[[], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is held and not in the package, and why."""

    what: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What a colleague found where no program can look: words, and files to copy."""

    system_label: str
    words: str
    files: tuple["BroughtFile", ...] = ()


@dataclass(frozen=True, slots=True)
class BroughtFile:
    """A file that a colleague attached; `name` is theirs, and only ever shown."""

    name: str
    size: int
    head: bytes
    copy: Callable[[IO[bytes]], None]

    def __repr__(self) -> str:
        return f"BroughtFile({self.size} bytes)"


@dataclass(frozen=True, slots=True)
class Contents:
    """A whole package. `scope` in words: "everything we hold about you"."""

    company: str
    reference: str
    made_at: datetime
    scope: str
    tables: tuple[TableContent, ...]
    left_out: tuple[LeftOut, ...]
    brought: tuple[Brought, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def __repr__(self) -> str:
        return f"Contents({self.reference}, {self.rows} rows)"

"""One system of the company as fulfilment sees it: rows of one person are counted, read, corrected,
erased and stopped, whatever kind of system holds them.

`Place` says whose rows; it is found once (`CompanyDirectory.places`) and kept sealed with the
request, so that work goes on after the identity itself is gone. Names of tables and columns are the
data map's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, Protocol

from privacy.datamap.parts import Stop
from privacy.datamap.scope import Scope
from privacy.errors import SystemDown
from privacy.systems.lookup import Wanted
from privacy.systems.people import PersonRow

__all__ = ["SystemDown"]

type Scalar = str | int | float | bool | None
type Value = str | int | float | bool | bytes | Decimal | date | datetime | time | None
type Columns = tuple[tuple[str, Scalar], ...]
"""Columns with the values they must have, None for NULL: all of them hold together."""


class SystemRefused(Exception):
    """A system was reached and will not do it (a constraint, an answer that makes no sense): asking again does
    not help, a person has to look. The text names system and table, never a value."""

    def __init__(self, system: str, table: str, why: str) -> None:
        super().__init__(f"{system} → {table}: {why}")
        self.system, self.table, self.why = system, table, why


class MoreThanBound(SystemRefused):
    """More rows of one person than the map's `bound` allows."""


@dataclass(frozen=True, slots=True)
class Place:
    """The subject's rows of one identity table: those that fit any of `rows`. Personal: sealed at rest."""

    table: str
    rows: tuple[Columns, ...]

    def __repr__(self) -> str:
        return f"Place({self.table!r}, {len(self.rows)} rows)"


@dataclass(frozen=True, slots=True)
class TableCount:
    """How many rows of a table are the subject's; `first` and `last` by the table's date column, where it has
    one."""

    table: str
    rows: int
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its own key in the system, and the columns that the map describes."""

    key: Columns
    values: Mapping[str, Value]

    def __repr__(self) -> str:
        return f"Row({len(self.values)} values)"


@dataclass(frozen=True, slots=True)
class TableErasure:
    """What becomes of one table's rows of the subject; tables come dependants first.

    rows "erase": they go, except where a row that stays is linked to them: such a row stays as an empty shell,
    with `blank` written into it. rows "stay": only `blank` is written. A blank of None means "nothing": NULL
    where the column allows it, else a neutral value of its type (unique where it must be). `older_than`: only
    rows whose `counted_from` is before that day. `since` and `until`: only rows of these days, both included, by
    `dated_by` (else `counted_from`). A table without such a column takes that of the nearest table up its links;
    a row without a date never fits.
    """

    table: str
    rows: Literal["erase", "stay"]
    blank: Mapping[str, str | None] = field(default_factory=dict)
    older_than: date | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class TableErased:
    """What was done to one table; `left` is how many rows still hold what should be gone (asked again inside the
    same transaction, before the rows they hang on went)."""

    table: str
    erased: int
    blanked: int
    left: int


@dataclass(frozen=True, slots=True)
class TableStopped:
    """How many rows of a table were told that a use ends, and how many were told before."""

    table: str
    changed: int
    already: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One identity row as tombstones know it: table, own key (the primary key, where there is one) and contacts in
    normal form.

    `born` stays the same while the row lives and differs for another row that gets the same key later: the value of
    `dated_by`, or a digest of the described columns.
    """

    table: str
    key: Columns
    contacts: tuple[str, ...]
    born: str = ""


class System(Protocol):
    """A system that can be asked by a program (SQL or HTTP). Manual ones are worked by persons: they have
    `is_manual` and raise SystemRefused for everything else.

    Every verb raises SystemDown when the system cannot be reached, SystemRefused when it will not.
    All are idempotent. Synchronous; safe to call from several threads.
    """

    name: str
    is_manual: bool

    def search(self, wanted: Wanted) -> list[PersonRow]:
        """Rows of identity tables that hold anything wanted; `PersonRow.where` is the row's place."""
        ...

    def counts(self, places: Sequence[Place], scope: Scope) -> list[TableCount]:
        """For every table in the scope, in the order of the map (also 0)."""
        ...

    def rows(
        self,
        table: str,
        places: Sequence[Place],
        scope: Scope,
        *,
        limit: int | None = None,
        skip: int = 0,
    ) -> Iterator[Row]:
        """The subject's rows of a table in a stable order, streamed in constant memory."""
        ...

    def correct(
        self,
        places: Sequence[Place],
        table: str,
        values: Mapping[str, Value],
        *,
        key: Columns | None = None,
        only_where: Mapping[str, Value] | None = None,
    ) -> int:
        """Write `values` into the subject's rows of a table (or the one with `key`; or those that hold
        `only_where`); returns how many rows fitted. Raises MoreThanBound."""
        ...

    def erase(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> list[TableErased]:
        """All acts together or none. Raises MoreThanBound before anything is changed."""
        ...

    def left(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> dict[str, int]:
        """Ask again: per table, how many rows still hold what should be gone."""
        ...

    def stop(
        self, places: Sequence[Place], stops: Sequence[tuple[str, Stop]], at: datetime
    ) -> list[TableStopped]:
        """Write each (table, stop) into the subject's rows."""
        ...

    def marks(self, places: Sequence[Place] | None = None) -> Iterator[Mark]:
        """Identity rows: those of `places`, or every one of the system (after a restore), streamed."""
        ...

    def place_of(self, mark: Mark) -> Place:
        """The place that is exactly this row."""
        ...

    def close(self) -> None: ...

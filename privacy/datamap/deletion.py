"""What deletion means, table by table: which rows go, what is blanked in rows that stay, what a law keeps
and until when.

A rule on the map alone: it opens no system and counts no rows. The order it gives is the order of work:
dependants before what they hang on, the leading system after all others (S-55).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from privacy.datamap.model import DataMap
from privacy.datamap.parts import OnDelete, Retention, SystemPart, Table
from privacy.datamap.retention import plus
from privacy.datamap.scope import Scope
from privacy.systems.port import TableErasure

type Rows = Literal["erase", "stay"]

_HANGS_ON_IT = "what we have to keep hangs on it"
_NOT_ASKED = "other entries, which you did not ask to delete, hang on it"


@dataclass(frozen=True, slots=True)
class Kept:
    """Fields of one table that stay, for one reason and one time.

    `retention` is "" where they stay only because rows outside the wish hang on them. `dated` is the table and column
    from which the time is counted.
    """

    system: str
    table: str
    fields: tuple[str, ...]
    labels: tuple[str, ...]
    whole: bool  # all fields of the table that the wish is about
    retention: str
    until: str  # in words, after "We keep it"
    because: str
    period: str | None
    dated: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class End:
    """What is done to a table once a time is over; without a retention: once nothing hangs on it any more."""

    table: str
    rows: Rows
    blank: Mapping[str, str | None]
    retention: str
    period: str | None
    dated: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class TableDeletion:
    """What deletion does to one table. `gone` are the fields of which nothing is left."""

    table: str
    rows: Rows
    blank: Mapping[str, str | None]
    gone: tuple[str, ...]
    kept: tuple[Kept, ...] = ()
    ends: tuple[End, ...] = field(default=())


def deletions(datamap: DataMap, scope: Scope) -> dict[str, tuple[TableDeletion, ...]]:
    """For every system with something in the scope, in the order of work."""
    names = [name for name in datamap.systems if name != datamap.leading] + [datamap.leading]
    found = {
        name: tuple(_System(datamap, name, datamap.systems[name], scope).deletions())
        for name in names
    }
    return {name: tables for name, tables in found.items() if tables}


def erasures(datamap: DataMap, scope: Scope) -> dict[str, tuple[TableErasure, ...]]:
    """The same as acts for the systems; tables of which nothing goes are left out."""
    acts = {
        system: tuple(
            TableErasure(one.table, one.rows, one.blank, since=scope.since, until=scope.until)
            for one in tables
            if one.rows == "erase" or one.blank
        )
        for system, tables in deletions(datamap, scope).items()
    }
    return {system: tables for system, tables in acts.items() if tables}


def kept(datamap: DataMap, scope: Scope) -> list[Kept]:
    """Everything in the scope that stays, and why."""
    return [
        one
        for tables in deletions(datamap, scope).values()
        for table in tables
        for one in table.kept
    ]


def emptied(datamap: DataMap, scope: Scope, system: str) -> dict[str, frozenset[str]]:
    """Identity tables whose rows, where they stay, cannot be told from anybody's afterwards; with the values that
    stand where a contact was.

    A row there that still has a contact is not one of those that were erased.
    """
    if scope.since is not None or scope.until is not None:
        return {}
    found: dict[str, frozenset[str]] = {}
    for one in deletions(datamap, scope).get(system, ()):
        identity = datamap.systems[system].tables[one.table].identity
        parts = (identity.email, identity.phone) if identity else ()
        columns = [part.column for part in parts if part]
        if identity and all(column in one.blank for column in columns):
            values = (one.blank[column] for column in columns)
            found[one.table] = frozenset(value for value in values if value)
    return found


def date_source(system: SystemPart, table: str, *, born: bool = False) -> tuple[str, str] | None:
    """The table and column by which rows are dated: `counted_from`, else `dated_by` (`born`: the other way
    round), of the table or of the nearest one up its links."""
    seen: list[str] = []
    while table in system.tables and table not in seen:
        seen.append(table)
        part = system.tables[table]
        columns = (part.counted_from, part.dated_by)
        column = next((c for c in (reversed(columns) if born else columns) if c), None)
        if column:
            return table, column
        table = part.link.table if part.link else ""
    return None


def recipients(datamap: DataMap, scope: Scope, filled: Mapping[str, frozenset[str]]) -> list[str]:
    """Who received something that is gone now; `filled` are the tables with rows of the subject, by system."""
    names: dict[str, None] = {}
    for system, tables in deletions(datamap, scope).items():
        for deletion in tables:
            if deletion.table not in filled.get(system, frozenset()):
                continue
            table = datamap.systems[system].tables[deletion.table]
            for column in deletion.gone:
                own = table.fields[column].recipients
                names |= dict.fromkeys(table.recipients if own is None else own)
    return list(names)


class _System:
    """One system under one wish."""

    def __init__(self, datamap: DataMap, name: str, system: SystemPart, scope: Scope) -> None:
        self._retentions: Mapping[str, Retention] = datamap.retentions
        self._name = name
        self._system = system
        self._scope = scope
        self._dated_wish = scope.since is not None or scope.until is not None
        self._children: dict[str, list[str]] = {}
        for table_name, table in system.tables.items():
            if table.link and table.link.table != table_name:
                self._children.setdefault(table.link.table, []).append(table_name)
        self._covered = {table: self._fields(table) for table in system.tables}
        self._needed = {table: self._needed_columns(table) for table in system.tables}

    def deletions(self) -> Iterator[TableDeletion]:
        order = list(self._system.tables)
        for name in sorted(order, key=lambda name: (-self._depth(name), order.index(name))):
            if self._covered[name]:
                yield self._deletion(name)

    # ---- What the map says of a table ----------------------------------------------------------------

    def _fields(self, name: str) -> dict[str, OnDelete]:
        """The fields that the wish is about, each with what becomes of it."""
        if self._dated_wish and date_source(self._system, name, born=True) is None:
            return {}  # a row without a date is in no range of days
        table = self._system.tables[name]
        return {
            column: part.on_delete or table.on_delete
            for column, part in table.fields.items()
            if self._scope.covers(f"{self._name}.{name}.{column}")
        }

    def _is_whole(self, name: str) -> bool:
        return len(self._covered[name]) == len(self._system.tables[name].fields)

    def _rows_go(self, name: str) -> bool:
        acts = self._covered[name].values()
        return (
            self._is_whole(name)
            and self._system.tables[name].on_delete.act == "erase"
            and all(act.act == "erase" for act in acts)
        )

    def _depth(self, name: str) -> int:
        """How many links lead from here to the end."""
        seen = [name]
        table = self._system.tables[name]
        while table.link and table.link.table in self._system.tables:
            if table.link.table in seen:
                break
            seen.append(table.link.table)
            table = self._system.tables[table.link.table]
        return len(seen) - 1

    def _below(self, name: str) -> list[str]:
        """The table and everything that hangs on it."""
        found = [name]
        for table in found:
            found += [child for child in self._children.get(table, []) if child not in found]
        return found

    def _stays(self, name: str) -> bool:
        """May a row of this table, or of one that hangs on it, be there afterwards?"""
        return any(not self._rows_go(table) for table in self._below(name)) or self._dated_wish

    def _retentions_below(self, name: str) -> list[str]:
        """The times for which something is kept here or in what hangs on it."""
        acts = [act for table in self._below(name) for act in self._covered[table].values()]
        return list(dict.fromkeys(act.until for act in acts if act.act == "keep" and act.until))

    def _dated_below(self, name: str, retention: str) -> tuple[str, str] | None:
        """From which day the time is counted for which something below is kept."""
        for table in self._below(name):
            acts = self._covered[table].values()
            if retention and any(act.act == "keep" and act.until == retention for act in acts):
                return date_source(self._system, table)
        return None

    # ---- What has to stay so that the rest can be found and ended ---------------------------------------

    def _needed_columns(self, name: str) -> set[str]:
        """Columns that hold what stays together: keys it hangs on, and the dates from which its time is counted."""
        table = self._system.tables[name]
        needed = {
            target
            for child in self._children.get(name, [])
            if self._stays(child) and (link := self._system.tables[child].link)
            for target in link.targets
        }
        if self._retentions_below(name):
            needed |= {*table.link.columns} if table.link else set()
            needed |= {table.identity.key} if table.identity and table.identity.key else set()
        for other in self._below(name):
            if any(act.act == "keep" for act in self._covered[other].values()):
                source = date_source(self._system, other)
                needed |= {source[1]} if source and source[0] == name else set()
        return needed

    # ---- What is done --------------------------------------------------------------------------------

    def _deletion(self, name: str) -> TableDeletion:
        goes = self._rows_go(name)
        blank = self._blank(name)
        gone = (
            [c for c in self._covered[name] if c not in self._needed[name]]
            if goes
            else [c for c in self._covered[name] if c in blank]
        )
        return TableDeletion(
            table=name,
            rows="erase" if goes else "stay",
            blank=blank,
            gone=tuple(gone),
            kept=tuple(self._kept(name, blank)),
            ends=tuple(self._ends(name)),
        )

    def _blank(self, name: str) -> dict[str, str | None]:
        """What is written into rows that stay."""
        table = self._system.tables[name]
        blank = {
            column: act.value if act.act == "anonymise" else None
            for column, act in self._covered[name].items()
            if act.act != "keep" and column not in self._needed[name]
        }
        own = table.on_delete
        if self._is_whole(name) and own.act != "keep":
            # Columns by which a person is found say who it was, described as fields or not.
            for column in _contact_columns(table):
                if column not in table.fields and column not in self._needed[name]:
                    blank[column] = own.value if own.act == "anonymise" else None
        return blank

    def _kept(self, name: str, blank: Mapping[str, str | None]) -> Iterator[Kept]:
        table = self._system.tables[name]
        groups: dict[tuple[str, str], list[str]] = {}
        hanging = self._longest(self._retentions_below(name))
        hangs_by = self._dated_below(name, hanging)
        for column, act in self._covered[name].items():
            if act.act == "keep":
                groups.setdefault((act.until or "", act.because or ""), []).append(column)
            elif column not in blank:
                groups.setdefault((hanging, _HANGS_ON_IT if hanging else _NOT_ASKED), []).append(
                    column
                )
        if self._rows_go(name) and not any(self._stays(c) for c in self._children.get(name, [])):
            return
        for (retention, because), columns in groups.items():
            known = self._retentions.get(retention)
            yield Kept(
                system=self._name,
                table=name,
                fields=tuple(columns),
                labels=tuple(table.fields[column].label for column in columns),
                whole=len(columns) == len(self._covered[name]),
                retention=retention,
                until=known.words if known else "as long as they stay",
                because=because,
                period=known.period if known else None,
                dated=hangs_by if because == _HANGS_ON_IT else date_source(self._system, name),
            )

    def _ends(self, name: str) -> Iterator[End]:
        table = self._system.tables[name]
        by_time: dict[str, list[str]] = {}
        for column, act in self._covered[name].items():
            if act.act == "keep" and act.until:
                by_time.setdefault(act.until, []).append(column)
        late = self._late(name)
        if not by_time:
            if self._rows_go(name) and self._retentions_below(name):
                yield End(name, "erase", self._blank(name), "", None, None)
            elif late and self._retentions_below(name):
                yield End(name, "stay", late, "", None, None)
            return
        last = self._longest(list(by_time))
        source = date_source(self._system, name)
        for time in (*(time for time in by_time if time != last), last):
            period = self._retentions[time].period if time in self._retentions else None
            if time != last:
                columns = [c for c in by_time[time] if c not in self._needed[name]]
                yield End(name, "stay", dict.fromkeys(columns), time, period, source)
            elif self._is_whole(name) and table.on_delete.act != "anonymise":
                # The date stays in an empty shell: without it nobody could tell when the shell's time is over.
                columns = [c for c in table.fields if c not in self._needed[name]]
                columns += [c for c in _contact_columns(table) if c not in columns]
                blank = {c: None for c in columns if c not in self._needed[name]}
                yield End(name, "erase", blank, time, period, source)
            else:
                columns = [c for held in by_time.values() for c in held]
                yield End(name, "stay", dict.fromkeys(columns) | late, time, period, source)

    def _late(self, name: str) -> dict[str, str | None]:
        """Fields that would go, and stay only for what hangs on them."""
        return {
            column: act.value if act.act == "anonymise" else None
            for column, act in self._covered[name].items()
            if act.act != "keep" and column in self._needed[name]
        }

    def _longest(self, times: list[str]) -> str:
        day = date(2000, 1, 1)
        return max(
            times,
            key=lambda time: (
                plus(day, period)
                if (known := self._retentions.get(time)) and (period := known.period)
                else date.max
            ),
            default="",
        )


def _contact_columns(table: Table) -> list[str]:
    identity = table.identity
    if identity is None:
        return []
    parts = (identity.customer_number, identity.email, identity.phone)
    columns = [part.column for part in parts if part]
    return columns + ([identity.changed_at] if identity.changed_at else [])

"""How values in the rows of one subject are corrected, and how they are told that a use ends."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, func, null, or_, select, update

from privacy.datamap.parts import Stop, System
from privacy.systems.comparing import differs, equals
from privacy.systems.port import Columns, MoreThanBound, SystemRefused, TableStopped, Value
from privacy.systems.shape import Shape
from privacy.systems.stored import given_back
from privacy.systems.whose import Whose

_NOW = "now"


class Changing:
    """Writes into one database over one connection; the caller's transaction decides."""

    def __init__(
        self,
        system: str,
        described: System,
        shape: Callable[[str], Shape],
        connection: Connection,
        whose: Whose,
    ) -> None:
        self._system, self._described = system, described
        self._shape, self._connection, self._whose = shape, connection, whose

    def correct(
        self,
        table: str,
        values: Mapping[str, Value],
        key: Columns | None,
        only_where: Mapping[str, Value] | None,
    ) -> int:
        """Write values into the subject's rows; returns how many fitted.

        Raises MoreThanBound; SystemRefused where a row hangs on somebody else too, and for columns that
        the map does not describe as fields or that a row is known by.
        """
        if not self._whose.reaches(table):
            return 0
        shape, described = self._shape(table), self._described.tables[table]
        for name in values:
            if name not in described.columns() or name in shape.key:
                raise SystemRefused(self._system, table, f"{name} is not for correcting")
        narrowed = [equals(shape, name, value) for name, value in key or ()]
        narrowed += [equals(shape, name, value) for name, value in (only_where or {}).items()]
        fitting = self._count(shape, self._whose.rows(table), *narrowed)
        self._within(table, fitting)
        mine = self._whose.rows(table, alone=True)
        if self._count(shape, mine, *narrowed) != fitting:
            raise SystemRefused(self._system, table, "some rows are also somebody else's")
        written = {name: self._bound(shape, name, value) for name, value in values.items()}
        self._change(shape, fitting, written, mine, *narrowed)
        return fitting

    def stop(self, table: str, stop: Stop, at: datetime) -> TableStopped:
        """Write what tells the system that a use ends, into rows that do not know yet.

        Raises MoreThanBound.
        """
        if not self._whose.reaches(table):
            return TableStopped(table, 0, 0)
        shape = self._shape(table)
        mine = self._whose.rows(table, alone=True)
        all_rows = self._count(shape, mine)
        self._within(table, all_rows)
        untold: list[ColumnElement[bool]] = []
        written: dict[str, Any] = {}
        for name, value in stop.set.items():
            if value == _NOW:
                written[name] = _moment(shape, name, at)
                untold.append(shape.column(name).is_(None))
            else:
                written[name] = self._bound(shape, name, value)
                untold.append(differs(shape, name, written[name]))
        narrowed = [equals(shape, name, value) for name, value in stop.only_where.items()]
        changed = self._change(shape, all_rows, written, mine, *narrowed, or_(*untold))
        return TableStopped(table, changed, all_rows - changed)

    def _change(
        self,
        shape: Shape,
        most: int,
        values: Mapping[str, Any],
        mine: ColumnElement[bool],
        *narrowed: ColumnElement[bool],
    ) -> int:
        change = update(shape.source).where(mine, *narrowed).values(dict(values))
        changed = self._connection.execute(shape.by_index(change)).rowcount
        if changed > most:
            raise SystemRefused(self._system, shape.name, "more rows changed than were counted")
        return changed

    def _count(self, shape: Shape, *conditions: ColumnElement[bool]) -> int:
        counted = select(func.count()).select_from(shape.source).where(*conditions)
        return self._connection.scalar(counted) or 0

    def _within(self, table: str, count: int) -> None:
        bound = self._described.tables[table].bound
        if count > bound:
            raise MoreThanBound(self._system, table, f"more than {bound} rows of one person")

    def _bound(self, shape: Shape, name: str, value: Value) -> Any:
        shape.column(name)
        kind = shape.kinds[name]
        if value is None:
            return null()  # not JSON's own
        if shape.dialect == "sqlite":
            # A SQLite program writes days and moments as texts.
            return value.isoformat(" ") if isinstance(value, datetime) else _text(value)
        return given_back(value, kind)


def _text(value: Value) -> Value:
    return value.isoformat() if isinstance(value, date) else value


def _moment(shape: Shape, name: str, at: datetime) -> Any:
    """The moment as the column takes it, in UTC."""
    shape.column(name)
    kind, declared = shape.kinds[name], shape.types[name]
    at = at.astimezone(UTC).replace(microsecond=0)
    if kind in (int, float):
        return kind(at.timestamp())
    if kind is date:
        return at.date().isoformat() if shape.dialect == "sqlite" else at.date()
    if kind is datetime and shape.dialect != "sqlite":
        zoned = isinstance(declared, DateTime) and declared.timezone
        return at if zoned else at.replace(tzinfo=None)
    return at.strftime("%Y-%m-%d %H:%M:%S")

"""How the rows of one subject are counted and read: one table at a time, streamed, in a stable order."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Label, Select, func, select
from sqlalchemy.types import JSON, LargeBinary

from privacy.datamap.parts import System, Table
from privacy.datamap.scope import Scope
from privacy.systems.days import days, told
from privacy.systems.matching import digits_of, moment, plain_email
from privacy.systems.port import Columns, Mark, Row, Scalar, TableCount
from privacy.systems.shape import Shape
from privacy.systems.stored import readable, scalar
from privacy.systems.whose import Whose

_AT_ONCE: Final = 500


class Reading:
    """Reads one database over one connection."""

    def __init__(
        self, system: str, described: System, shape: Callable[[str], Shape], connection: Connection
    ) -> None:
        self._system, self._described = system, described
        self._shape, self._connection = shape, connection

    def count(self, table: str, whose: Whose, scope: Scope) -> TableCount:
        """How many rows of a table are the subject's, and of which days."""
        when = days(scope.since, scope.until)
        if not whose.reaches(table, when):
            return TableCount(table, 0)
        described, shape = self._described.tables[table], self._shape(table)
        dated = described.dated_by or described.counted_from
        wanted: list[Any] = [func.count()]
        if dated:
            place = told(shape, dated)
            wanted += [func.min(place), func.max(place)]
        mine = whose.rows(table, when)
        found = self._connection.execute(
            select(*wanted).select_from(shape.source).where(mine)
        ).one()
        first, last = (_day(v) for v in found[1:]) if dated else (None, None)
        return TableCount(table, found[0], first, last)

    def rows(
        self, table: str, whose: Whose, scope: Scope, *, limit: int | None, skip: int
    ) -> Iterator[Row]:
        """The subject's rows of a table: fields of the map that the wish is about, what they hang on, and when their
        contact last changed."""
        when = days(scope.since, scope.until)
        if not whose.reaches(table, when) or limit == 0:
            return
        shape, described = self._shape(table), self._described.tables[table]
        names = [
            name for name in described.fields if scope.covers(f"{self._system}.{table}.{name}")
        ]
        key = shape.row_key()
        names += [name for name in _beside(described, key) if name not in described.fields]
        statement = (
            _selected(shape, [*key, *names]).where(whose.rows(table, when)).order_by(*_order(shape))
        )
        statement = statement.limit(limit) if limit is not None else statement
        statement = statement.offset(skip) if skip else statement
        for row in self._stream(statement):
            yield Row(
                key=_scalars(key, row),
                values={
                    name: readable(value, shape.kinds[name])
                    for name, value in zip(names, row[len(key) :], strict=True)
                },
            )

    def marks(self, table: str, whose: Whose | None) -> Iterator[Mark]:
        """Identity rows: the subject's, or every one."""
        identity = self._described.tables[table].identity
        assert identity is not None
        if whose is not None and not whose.reaches(table):
            return
        shape = self._shape(table)
        known = [
            part.column
            for part in (identity.customer_number, identity.email, identity.phone)
            if part
        ]
        key = shape.key or ((identity.key,) if identity.key else tuple(known))
        contacts = [part.column if part else None for part in (identity.email, identity.phone)]
        described = self._described.tables[table]
        held = [name for name in contacts if name]
        since = [described.dated_by] if described.dated_by else list(described.fields)
        statement = _selected(shape, [*key, *held, *since])
        if whose is not None:
            statement = statement.where(whose.rows(table))
        for row in self._stream(statement):
            values = dict(zip(held, row[len(key) :], strict=False))
            email = plain_email(values.get(contacts[0] or ""))
            phone = digits_of(values.get(contacts[1] or ""))
            told: list[Scalar] = [scalar(value) for value in row[len(key) + len(held) :]]
            born = str(told[0] or "") if described.dated_by else _digest(told)
            yield Mark(table, _scalars(key, row), tuple(c for c in (email, phone) if c), born)

    def _stream(self, statement: Select[Any]) -> Iterator[Sequence[Any]]:
        # A cursor of the server's: what was read is let go of as it is given on.
        streaming = statement.execution_options(stream_results=True, yield_per=_AT_ONCE)
        with self._connection.execute(streaming) as result:
            for row in result:
                yield tuple(row)


def _beside(table: Table, key: tuple[str, ...]) -> list[str]:
    """Columns that are told though they are no fields."""
    # A link by the row's own key names no other row: it was followed the other way round.
    link = table.link if table.link and table.link.columns != key else None
    changed_at = table.identity.changed_at if table.identity else None
    return [*(link.columns if link else ()), *([changed_at] if changed_at else [])]


def _selected(shape: Shape, names: Sequence[str]) -> Select[Any]:
    # A label each: a column may be asked for twice, as key and as value.
    labelled: list[Label[Any]] = [
        shape.column(name).label(f"vera_{number}") for number, name in enumerate(names)
    ]
    return select(*labelled).select_from(shape.source)


def _scalars(names: Sequence[str], row: Sequence[Any]) -> Columns:
    pairs: list[tuple[str, Scalar]] = [
        (name, scalar(value)) for name, value in zip(names, row, strict=False)
    ]
    return tuple(pairs)


def _order(shape: Shape) -> list[Any]:
    """By the row's key; without one by all columns that can be sorted."""
    return [
        shape.column(name)
        for name in shape.row_key()
        if shape.key or not isinstance(shape.types[name], JSON | LargeBinary)
    ]


def _digest(values: list[Scalar]) -> str:
    told = json.dumps(values)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _day(stored: object) -> date | None:
    found = moment(stored)
    return found.date() if found else None

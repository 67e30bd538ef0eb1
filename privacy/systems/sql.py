"""A system that is a SQL database, reached through SQLAlchemy: PostgreSQL, SQLite, MySQL, MariaDB.

Names of tables and columns come from the data map only and must exist in the reflected schema;
values are always bound. Reading connections cannot write; each writing verb is one transaction. What
a driver says never leaves this package: it may quote a person.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from privacy.crashpoints import crashpoint
from privacy.datamap.parts import Identity, Stop, System
from privacy.datamap.scope import Scope
from privacy.errors import SystemDown
from privacy.systems import mysql
from privacy.systems.changing import Changing
from privacy.systems.engines import read_only, read_write
from privacy.systems.erasing import Erasing
from privacy.systems.live import tables_of, views_of
from privacy.systems.lookup import MOST_ROWS, ColumnMissing, Lookup, Wanted
from privacy.systems.matching import moment, normal_email, normal_phone, postal_email
from privacy.systems.people import PersonRow
from privacy.systems.port import (
    Columns,
    Mark,
    Place,
    Row,
    SystemRefused,
    TableCount,
    TableErased,
    TableErasure,
    TableStopped,
    Value,
)
from privacy.systems.reading import Reading
from privacy.systems.refusals import At, asking
from privacy.systems.shape import Pointer, Shape, Shapes
from privacy.systems.stored import scalar
from privacy.systems.whose import Whose

log = structlog.get_logger()

MOST_PLACES: Final = 2_000  # rows of one identity table by which one person is known

# ValueError: drivers refuse some texts that way (psycopg a NUL, sqlite3 a lone surrogate).
_REFUSALS = (SQLAlchemyError, OSError, ValueError, ColumnMissing)


class SqlSystem:
    """One SQL database of the company."""

    is_manual = False

    def __init__(self, name: str, described: System, region: str, leading: bool) -> None:
        self.name = name
        self._described = described
        self._region = region
        self._leading_table = next(described.identities(), (None,))[0] if leading else None
        url = make_url(described.url)
        self._engine = read_only(url, described.timeout_seconds)
        self._writing = read_write(url, described.timeout_seconds)
        self._shapes = Shapes(described.db_schema)
        self._lookups: dict[str, Lookup] = {}
        self._lock = Lock()

    # --- who

    def search(self, wanted: Wanted, *, most: int = MOST_ROWS) -> list[PersonRow]:
        """The rows of all identity tables that hold anything wanted: one statement per table,
        always.

        `most` rows of a table; a search for a deletion asks for more and refuses to miss one
        (`cut_off`). Raises SystemDown.
        """
        found: list[PersonRow] = []
        with self._or_down(), self._engine.connect() as connection:
            for name, identity in self._described.identities():
                lookup = self._lookup(connection, name, identity)
                values = lookup.values(wanted)
                statement = lookup.statement(values).limit(most)
                rows = connection.execute(statement, values).mappings().all()
                if len(rows) == most:
                    log.warning("search_cut_off", system=self.name, count=len(rows))
                found += [self._person(name, identity, dict(row)) for row in rows]
        return found

    def marks(self, places: Sequence[Place] | None = None) -> Iterator[Mark]:
        """Identity rows of `places`, or every one of the system, streamed."""
        with self._reading() as (at, connection):
            whose = self._whose(connection, places) if places is not None else None
            reading = self._reader(connection)
            for at.table, _ in self._described.identities():
                yield from reading.marks(at.table, whose)

    def place_of(self, mark: Mark) -> Place:
        """The place that is exactly this row."""
        return Place(mark.table, (mark.key,))

    # --- reading

    def counts(self, places: Sequence[Place], scope: Scope) -> list[TableCount]:
        """For every table in the scope, in the order of the map.

        Raises SystemDown, SystemRefused.
        """
        found: list[TableCount] = []
        with self._reading() as (at, connection):
            whose, reading = self._whose(connection, places), self._reader(connection)
            for at.table in self._described.tables:
                if scope.covers_table(self.name, at.table):
                    found.append(reading.count(at.table, whose, scope))
        return found

    def rows(
        self,
        table: str,
        places: Sequence[Place],
        scope: Scope,
        *,
        limit: int | None = None,
        skip: int = 0,
    ) -> Iterator[Row]:
        """The subject's rows of a table by its key, streamed in constant memory.

        Raises SystemDown, SystemRefused.
        """
        with self._reading(table) as (_, connection):
            if table not in self._described.tables:
                raise SystemRefused(self.name, table, "the data map has no such table")
            whose, reading = self._whose(connection, places), self._reader(connection)
            yield from reading.rows(table, whose, scope, limit=limit, skip=skip)

    def left(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> dict[str, int]:
        """Per table, how many rows still hold what should be gone; one that the links no longer reach holds nothing.

        Raises SystemDown, SystemRefused.
        """
        with self._reading() as (at, connection):
            erasing = self._erasing(at, connection, places, acts)
            return dict(erasing.left())

    # --- writing

    def correct(
        self,
        places: Sequence[Place],
        table: str,
        values: Mapping[str, Value],
        *,
        key: Columns | None = None,
        only_where: Mapping[str, Value] | None = None,
    ) -> int:
        """Write values into the subject's rows of a table; returns how many fitted.

        Raises MoreThanBound, SystemDown, SystemRefused.
        """
        with self._transaction(table) as (_, connection):
            if table not in self._described.tables:
                raise SystemRefused(self.name, table, "the data map has no such table")
            changing = self._changing(connection, places)
            return changing.correct(table, values, key, only_where)

    def erase(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> list[TableErased]:
        """All acts together or none.

        Raises MoreThanBound before anything is changed, SystemDown, SystemRefused.
        """
        with self._transaction() as (at, connection):
            erasing = self._erasing(at, connection, places, acts)
            return list(erasing.do(at))

    def stop(
        self, places: Sequence[Place], stops: Sequence[tuple[str, Stop]], at: datetime
    ) -> list[TableStopped]:
        """Write each (table, stop) into the subject's rows.

        Raises MoreThanBound, SystemDown, SystemRefused.
        """
        told: list[TableStopped] = []
        with self._transaction() as (where, connection):
            changing = self._changing(connection, places)
            for where.table, stop in stops:
                if where.table not in self._described.tables:
                    raise SystemRefused(self.name, where.table, "the data map has no such table")
                told.append(changing.stop(where.table, stop, at))
        return told

    # --- what the database says about itself

    def columns(self) -> dict[str, list[str]]:
        """Tables and columns that the live database has.

        Raises SystemDown.
        """
        with self._or_down():
            inspector = inspect(self._engine)
            schema = self._described.db_schema
            names = [*tables_of(inspector, schema), *views_of(inspector, schema)]
            return {
                name: [c["name"] for c in inspector.get_columns(name, schema=schema)]
                for name in names
            }

    def views(self) -> frozenset[str]:
        """Views that keep no rows of their own. Raises SystemDown."""
        with self._or_down():
            return frozenset(inspect(self._engine).get_view_names(self._described.db_schema))

    def unfit_to_erase(self) -> tuple[list[str], list[str]]:
        """Described tables of which nothing is ever gone, and those in which nothing can be taken back.

        Raises SystemDown.
        """
        if self._engine.dialect.name not in mysql.NAMES:
            return [], []
        with self._or_down():
            inspector, schema = inspect(self._engine), self._described.db_schema
            names = list(self._described.tables)
            kept = [one for one in mysql.versioned(inspector, schema) if one in names]
            return kept, mysql.without_transactions(inspector, names, schema)

    def foreign_keys(self) -> list[Pointer]:
        """Every foreign key of the live database. Raises SystemDown."""
        with self._or_down(), self._engine.connect() as connection:
            return list(self._shapes.pointers(connection))

    def keys(self) -> dict[str, tuple[str, ...]]:
        """The primary key of each table that the map describes and the database has.

        Raises SystemDown.
        """
        with self._or_down():
            inspector = inspect(self._engine)
            schema = self._described.db_schema
            return {
                name: tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])
                for name in tables_of(inspector, schema)
                if name in self._described.tables
            }

    def cannot_empty(self, acts: Sequence[TableErasure]) -> list[tuple[str, str]]:
        """Tables in which a deletion would be refused where rows have to stay, and why: from the schema alone.

        Raises SystemDown, SystemRefused.
        """
        with self._reading() as (at, connection):
            return list(self._erasing(at, connection, (), acts).cannot())

    def index_advice(self) -> list[str]:
        """Indexes that make searches quick in large tables, for a person to create.

        Raises SystemDown.
        """
        with self._or_down(), self._engine.connect() as connection:
            advice = [
                one
                for name, identity in self._described.identities()
                for one in self._lookup(connection, name, identity).index_advice(
                    self._engine.dialect
                )
            ]
            quoted = self._engine.dialect.identifier_preparer.quote
            for name, table in self._described.tables.items():
                if table.link is None:
                    continue
                if table.link.column not in self._shapes.of(connection, name).indexed:
                    index = quoted(f"{name}_{table.link.column}_lookup")
                    columns = ", ".join(map(quoted, table.link.columns))
                    advice.append(f"CREATE INDEX {index} ON {quoted(name)} ({columns})")
            return advice

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()
        self._writing.dispose()

    # --- connections

    @contextmanager
    def _or_down(self) -> Iterator[None]:
        try:
            yield
        except _REFUSALS as error:
            log.warning("system_down", system=self.name, error=type(error).__name__)
            raise SystemDown(self.name) from None

    @contextmanager
    def _reading(self, table: str = "") -> Iterator[tuple[At, Connection]]:
        at = At(table)
        with asking(self.name, at), self._engine.connect() as connection:
            _take_any_text(self._engine, connection)
            yield at, connection

    @contextmanager
    def _transaction(self, table: str = "") -> Iterator[tuple[At, Connection]]:
        at = At(table)
        with asking(self.name, at):
            with self._writing.begin() as connection:
                yield at, connection
                crashpoint(f"before-commit:{self.name}")
            crashpoint(f"after-commit:{self.name}")

    def _shape(self, connection: Connection) -> Callable[[str], Shape]:
        return lambda name: self._shapes.of(connection, name)

    def _whose(self, connection: Connection, places: Sequence[Place]) -> Whose:
        return Whose(self.name, self._described, self._shape(connection), places)

    def _reader(self, connection: Connection) -> Reading:
        return Reading(self.name, self._described, self._shape(connection), connection)

    def _changing(self, connection: Connection, places: Sequence[Place]) -> Changing:
        return Changing(
            self.name,
            self._described,
            self._shape(connection),
            connection,
            self._whose(connection, places),
        )

    def _erasing(
        self, at: At, connection: Connection, places: Sequence[Place], acts: Sequence[TableErasure]
    ) -> Erasing:
        for act in acts:
            at.table = act.table
            if act.table not in self._described.tables:
                raise SystemRefused(self.name, act.table, "the data map has no such table")
        whose = self._whose(connection, places)
        return Erasing(self.name, self._described, self._shapes, connection, whose, acts)

    def _lookup(self, connection: Connection, name: str, identity: Identity) -> Lookup:
        """The search in a table, built from what the database says it has."""
        shape = self._shapes.of(connection, name)
        with self._lock:
            if name not in self._lookups:
                self._lookups[name] = Lookup(shape.source, identity, shape.narrow)
            return self._lookups[name]

    def _person(self, name: str, identity: Identity, row: dict[str, Any]) -> PersonRow:
        email = normal_email(row.get("email"))
        return PersonRow(
            system=self.name,
            table=name,
            leads=name == self._leading_table,
            key=str(row["key"]) if identity.person == "row" else None,
            number=_number(row.get("number")),
            number_confirmed=identity.customer_number is not None
            and identity.customer_number.confirmed,
            email=email,
            phone=normal_phone(row.get("phone"), self._region),
            mailbox=postal_email(row.get("email"), email),
            changed_at=moment(row.get("changed_at")),
            where=_where(identity, row),
        )


def _where(identity: Identity, row: dict[str, Any]) -> Columns:
    """The row's place, with the values as stored."""
    if identity.person == "row":
        return ((identity.key or "", scalar(row["key"])),)
    named = {
        "number": identity.customer_number,
        "email": identity.email,
        "phone": identity.phone,
    }
    return tuple((part.column, scalar(row[label])) for label, part in named.items() if part)


def _number(stored: object) -> str | None:
    return (str(stored).strip() or None) if stored is not None else None


def _take_any_text(engine: Engine, connection: Connection) -> None:
    """SQLite may hold texts that are no UTF-8: they are read with a sign for what cannot be read."""
    if engine.dialect.name == "sqlite":
        raw: Any = connection.connection.dbapi_connection
        raw.text_factory = lambda stored: stored.decode("utf-8", "replace")

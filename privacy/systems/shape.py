"""What a database says about its tables: columns, types, keys, what is unique, what points where.

Reflected once and kept; a name that the database does not have goes no further than this. It reads
schemas, never rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from threading import Lock
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Connection,
    Delete,
    FromClause,
    Inspector,
    Integer,
    String,
    TableClause,
    Update,
    column,
    inspect,
    table,
)
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.types import NullType, TypeEngine

from privacy.systems import mysql
from privacy.systems.live import tables_of
from privacy.systems.lookup import ColumnMissing

_UNLINKS: Final = ("SET NULL", "SET DEFAULT")


@dataclass(frozen=True, slots=True)
class Pointer:
    """Columns of one table that hold the key of another one's row."""

    table: str
    columns: tuple[str, ...]
    to: str
    targets: tuple[str, ...]
    unlinks: bool = False  # the database itself lets go of the row that is pointed to


@dataclass(frozen=True)
class Shape:
    """One table of the live database."""

    name: str
    source: TableClause
    dialect: str
    kinds: dict[str, type]
    types: dict[str, TypeEngine[Any]]
    nullable: frozenset[str]
    unique: frozenset[str]  # columns that have a part in what must differ
    names: frozenset[frozenset[str]]  # sets of columns that no two rows have alike
    computed: frozenset[str]
    defaults: dict[str, str]  # as the database writes them
    checks: dict[str, str]  # what the database asks of a column's values, as it writes it
    key: tuple[str, ...]
    pointers: tuple[Pointer, ...]
    indexed: frozenset[str]  # columns by which an index begins
    collations: dict[str, str]  # of MySQL: how texts are compared
    keeps_history: bool  # of MariaDB: what is deleted stays beside it

    def column(self, name: str, source: FromClause | None = None) -> KeyedColumnElement[Any]:
        """The column, of the table itself or of an alias of it. Raises ColumnMissing."""
        found = (self.source if source is None else source).c.get(name)
        if found is None:
            raise ColumnMissing(f"{self.name}.{name}")
        return found

    @property
    def narrow(self) -> frozenset[str]:
        """Columns that cannot hold every letter, and that MySQL does not compare with such."""
        return frozenset(c for c, how in self.collations.items() if not how.startswith("utf8mb4"))

    def by_index[Change: (Delete, Update)](self, statement: Change) -> Change:
        """The statement as the database carries it out without going through the whole table."""
        return mysql.by_index(statement) if self.dialect in mysql.NAMES else statement

    def names_one(self, columns: Sequence[str]) -> bool:
        """Can no two rows hold the same in all of these columns?"""
        return any(names <= set(columns) for names in self.names)

    def row_key(self) -> tuple[str, ...]:
        """The columns that name a row: the primary key, else all there are."""
        return self.key or tuple(self.kinds)


class Shapes:
    """The tables of one database, each reflected when it is first needed."""

    def __init__(self, schema: str | None) -> None:
        self._schema = schema
        self._lock = Lock()
        self._known: dict[str, Shape] = {}
        self._pointers: tuple[Pointer, ...] | None = None

    def of(self, connection: Connection, name: str) -> Shape:
        """The table with this name. Raises NoSuchTableError."""
        with self._lock:
            if name not in self._known:
                self._known[name] = _reflect(connection, name, self._schema)
            return self._known[name]

    def pointers(self, connection: Connection) -> tuple[Pointer, ...]:
        """Every foreign key of the database, also of tables that the map does not describe."""
        with self._lock:
            if self._pointers is None:
                inspector = inspect(connection)
                self._pointers = tuple(
                    pointer
                    for name in tables_of(inspector, self._schema)
                    for pointer in _pointers(connection, inspector, name, self._schema)
                )
            return self._pointers


def _reflect(connection: Connection, name: str, schema: str | None) -> Shape:
    inspector, dialect = inspect(connection), connection.dialect.name
    columns = inspector.get_columns(name, schema=schema)
    key = tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])
    indexes = _indexes(connection, inspector, name, schema)
    return Shape(
        name=name,
        source=table(
            name, *(column(c["name"], _raw(c["type"], dialect)) for c in columns), schema=schema
        ),
        dialect=dialect,
        kinds={c["name"]: _kind(c["type"]) for c in columns},
        types={c["name"]: c["type"] for c in columns},
        nullable=frozenset(c["name"] for c in columns if c["nullable"]),
        unique=frozenset(c for one in indexes if one.unique for c in one.parts if c),
        names=frozenset(
            [
                *([frozenset(key)] if key else []),
                *(frozenset(c for c in one.parts if c) for one in indexes if one.names_rows),
            ]
        ),
        computed=frozenset(c["name"] for c in columns if c.get("computed")),
        defaults={c["name"]: str(c["default"]) for c in columns if c.get("default") is not None},
        checks=_checks(connection, inspector, name, schema, columns),
        key=key,
        pointers=tuple(_pointers(connection, inspector, name, schema)),
        indexed=frozenset([*(c for one in indexes for c in one.parts[:1] if c), *key[:1]]),
        collations=mysql.collations(connection, name, schema) if dialect in mysql.NAMES else {},
        keeps_history=dialect in mysql.NAMES and name in mysql.versioned(inspector, schema),
    )


@dataclass(frozen=True, slots=True)
class _Index:
    """One index: its columns, None for an expression; `partial`: of some rows only."""

    parts: tuple[str | None, ...]
    unique: bool
    partial: bool = False

    @property
    def names_rows(self) -> bool:
        """Can no two rows of the table have the same in these columns?"""
        return self.unique and not self.partial and bool(self.parts) and None not in self.parts


def _indexes(
    connection: Connection, inspector: Inspector, name: str, schema: str | None
) -> list[_Index]:
    if connection.dialect.name == "sqlite":
        # Asked directly: SQLAlchemy warns about, and leaves out, indexes on expressions.
        found = connection.exec_driver_sql(
            'SELECT i.seq, i."unique", i.partial, c.name FROM pragma_index_list(?) AS i,'
            " pragma_index_info(i.name) AS c ORDER BY i.seq, c.seqno",
            (name,),
        ).all()
        return [
            _Index(tuple(row[3] for row in rows), bool(unique), bool(partial))
            for (_, unique, partial), rows in groupby(found, key=lambda row: tuple(row[:3]))
        ]
    indexes = [
        _Index(
            tuple(i["column_names"]),
            bool(i["unique"]),
            bool(i.get("dialect_options", {}).get("postgresql_where")),
        )
        for i in inspector.get_indexes(name, schema=schema)
    ]
    unique = inspector.get_unique_constraints(name, schema=schema)
    return indexes + [_Index(tuple(u["column_names"]), True) for u in unique]


def _checks(
    connection: Connection,
    inspector: Inspector,
    name: str,
    schema: str | None,
    columns: Sequence[ReflectedColumn],
) -> dict[str, str]:
    """The texts of CHECK constraints and domains that speak of a column."""
    texts = [str(one["sqltext"]) for one in inspector.get_check_constraints(name, schema=schema)]
    if connection.dialect.name in mysql.NAMES:
        texts += mysql.checks(connection, name, schema)
    found = {c["name"]: [text for text in texts if c["name"] in text] for c in columns}
    for c in columns:
        if isinstance(c["type"], DOMAIN) and c["type"].check is not None:
            found[c["name"]].append(str(c["type"].check))
    return {column: " ".join(said) for column, said in found.items() if said}


def _pointers(
    connection: Connection, inspector: Inspector, name: str, schema: str | None
) -> list[Pointer]:
    if connection.dialect.name == "sqlite":
        return _pointers_of_sqlite(connection, inspector, name)
    return [
        Pointer(
            table=name,
            columns=tuple(key["constrained_columns"]),
            to=key["referred_table"],
            targets=tuple(key["referred_columns"]),
            unlinks=str(key.get("options", {}).get("ondelete", "")).upper() in _UNLINKS,
        )
        for key in inspector.get_foreign_keys(name, schema=schema)
        if key["referred_schema"] in (None, schema)
    ]


def _pointers_of_sqlite(connection: Connection, inspector: Inspector, name: str) -> list[Pointer]:
    # Asked directly: SQLAlchemy reads ON DELETE from the text of CREATE TABLE, and not always rightly.
    found = connection.exec_driver_sql(
        'SELECT id, "from", "table", "to", on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq',
        (name,),
    ).all()
    real = {table.lower(): table for table in inspector.get_table_names()}
    pointers: list[Pointer] = []
    for _, parts in groupby(found, key=lambda part: part[0]):
        key = list(parts)
        to = real.get(key[0][2].lower())
        if to is None:
            continue  # it leads nowhere: nothing can be held by it
        # "REFERENCES other" without a column means its primary key.
        main = inspector.get_pk_constraint(to)["constrained_columns"]
        targets = tuple(part[3] for part in key if part[3]) or tuple(main)
        columns = tuple(part[1] for part in key)
        if len(columns) == len(targets):
            pointers.append(Pointer(name, columns, to, targets, key[0][4] in _UNLINKS))
    return pointers


def _raw(declared: TypeEngine[Any], dialect: str) -> TypeEngine[Any]:
    """SQLite stores in any column what it is given: there values are read and written as they are."""
    if dialect == "sqlite" and not isinstance(declared, String | Integer):
        return NullType()
    return mysql.read_as(declared) if dialect in mysql.NAMES else declared


def _kind(declared: TypeEngine[Any]) -> type:
    if isinstance(declared, DOMAIN):
        return _kind(declared.data_type)
    if isinstance(declared, JSON):
        return dict
    if mysql.is_flag(declared):
        return bool
    try:
        return declared.python_type
    except NotImplementedError:
        return object

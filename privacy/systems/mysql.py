"""What MySQL and MariaDB do in a way of their own, so that nobody else has to know.

Their comparisons take "ü" for "u", "A" for "a" and "x " for "x"; they may cut what is too long; and what they reflect
through SQLAlchemy lacks some of what a deletion has to know.
"""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Engine,
    Enum,
    Inspector,
    Integer,
    String,
    Update,
    bindparam,
    case,
    cast,
    event,
    literal_column,
    null,
    select,
    text,
)
from sqlalchemy.dialects.mysql import BINARY, BIT, CHAR, SET, TIMESTAMP, TINYINT, YEAR
from sqlalchemy.types import NullType, Time, TypeDecorator, TypeEngine

NAMES: Final = ("mysql", "mariadb")
"""Of SQLAlchemy's dialects and backends."""

_PAUSE: Final = 600  # seconds for which who reads a large table may do something else

_CHECKS: Final = text(
    "SELECT check_clause FROM information_schema.check_constraints"
    " WHERE constraint_schema = coalesce(:schema, database()) AND table_name = :name"
)
_COLLATIONS: Final = text(
    "SELECT column_name, collation_name FROM information_schema.columns"
    " WHERE table_schema = coalesce(:schema, database()) AND table_name = :name AND collation_name IS NOT NULL"
)
_VERSIONED: Final = text(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = coalesce(:schema, database())"
    " AND table_type = 'SYSTEM VERSIONED' ORDER BY table_name"
)
_ENGINES: Final = text(
    "SELECT t.table_name FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine"
    " WHERE t.table_schema = coalesce(:schema, database()) AND coalesce(e.transactions, 'NO') <> 'YES'"
    " AND t.table_name IN :names ORDER BY t.table_name"
).bindparams(bindparam("names", expanding=True))


def prepare(engine: Engine, lock_seconds: int, *, reads: bool) -> None:
    """Settings of every session, before SQLAlchemy asks how the server is set."""

    def set_up(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # An error for what does not fit, instead of as much of it as does; a TIMESTAMP is a moment, told in UTC.
        cursor.execute(
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00',"
            f" net_write_timeout = {_PAUSE}, lock_wait_timeout = {lock_seconds},"
            f" innodb_lock_wait_timeout = {lock_seconds}"
        )
        if reads:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor.close()

    event.listen(engine, "connect", set_up, insert=True)


def letters(place: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text as its bytes in UTF-8: no collation takes two of them for one, nor is a space at the end left out."""
    return cast(widened(place), BINARY())


def widened(place: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text that can be compared with every letter."""
    return cast(place, CHAR(charset="utf8mb4"))


class _Clock(TypeDecorator[Any]):
    """TIME is a time of day, or a span of hours: of more than a day, or below nothing."""

    impl = NullType
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if not isinstance(value, timedelta):
            return value
        minutes, seconds = divmod(int(abs(value).total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        if value >= timedelta(0) and hours < 24:
            return time(hours, minutes, seconds, value.microseconds)
        return f"{'-' if value < timedelta(0) else ''}{hours:02}:{minutes:02}:{seconds:02}"


class _Bits(TypeDecorator[Any]):
    """BIT, as the number that it is."""

    impl = NullType
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return int.from_bytes(value) if isinstance(value, bytes) else value


def by_index[Change: (Delete, Update)](statement: Change) -> Change:
    """The same DELETE or UPDATE as one of several tables: of one table alone MariaDB goes through every row, and locks
    it, where a subquery says which ones are meant."""
    one = select(literal_column("1").label("vera_one")).subquery()
    return statement.where(one.c.vera_one == 1)


def read_as(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type by which a column is read."""
    if isinstance(declared, Enum | SET):
        return String()  # a word that its list does not know may stand there nevertheless
    if isinstance(declared, BIT):
        return _Bits()
    if isinstance(declared, YEAR):
        return Integer()
    return _Clock() if isinstance(declared, Time) else declared


def is_flag(declared: TypeEngine[Any]) -> bool:
    """BOOLEAN is TINYINT(1) here, or BIT(1)."""
    if isinstance(declared, BIT):
        return declared.length in (None, 1)
    return isinstance(declared, TINYINT) and declared.display_width == 1


def day(place: ColumnElement[Any], kind: type) -> ColumnElement[Any]:
    """NULL for a day of zeros (0000-00-00), which is none."""
    first = date(1000, 1, 1) if kind is date else datetime(1000, 1, 1)  # noqa: DTZ001
    return case((place >= first, place), else_=null())


def begins_in_1970(declared: TypeEngine[Any]) -> bool:
    """Cannot it hold an earlier moment?"""
    return isinstance(declared, TIMESTAMP)


def checks(connection: Connection, name: str, schema: str | None) -> list[str]:
    """What MariaDB asks of a table's values; SQLAlchemy leaves out what stands beside a column."""
    if not getattr(connection.dialect, "is_mariadb", False):
        return []
    found = connection.execute(_CHECKS, {"schema": schema, "name": name}).scalars()
    return [str(clause) for clause in found]


def collations(connection: Connection, name: str, schema: str | None) -> dict[str, str]:
    """How each column that holds texts compares them."""
    found = connection.execute(_COLLATIONS, {"schema": schema, "name": name}).all()
    return {str(column): str(collation) for column, collation in found}


def versioned(inspector: Inspector, schema: str | None) -> list[str]:
    """Tables that keep what was deleted from them (SYSTEM VERSIONED), which SQLAlchemy leaves out."""
    return _asked(inspector, _VERSIONED, {"schema": schema})


def without_transactions(inspector: Inspector, names: list[str], schema: str | None) -> list[str]:
    """Of these tables, those of an engine (MyISAM, Aria, …) that cannot take anything back."""
    return _asked(inspector, _ENGINES, {"schema": schema, "names": names or [""]})


def _asked(inspector: Inspector, statement: Any, values: dict[str, Any]) -> list[str]:
    bind = inspector.bind
    if isinstance(bind, Engine):
        with bind.connect() as connection:
            return [str(name) for name in connection.execute(statement, values).scalars()]
    return [str(name) for name in bind.execute(statement, values).scalars()]

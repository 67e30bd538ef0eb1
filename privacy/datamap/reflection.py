"""The schema of a live database as a draft needs it: names, types, keys. It reads no row.

What a driver says is never passed on: it may quote the address with its password.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Inspector, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.types import Boolean, Date, DateTime, LargeBinary

from privacy.errors import SystemDown
from privacy.systems.engines import read_only


class NotADatabase(Exception):
    """The address cannot be used; the text says why, without the address."""


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """One column, and what its type says."""

    name: str
    is_date: bool = False
    is_file: bool = False
    is_flag: bool = False


@dataclass(frozen=True, slots=True)
class LiveTable:
    """One table: `links` are foreign keys of one column (column, table, its column)."""

    name: str
    columns: tuple[LiveColumn, ...]
    key: tuple[str, ...]
    links: tuple[tuple[str, str, str], ...]


def reflect(url: str, schema: str | None = None, timeout_seconds: int = 15) -> list[LiveTable]:
    """Every table of the database, in its own order.

    Raises NotADatabase for an address that is none, SystemDown where nobody answers.
    """
    try:
        engine = read_only(make_url(url), timeout_seconds)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise NotADatabase(
            "This is not a database address. Write one such as sqlite:////folder/shop.db or "
            "postgresql://user:password@host/shop."
        ) from None
    except ImportError as error:
        raise NotADatabase(
            f"The driver for this kind of database is not installed. Add {error.name} to Vera's environment."
        ) from None
    try:
        return list(_tables(inspect(engine), schema))
    except (SQLAlchemyError, OSError, ValueError):
        raise SystemDown("the database") from None
    finally:
        engine.dispose()


def _tables(inspector: Inspector, schema: str | None) -> Iterator[LiveTable]:
    for name in inspector.get_table_names(schema=schema):
        key = tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])
        yield LiveTable(
            name,
            tuple(_column(dict(column)) for column in inspector.get_columns(name, schema=schema)),
            key,
            tuple(
                (
                    link["constrained_columns"][0],
                    link["referred_table"],
                    link["referred_columns"][0],
                )
                for link in inspector.get_foreign_keys(name, schema=schema)
                if len(link["constrained_columns"]) == 1 == len(link["referred_columns"])
                and link["referred_schema"] in (None, schema)
            ),
        )


def _column(column: dict[str, Any]) -> LiveColumn:
    declared = column["type"]
    return LiveColumn(
        column["name"],
        is_date=isinstance(declared, Date | DateTime),
        is_file=isinstance(declared, LargeBinary),
        is_flag=isinstance(declared, Boolean),
    )

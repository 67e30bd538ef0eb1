"""The schema of a live database as a draft needs it: names, types, keys. It reads no row.

What a driver says is never passed on: it may quote the address with its password.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Inspector, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.types import Date, DateTime, LargeBinary, String

from privacy.errors import SystemDown
from privacy.systems.engines import read_only
from privacy.systems.live import tables_of, views_of


class NotADatabase(Exception):
    """The address cannot be used; the text says why, without the address."""


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """One column, and what its type says."""

    name: str
    is_date: bool = False
    is_file: bool = False
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class LiveTable:
    """One table or view: `links` are foreign keys of one column (column, table, its column), `wide_links` those of
    several. `is_stored`: a view that keeps rows of its own."""

    name: str
    columns: tuple[LiveColumn, ...]
    key: tuple[str, ...]
    links: tuple[tuple[str, str, str], ...]
    wide_links: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()
    is_view: bool = False
    is_stored: bool = True


def reflect(url: str, schema: str | None = None, timeout_seconds: int = 15) -> list[LiveTable]:
    """Every table of the database, in its own order, then its views.

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
    for name in tables_of(inspector, schema):
        key = tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])
        links = [
            (
                tuple(link["constrained_columns"]),
                link["referred_table"],
                tuple(link["referred_columns"]),
            )
            for link in inspector.get_foreign_keys(name, schema=schema)
            if link["referred_schema"] in (None, schema)
            and len(link["constrained_columns"]) == len(link["referred_columns"])
        ]
        yield LiveTable(
            name,
            _columns(inspector, name, schema),
            key,
            tuple((own[0], to, there[0]) for own, to, there in links if len(own) == 1),
            tuple(link for link in links if len(link[0]) > 1),
        )
    plain = set(inspector.get_view_names(schema=schema))
    for name in views_of(inspector, schema):
        columns = _columns(inspector, name, schema)
        yield LiveTable(name, columns, (), (), is_view=True, is_stored=name not in plain)


def _columns(inspector: Inspector, name: str, schema: str | None) -> tuple[LiveColumn, ...]:
    return tuple(_column(dict(column)) for column in inspector.get_columns(name, schema=schema))


def _column(column: dict[str, Any]) -> LiveColumn:
    declared = column["type"]
    return LiveColumn(
        column["name"],
        is_date=isinstance(declared, Date | DateTime),
        is_file=isinstance(declared, LargeBinary),
        is_text=isinstance(declared, String),
    )

"""Which tables and views a live database has, as far as a data map speaks of them.

It reads schemas, never rows. Parts of a partitioned table are no tables of their own: their rows are the whole's.
"""

from typing import Final

from sqlalchemy import Connection, Engine, Inspector, text

from privacy.systems import mysql

_PARTITIONS: Final = text(
    "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relispartition AND n.nspname = :schema"
)


def tables_of(inspector: Inspector, schema: str | None) -> list[str]:
    """The tables, in the order of the database."""
    names = inspector.get_table_names(schema=schema)
    if inspector.dialect.name in mysql.NAMES:
        return [*names, *mysql.versioned(inspector, schema)]
    if inspector.dialect.name != "postgresql":
        return names
    place = {"schema": schema or inspector.default_schema_name}
    bind = inspector.bind
    if isinstance(bind, Engine):
        with bind.connect() as connection:
            parts = _partitions(connection, place)
    else:
        parts = _partitions(bind, place)
    return [name for name in names if name not in parts]


def views_of(inspector: Inspector, schema: str | None) -> list[str]:
    """The views, also those that keep rows of their own."""
    views = inspector.get_view_names(schema=schema)
    if inspector.dialect.name != "postgresql":
        return views
    return [*views, *inspector.get_materialized_view_names(schema=schema)]


def _partitions(connection: Connection, place: dict[str, str | None]) -> set[str]:
    return {str(name) for name in connection.execute(_PARTITIONS, place).scalars()}

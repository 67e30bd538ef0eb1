"""Inserts that say what happens where the row is there already: SQLAlchemy has them per dialect."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(tx: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT into this table, with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)

"""A system that is a SQL database, read through SQLAlchemy.

Names of tables and columns come from the data map only and must exist in the reflected schema;
values are always bound. Connections cannot write. What a driver says never leaves this module: it
may quote a person.
"""

from threading import Lock
from typing import Any

import structlog
from sqlalchemy import Connection, column, inspect, make_url, table
from sqlalchemy.exc import SQLAlchemyError

from privacy.datamap.parts import Identity, System
from privacy.errors import SystemDown
from privacy.systems.engines import read_only
from privacy.systems.lookup import MOST_ROWS, ColumnMissing, Lookup, Wanted
from privacy.systems.matching import moment, normal_email, normal_phone, postal_email
from privacy.systems.people import PersonRow

log = structlog.get_logger()

# ValueError: drivers refuse some texts that way (psycopg a NUL, sqlite3 a lone surrogate).
_REFUSALS = (SQLAlchemyError, OSError, ValueError, ColumnMissing)


class SqlSystem:
    """One SQL database of the company."""

    def __init__(self, name: str, described: System, region: str, leading: bool) -> None:
        self.name = name
        self._described = described
        self._region = region
        self._leading_table = next(described.identities(), (None,))[0] if leading else None
        self._engine = read_only(make_url(described.url), described.timeout_seconds)
        self._lookups: dict[str, Lookup] = {}
        self._lock = Lock()

    def search(self, wanted: Wanted) -> list[PersonRow]:
        """The rows of all identity tables that hold anything wanted: one statement per table,
        always.

        Raises SystemDown.
        """
        found: list[PersonRow] = []
        try:
            with self._engine.connect() as connection:
                for name, identity in self._described.identities():
                    lookup = self._lookup(connection, name, identity)
                    rows = (
                        connection.execute(lookup.statement, lookup.values(wanted)).mappings().all()
                    )
                    if len(rows) == MOST_ROWS:
                        log.warning("search_cut_off", system=self.name, count=len(rows))
                    found += [self._person(name, identity, dict(row)) for row in rows]
        except _REFUSALS as error:
            log.warning("system_down", system=self.name, error=type(error).__name__)
            raise SystemDown(self.name) from None
        return found

    def columns(self) -> dict[str, list[str]]:
        """Tables and columns that the live database has.

        Raises SystemDown.
        """
        try:
            inspector = inspect(self._engine)
            schema = self._described.db_schema
            names = [
                *inspector.get_table_names(schema=schema),
                *inspector.get_view_names(schema=schema),
            ]
            return {
                name: [c["name"] for c in inspector.get_columns(name, schema=schema)]
                for name in names
            }
        except _REFUSALS as error:
            log.warning("system_down", system=self.name, error=type(error).__name__)
            raise SystemDown(self.name) from None

    def index_advice(self) -> list[str]:
        """Indexes that make searches quick in large tables, for a person to create.

        Raises SystemDown.
        """
        try:
            with self._engine.connect() as connection:
                return [
                    advice
                    for name, identity in self._described.identities()
                    for advice in self._lookup(connection, name, identity).index_advice(
                        self._engine.dialect
                    )
                ]
        except _REFUSALS as error:
            log.warning("system_down", system=self.name, error=type(error).__name__)
            raise SystemDown(self.name) from None

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def _lookup(self, connection: Connection, name: str, identity: Identity) -> Lookup:
        """The search in a table, built from what the database says it has."""
        with self._lock:
            if name not in self._lookups:
                schema = self._described.db_schema
                columns = inspect(connection).get_columns(name, schema=schema)
                source = table(
                    name, *(column(c["name"], c["type"]) for c in columns), schema=schema
                )
                self._lookups[name] = Lookup(source, identity)
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
        )


def _number(stored: object) -> str | None:
    return (str(stored).strip() or None) if stored is not None else None

"""A small company in one SQL database, on SQLite and, where there are such, on PostgreSQL and MariaDB.

Ann is customer 1, Bob customer 2. An order has lines and invoices; a ticket belongs to whoever wrote from its
address. Every table holds rows of both, so that a test sees when too much is taken.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event, make_url, text

from privacy.datamap.model import DataMap
from privacy.datamap.parts import System
from privacy.systems.port import Place, Row
from privacy.systems.sql import SqlSystem
from tests.driving import mariadb, postgres

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, number VARCHAR(40) NOT NULL UNIQUE, name TEXT, email TEXT,
  phone TEXT, score INTEGER NOT NULL, created_at TIMESTAMP NOT NULL, changed_at TIMESTAMP);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
  placed_on DATE NOT NULL, note TEXT, number TEXT NOT NULL UNIQUE);
CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id), title TEXT NOT NULL);
CREATE TABLE invoices (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
  issued_on DATE NOT NULL, billing_name TEXT NOT NULL, email TEXT);
CREATE TABLE tickets (id INTEGER PRIMARY KEY, email TEXT, phone TEXT, subject TEXT NOT NULL, opened_at TEXT);
CREATE TABLE messages (ticket_id INTEGER NOT NULL REFERENCES tickets (id), body TEXT, at TEXT);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX lines_order ON lines (order_id);
CREATE INDEX invoices_order ON invoices (order_id);
"""
ROWS = """
INSERT INTO customers VALUES (1, 'C1', 'Ann', 'ann@example.com', '030 23125 001', 7, '2020-01-01 10:00:00', NULL);
INSERT INTO customers VALUES (2, 'C2', 'Bob', 'bob@example.com', NULL, 5, '2021-01-01 10:00:00', NULL);
INSERT INTO orders VALUES (10, 1, '2020-05-01', 'for Ann', 'O10');
INSERT INTO orders VALUES (11, 1, '2023-12-31', 'also for Ann', 'O11');
INSERT INTO orders VALUES (12, 1, '2024-01-01', NULL, 'O12');
INSERT INTO orders VALUES (20, 2, '2024-02-02', 'for Bob', 'O20');
INSERT INTO lines VALUES (100, 10, 'Tea'), (101, 11, 'Cup'), (102, 12, 'Pot'), (200, 20, 'Hat');
INSERT INTO invoices VALUES (1000, 10, '2020-05-02', 'Ann', 'ann@example.com');
INSERT INTO invoices VALUES (2000, 20, '2024-02-03', 'Bob', 'bob@example.com');
INSERT INTO tickets VALUES (1, 'ann@example.com', NULL, 'Where is it?', '2024-03-01');
INSERT INTO tickets VALUES (2, 'Ann@example.com ', NULL, 'Thanks', '2024-03-02');
INSERT INTO tickets VALUES (3, 'bob@example.com', NULL, 'Hello', '2024-03-03');
INSERT INTO tickets VALUES (4, NULL, NULL, 'Nobody', '2024-03-04');
INSERT INTO messages VALUES (1, 'On its way', '2024-03-01'), (1, 'Good', '2024-03-02'), (3, 'Hello', '2024-03-03');
"""
ANN = (
    Place("customers", ((("id", 1),),)),
    Place("tickets", tuple((("email", e), ("phone", None)) for e in ("ann@example.com", "Ann@example.com "))),
)  # fmt: skip
BOB = (Place("customers", ((("id", 2),),)),)


def described(*columns: str, **more: Any) -> dict[str, Any]:
    """A table of the map with these fields; what is not said is erased."""
    return {
        "label": "your things",
        "retention": "years",
        "source": "from you",
        "on_delete": "erase",
        "fields": {
            column: {"label": f"your {column}", "category": "user.account", "purpose": ["sell"]}
            for column in columns
        },
    } | more


def link(column: str, to: str) -> dict[str, str]:
    return {"column": column, "to": to}


CUSTOMER = {"person": "row", "key": "id", "customer_number": "number", "email": "email", "phone": "phone"}  # fmt: skip
TABLES = {
    "customers": described(
        "number", "name", "email", "phone", "score", "created_at", "changed_at",
        identity=CUSTOMER, dated_by="created_at", technical=["id"],
    ),
    "orders": described("placed_on", "note", "number", link=link("customer_id", "customers.id"),
                        counted_from="placed_on", technical=["id", "customer_id"]),
    "lines": described("title", link=link("order_id", "orders.id"), technical=["id", "order_id"]),
    "invoices": described("issued_on", "billing_name", "email", link=link("order_id", "orders.id"),
                          counted_from="issued_on", technical=["id", "order_id"]),
    "tickets": described("email", "phone", "subject", "opened_at", technical=["id"], dated_by="opened_at",
                         identity={"person": "contact", "email": "email", "phone": "phone"}),
    "messages": described("body", "at", link=link("ticket_id", "tickets.id"), technical=["ticket_id"]),
}  # fmt: skip


def datamap(url: str, tables: dict[str, Any], schema: str | None = None) -> DataMap:
    system: dict[str, Any] = {
        "label": "our shop",
        "kind": "sql",
        "url": url,
        "timeout_seconds": 2,
        "tables": tables,
    }
    if schema:
        system["db_schema"] = schema
    return DataMap.model_validate({
        "version": 1,
        "company": "Corner Books",
        "leading": "shop",
        "region": "DE",
        "purposes": {"sell": {"why": "to sell you books", "basis": "contract", "because": "you buy books"}},
        "retentions": {"years": {"words": "for six years", "period": "P6Y"}},
        "systems": {"shop": system},
    })  # fmt: skip


class SqlWorld:
    """One real database, and the system that Vera makes of it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self._name = f"vera_{uuid.uuid4().hex[:12]}"
        self.schema = self._name if kind == "postgres" else None
        arguments: dict[str, Any] = {}
        if kind == "postgres":
            self.url = postgres.address()
            arguments = {"options": f"-c search_path={self.schema}"}
        elif kind == "mariadb":
            server = make_url(mariadb.address())
            self.url = server.set(database=self._name).render_as_string(hide_password=False)
            arguments = {"init_command": "SET time_zone = '+00:00'"}
        else:
            self.url = f"sqlite:///{folder / 'shop.db'}"
        self.engine = create_engine(make_url(self.url), connect_args=arguments, poolclass=NullPool)
        self._open: list[SqlSystem] = []
        if kind == "postgres":
            self.run(f"CREATE SCHEMA {self.schema}")
        elif kind == "mariadb":
            self._on_server(f"CREATE DATABASE {self._name}")

    def run(self, statements: str) -> None:
        """Do this behind Vera's back."""
        with self.engine.begin() as connection:
            for statement in filter(str.strip, statements.split(";")):
                connection.exec_driver_sql(self._written(statement))

    def _on_server(self, statement: str) -> None:
        server = create_engine(make_url(mariadb.address()), poolclass=NullPool)
        with server.begin() as connection:
            connection.exec_driver_sql(statement)

    def _written(self, statement: str) -> str:
        """As MariaDB wants it: one of the names is a word of its own, and its TEXT is a short one."""
        if self.kind != "mariadb":
            return statement
        return re.sub(r"\blines\b", "`lines`", re.sub(r"\bTEXT\b", "MEDIUMTEXT", statement))

    def system(self, tables: dict[str, Any] = TABLES, url: str = "") -> SqlSystem:
        system = datamap(url or self.url, tables, self.schema).systems["shop"]
        assert isinstance(system, System)
        made = SqlSystem("shop", system, "DE", leading=True)
        self._open.append(made)
        return made

    def all(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Plain SQL, beside Vera."""
        with self.engine.connect() as connection:
            return [
                tuple(row) for row in connection.execute(text(self._written(statement)), values)
            ]

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row there is."""
        return {
            table: sorted(self.all(f"SELECT * FROM {table}"), key=repr)
            for table in ("customers", "orders", "lines", "invoices", "tickets", "messages")
        }

    def close(self) -> None:
        for system in self._open:
            system.close()
        if self.schema:
            self.run(f"DROP SCHEMA {self.schema} CASCADE")
        elif self.kind == "mariadb":
            self._on_server(f"DROP DATABASE {self._name}")
        self.engine.dispose()


@contextmanager
def world_of(kind: str, folder: Path, *, empty: bool = False) -> Iterator[SqlWorld]:
    with closing(SqlWorld(kind, folder)) as made:
        if not empty:
            made.run(SCHEMA + ROWS)
        yield made


def keys(rows: Iterator[Row]) -> list[Any]:
    return [row.key[0][1] for row in rows]


@contextmanager
def watched() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that goes to a database, with its values."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)

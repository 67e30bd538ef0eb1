"""Small companies of other shapes than the sample one: a shop, a desk, a newsletter, in real SQLite files."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from privacy.contacts import parse_contact
from privacy.datamap.model import DataMap
from privacy.datamap.parts import System
from privacy.store.keyring import Keyring
from privacy.systems.company import CompanyDirectory
from privacy.systems.sql import SqlSystem

KEYRING = Keyring([bytes(32)])
CUSTOMERS = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, number, email TEXT, phone TEXT, changed_at)"
)
TICKETS = "CREATE TABLE tickets (id INTEGER PRIMARY KEY, number, email TEXT, phone TEXT)"
NEWS = "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)"
CUSTOMER = {
    "person": "row",
    "key": "id",
    "customer_number": {"column": "number", "confirmed": True},
    "email": "email",
    "phone": "phone",
    "changed_at": "changed_at",
}
TICKET = {
    "person": "contact",
    "customer_number": {"column": "number", "confirmed": True},
    "email": "email",
    "phone": "phone",
}
READER = {"person": "row", "key": "id", "email": "email"}


def database(path: Path, schema: str, rows: list[tuple[Any, ...]] = [], table: str = "") -> Path:  # noqa: B006
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(schema)
        if rows:
            made.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return path


def table(identity: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": "your things",
        "identity": identity,
        "retention": "years",
        "source": "from you",
        "on_delete": "erase",
        "fields": {
            "email": {
                "label": "your e-mail address",
                "category": "user.contact.email",
                "purpose": ["sell"],
            }
        },
    }


def datamap(**systems: tuple[Path | str, str, dict[str, Any]]) -> DataMap:
    """A map with one identity table in each system; the first one leads."""
    return DataMap.model_validate({
        "version": 1,
        "company": "Corner Books",
        "leading": next(iter(systems)),
        "region": "DE",
        "purposes": {"sell": {"why": "to sell you books", "basis": "contract", "because": "you buy books"}},
        "retentions": {"years": {"words": "for six years", "period": "P6Y"}},
        "systems": {
            name: {
                "label": f"our {name}",
                "kind": "sql",
                "url": where if isinstance(where, str) else f"sqlite:///{where}",
                "timeout_seconds": 1,
                "tables": {table_name: table(identity)},
            }
            for name, (where, table_name, identity) in systems.items()
        },
    })  # fmt: skip


def three(
    tmp_path: Path,
    customers: list[tuple[Any, ...]],
    tickets: list[tuple[Any, ...]] = [],  # noqa: B006
    readers: list[tuple[Any, ...]] = [],  # noqa: B006
    ticket: dict[str, Any] = TICKET,
) -> CompanyDirectory:
    return CompanyDirectory(
        datamap(
            shop=(
                database(tmp_path / "shop.db", CUSTOMERS, customers, "customers"),
                "customers",
                CUSTOMER,
            ),
            desk=(database(tmp_path / "desk.db", TICKETS, tickets, "tickets"), "tickets", ticket),
            news=(database(tmp_path / "news.db", NEWS, readers, "people"), "people", READER),
        ),
        KEYRING,
    )


def find(directory: CompanyDirectory, text: str) -> dict[str, set[str]]:
    contact = parse_contact(text)
    assert contact is not None
    persons: dict[str, set[str]] = {}
    for record in directory.find(contact):
        persons.setdefault(record.subject, set()).add(record.system)
    return persons


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


def opened(described: DataMap, name: str = "shop") -> SqlSystem:
    """One system of a map."""
    part = described.systems[name]
    assert isinstance(part, System)
    return SqlSystem(name, part, "DE", leading=name == described.leading)

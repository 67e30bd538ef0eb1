"""Companies made for a measurement: one with a great many rows of one customer, and one with so many systems."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from demo import company
from privacy.settings import ROOT

CUSTOMER: Final = company.SAMPLE_CUSTOMER
SAMPLE_MAP: Final = ROOT / "demo" / "datamap.yml"

# Every value differs, so that nothing is answered from memory.
_GROW: Final = """
WITH RECURSIVE counted(n) AS (VALUES(1) UNION ALL SELECT n + 1 FROM counted WHERE n < :rows)
INSERT INTO activity (subscription_id, kind, campaign, link, happened_at)
SELECT (SELECT id FROM subscriptions WHERE email = :email),
       CASE n % 3 WHEN 0 THEN 'click' ELSE 'open' END,
       'Letter ' || n,
       'https://alderfinch.example/articles/' || n || '?from=letter',
       datetime('2020-01-01', '+' || n || ' minutes')
FROM counted
"""
_SHOP: Final = """
BEGIN;
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
CREATE INDEX customers_email ON customers (lower(trim(email)));
CREATE TABLE notes (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), text TEXT);
CREATE INDEX notes_customer ON notes (customer_id);
WITH RECURSIVE counted(n) AS (VALUES(1) UNION ALL SELECT n + 1 FROM counted WHERE n < 100)
INSERT INTO customers (email, name) SELECT 'customer-' || n || '@example.com', 'Customer ' || n FROM counted;
INSERT INTO customers (email, name) VALUES ('jane.miller@example.com', 'Jane Miller');
WITH RECURSIVE counted(n) AS (VALUES(1) UNION ALL SELECT n + 1 FROM counted WHERE n < 1010)
INSERT INTO notes (customer_id, text) SELECT 1 + n % 101, 'Note ' || n FROM counted;
COMMIT;
"""


_THERE: Final = """SELECT count(*) FROM activity JOIN subscriptions ON subscriptions.id = subscription_id
WHERE email = :email"""


def with_rows(folder: Path, rows: int) -> Path:
    """The sample company in `folder/demo`, with so many rows of activity of its sample customer; returns its map.

    In all, not more: beyond a million, the map's own bound, a person looks first.
    """
    files = company.build(folder / "demo")
    with closing(sqlite3.connect(files["newsletter"])) as database, database:
        [there] = database.execute(_THERE, {"email": CUSTOMER}).fetchone()
        database.execute(_GROW, {"rows": max(0, rows - there), "email": CUSTOMER})
    return SAMPLE_MAP


def with_systems(folder: Path, systems: int) -> Path:
    """A company of so many systems, each a SQLite file with a hundred customers; returns its map."""
    names = [f"system_{number:02}" for number in range(1, systems + 1)]
    for name in names:
        with closing(sqlite3.connect(folder / f"{name}.db")) as database:
            database.executescript(_SHOP)
    datamap = folder / "datamap.yml"  # JSON is YAML
    datamap.write_text(json.dumps(_map({name: _system(name) for name in names})))
    return datamap


def _map(systems: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "company": "Many Systems",
        "leading": next(iter(systems)),
        "region": "DE",
        "purposes": {
            "serve": {"why": "to serve you", "basis": "contract", "because": "you are a customer"}
        },
        "retentions": {"years": {"words": "for six years", "period": "P6Y"}},
        "systems": systems,
    }


def _system(name: str) -> dict[str, Any]:
    told = {"retention": "years", "source": "from you", "on_delete": "erase"}
    return {
        "label": f"our {name.replace('_', ' ')}",
        "kind": "sql",
        "url": f"sqlite:///{{data_dir}}/{name}.db",
        "tables": {
            "customers": {
                "label": "your account",
                "identity": {"person": "row", "key": "id", "email": "email"},
                **told,
                "technical": ["id"],
                "fields": {
                    "email": _field("your e-mail address", "user.contact.email"),
                    "name": _field("your name", "user.name"),
                },
            },
            "notes": {
                "label": "notes about you",
                "link": {"column": "customer_id", "to": "customers.id"},
                **told,
                "technical": ["id", "customer_id"],
                "fields": {"text": _field("the note", "user.content.private")},
            },
        },
    }


def _field(label: str, category: str) -> dict[str, Any]:
    return {"label": label, "category": category, "purpose": ["serve"]}

"""Where each row of the sample company belongs to whom, in plain SQL: what the product says is compared with it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

_MINE = "(SELECT id FROM customers WHERE email = :email)"
_ORDERS = f"(SELECT id FROM orders WHERE customer_id IN {_MINE})"
_TICKETS = "(SELECT id FROM tickets WHERE customer_number = :number)"
_READER = "(SELECT id FROM subscriptions WHERE email = :email)"

OF = {
    "shop.customers": "customers WHERE email = :email",
    "shop.addresses": f"addresses WHERE customer_id IN {_MINE}",
    "shop.orders": f"orders WHERE customer_id IN {_MINE}",
    "shop.order_lines": f"order_lines WHERE order_id IN {_ORDERS}",
    "shop.invoices": f"invoices WHERE order_id IN {_ORDERS}",
    "shop.payments": f"payments WHERE order_id IN {_ORDERS}",
    "support.tickets": "tickets WHERE customer_number = :number",
    "support.messages": f"messages WHERE ticket_id IN {_TICKETS}",
    "newsletter.subscriptions": "subscriptions WHERE email = :email",
    "newsletter.consents": f"consents WHERE subscription_id IN {_READER}",
    "newsletter.activity": f"activity WHERE subscription_id IN {_READER}",
    "newsletter.segments": f"segments WHERE subscription_id IN {_READER}",
}


def rows(data: Path, table: str, email: str, number: str) -> list[dict[str, Any]]:
    """The rows of a table ("shop.orders") that are this customer's, in the order of their keys."""
    system = table.partition(".")[0]
    with closing(sqlite3.connect(data / "demo" / f"{system}.db", timeout=20)) as database:
        database.row_factory = sqlite3.Row
        found = database.execute(
            f"SELECT * FROM {OF[table]} ORDER BY id", {"email": email, "number": number}
        )
        return [dict(row) for row in found]


def everything(data: Path) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table of the company, each beginning with its key."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    for system in ("shop", "support", "newsletter"):
        with closing(sqlite3.connect(data / "demo" / f"{system}.db", timeout=20)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                found[f"{system}.{table}"] = set(
                    database.execute(f'SELECT * FROM "{table}"').fetchall()
                )
    return found

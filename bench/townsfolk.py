"""Customers for the sample company, as many as a load needs, each with an ordinary little history in every system."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

# Keys far from the company's own; SQLite counts on from them.
_FIRST: Final = 1_000_000
_COUNTED: Final = f"""
WITH RECURSIVE counted(n) AS (VALUES({_FIRST}) UNION ALL SELECT n + 1 FROM counted WHERE n < {_FIRST} + :many - 1)
"""
_SHOP: Final = (
    f"""INSERT INTO customers (id, customer_number, name, email, phone, birth_date, language, password_hash, created_at)
    {_COUNTED} SELECT n, 'BE-' || n, 'Bella Bench ' || n, 'townsfolk-' || n || '@example.com',
    '+49 30 23125' || substr(n, 2, 6), '1980-01-01', 'en', 'scrypt$' || hex(randomblob(24)), '2020-01-01 10:00:00'
    FROM counted""",
    """INSERT INTO addresses (customer_id, kind, street, postal_code, city, country)
    SELECT id, 'delivery', 'Gartenstraße ' || (id % 90), '10115', 'Berlin', 'DE' FROM customers WHERE id >= :first""",
    """INSERT INTO orders (id, customer_id, order_number, placed_at, status, total_cents)
    SELECT id * 3 + k, id, 'O-BE-' || id || '-' || k, '2024-0' || (k + 1) || '-02 12:00:00', 'delivered', 4200
    FROM customers, (SELECT 0 AS k UNION SELECT 1 UNION SELECT 2) WHERE id >= :first""",
    """INSERT INTO order_lines (order_id, sku, title, quantity, price_cents)
    SELECT orders.id, sku, title, 1, price_cents FROM orders, (SELECT * FROM products LIMIT 2)
    WHERE customer_id >= :first""",
    """INSERT INTO invoices (order_id, invoice_number, issued_on, billing_name, billing_address, billing_email, total_cents)
    SELECT orders.id, 'I' || order_number, date(placed_at), name, 'Gartenstraße, 10115 Berlin', email, total_cents
    FROM orders JOIN customers ON customers.id = customer_id WHERE customer_id >= :first""",
    """INSERT INTO payments (order_id, method, provider_reference, amount_cents, paid_at)
    SELECT id, 'card', 'pay_' || hex(randomblob(9)), total_cents, placed_at FROM orders WHERE customer_id >= :first""",
)
_SUPPORT: Final = (
    f"""INSERT INTO tickets (id, customer_number, contact_name, contact_email, subject_line, status, opened_at, closed_at)
    {_COUNTED} SELECT n, 'BE-' || n, 'Bella Bench', 'townsfolk-' || n || '@example.com', 'Where is my parcel?',
    'closed', '2024-03-01 09:00:00', '2024-03-04 09:00:00' FROM counted""",
    """INSERT INTO messages (ticket_id, author, body, sent_at)
    SELECT id, author, 'It was to come on Monday. Has it been sent already?', opened_at
    FROM tickets, (SELECT 'customer' AS author UNION SELECT 'agent') WHERE id >= :first""",
)
_NEWSLETTER: Final = (
    f"""INSERT INTO subscriptions (id, email, first_name, status, language, subscribed_at)
    {_COUNTED} SELECT n, 'townsfolk-' || n || '@example.com', 'Bella', 'active', 'en', '2023-05-05 05:05:05'
    FROM counted""",
    """INSERT INTO consents (subscription_id, consent_to, given_at, source, ip_address)
    SELECT id, 'the newsletter', subscribed_at, 'form on the website', '198.51.100.7' FROM subscriptions
    WHERE id >= :first""",
    """INSERT INTO activity (subscription_id, kind, campaign, link, happened_at)
    SELECT id, 'click', 'Spring', 'https://alderfinch.example/cup', '2024-04-0' || k || ' 07:00:00'
    FROM subscriptions, (SELECT 1 AS k UNION SELECT 2 UNION SELECT 3) WHERE id >= :first""",
    """INSERT INTO segments (subscription_id, segment, reason, score)
    SELECT id, 'kitchen', 'clicked on a cup', 0.8 FROM subscriptions WHERE id >= :first""",
)


def settle(folder: Path, many: int) -> Iterator[str]:
    """Add them to the sample company in `folder`; yields the address of each."""
    systems = {"shop": _SHOP, "support": _SUPPORT, "newsletter": _NEWSLETTER}
    for name, statements in systems.items():
        with closing(sqlite3.connect(folder / f"{name}.db")) as database, database:
            for statement in statements:
                given = {"many": many, "first": _FIRST}
                database.execute(
                    statement, {k: v for k, v in given.items() if f":{k}" in statement}
                )
    return (f"townsfolk-{number}@example.com" for number in range(_FIRST, _FIRST + many))

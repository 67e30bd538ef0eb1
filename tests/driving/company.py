"""The sample company's databases in the hands of a test: new customers, so that no test needs another's, and a look.

It knows the company's own tables and nothing of Vera.
"""

import itertools
import sqlite3
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody whom the company knows: an account in the shop, and what hangs on it."""

    email: str
    phone: str
    number: str
    row: int


class Company:
    """The three databases below one data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "demo"

    def welcomes(
        self,
        name: str = "Nina Winter",
        *,
        email: str = "",
        phone: str | None = "",
        born: str | None = "1990-03-31",
        addresses: Sequence[str] = ("Lindenweg 3",),
        orders: Sequence[str] = (),
        newsletter: str = "",
        tickets: Sequence[str] = (),
        changed: str = "2020-02-02",
    ) -> Person:
        """A new customer, with an e-mail address and a phone number that nobody else has, where none are given.

        `orders` are the days of orders, `newsletter` is the first name given there, `tickets` are
        the days of questions to the support desk, `changed` is the day on which the address last changed."""
        mark = f"{next(_numbers)}-{uuid.uuid4().hex[:6]}"
        email, number = email or f"guest.{mark}@example.com", f"AF-T{mark}"
        phone = self.free_phone() if phone == "" else phone
        with self._open("shop") as shop:
            row = _insert(
                shop,
                "customers",
                customer_number=number,
                name=name,
                email=email,
                phone=phone,
                birth_date=born,
                contact_changed_at=f"{changed} 10:00:00",
                language="en",
                password_hash="scrypt$16384$8$1$00",
                created_at="2020-02-02 10:00:00",
            )
            for kind, street in zip(("delivery", "billing") * 5, addresses, strict=False):
                _insert(
                    shop,
                    "addresses",
                    customer_id=row,
                    kind=kind,
                    street=street,
                    postal_code="50667",
                    city="Köln",
                    country="DE",
                )
            for count, day in enumerate(orders, start=1):
                _order(shop, row, f"{mark}-{count}", day, email)
        if newsletter:
            self._subscribe(email, newsletter)
        for day in tickets:
            self._ask(number, email, name, day)
        return Person(email, phone or "", number, row)

    def free_phone(self) -> str:
        """A number that nobody has."""
        return f"+49 30 2312{6000 + next(_numbers)}"

    def free_mobile(self) -> str:
        """A number that nobody has and that text messages reach."""
        return f"+49 171 39{30000 + next(_numbers)}"

    def held(self, system: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What one of the databases (shop, support, newsletter) says."""
        with self._open(system) as database:
            return database.execute(statement, values).fetchall()

    def changes(self, system: str, statement: str, *values: Any) -> None:
        """Change a row, as the company's own people do."""
        with self._open(system) as database:
            assert database.execute(statement, values).rowcount > 0

    def name_of(self, person: Person) -> str | None:
        """The name in the account; None where the account is gone, or emptied since a kept invoice hangs on it."""
        found = self.held("shop", "SELECT name FROM customers WHERE id = ?", person.row)
        return None if not found or found[0][0] is None else str(found[0][0])

    def _subscribe(self, email: str, first_name: str) -> None:
        with self._open("newsletter") as database:
            row = _insert(
                database,
                "subscriptions",
                email=email,
                first_name=first_name,
                status="active",
                language="en",
                subscribed_at="2021-05-05 08:00:00",
            )
            _insert(
                database,
                "consents",
                subscription_id=row,
                consent_to="the newsletter",
                given_at="2021-05-05 08:00:00",
                source="form on the website, confirmed by mail",
            )
            _insert(
                database,
                "segments",
                subscription_id=row,
                segment="kitchen",
                reason="clicked on pans",
                score=0.7,
            )

    def _ask(self, number: str, email: str, name: str, day: str) -> None:
        with self._open("support") as database:
            row = _insert(
                database,
                "tickets",
                customer_number=number,
                contact_name=name,
                contact_email=email,
                subject_line="Where is my parcel?",
                status="closed",
                opened_at=f"{day} 09:00:00",
                closed_at=f"{day} 17:00:00",
            )
            _insert(
                database,
                "messages",
                ticket_id=row,
                author="customer",
                body="It did not come.",
                sent_at=f"{day} 09:00:00",
            )

    def _open(self, system: str) -> "_Writing":
        return _Writing(self._folder / f"{system}.db")


class _Writing:
    """A connection for one piece of work: committed at its end, closed always."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        self._database = sqlite3.connect(self._path, timeout=20)
        return self._database

    def __exit__(self, failed: object, *_: object) -> None:
        with closing(self._database):
            if failed is None:
                self._database.commit()


def _order(shop: sqlite3.Connection, customer: int, mark: str, day: str, email: str) -> None:
    order = _insert(
        shop,
        "orders",
        customer_id=customer,
        order_number=f"O-T{mark}",
        placed_at=f"{day} 12:00:00",
        status="delivered",
        total_cents=2400,
    )
    sku, title = shop.execute("SELECT sku, title FROM products LIMIT 1").fetchone()
    _insert(shop, "order_lines", order_id=order, sku=sku, title=title, quantity=1, price_cents=2400)
    _insert(
        shop,
        "invoices",
        order_id=order,
        invoice_number=f"I-T{mark}",
        issued_on=day,
        billing_name="Nina Winter",
        billing_address="Lindenweg 3, 50667, Köln",
        billing_email=email,
        total_cents=2400,
    )
    _insert(
        shop,
        "payments",
        order_id=order,
        method="card",
        provider_reference=f"pay_T{mark}",
        amount_cents=2400,
        paid_at=f"{day} 12:05:00",
    )


def _insert(database: sqlite3.Connection, table: str, **row: Any) -> int:
    marks = ", ".join("?" * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    return int(database.execute(statement, tuple(row.values())).lastrowid or 0)

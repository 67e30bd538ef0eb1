"""The sample company "Alder & Finch": builds its three databases from `customers.yml`, always the
same.

It knows nothing of Vera. The databases are ordinary SQLite files as a small shop might have them;
Vera reaches them through `datamap.yml` like those of any other company.
"""

import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml

from demo.catalogue import CAMPAIGNS, PRODUCTS, SEGMENTS, TOPICS

HERE: Final = Path(__file__).resolve().parent
SYSTEMS: Final = ("shop", "support", "newsletter")
SAMPLE_CUSTOMER: Final = "jane.miller@example.com"
_STAMP: Final = "built-from"
_FIRST_ORDER: Final = datetime(2019, 3, 1, 8, 0, tzinfo=UTC)
_LAST_ORDER: Final = datetime(2026, 6, 30, 20, 0, tzinfo=UTC)

Row = dict[str, Any]


def build(folder: Path, *, seed: int = 2026, today: datetime | None = None) -> dict[str, Path]:
    """Make shop.db, support.db and newsletter.db in `folder` and return their paths.

    Files that were built from the same sources and seed are kept as they are, with whatever was
    changed in them.
    """
    paths = {system: folder / f"{system}.db" for system in SYSTEMS}
    stamp = folder / _STAMP
    sources = _fingerprint(seed)
    if (
        all(path.exists() for path in paths.values())
        and stamp.exists()
        and stamp.read_text() == sources
    ):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    # Made beside the place and moved into it, so that a reader never meets half a database.
    work = Path(tempfile.mkdtemp(prefix="building-", dir=folder))
    try:
        _fill(work, seed, today or datetime.now(UTC))
        for path in paths.values():
            os.replace(work / path.name, path)
        stamp.write_text(sources)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return paths


@cache
def cases() -> list[Row]:
    """The table of sample customers, as written in `customers.yml`."""
    loaded: list[Row] = yaml.safe_load((HERE / "customers.yml").read_text(encoding="utf-8"))
    return loaded


def _fingerprint(seed: int) -> str:
    digest = hashlib.sha256(str(seed).encode())
    for source in sorted(
        [*HERE.glob("schema/*.sql"), HERE / "customers.yml", HERE / "catalogue.py", Path(__file__)]
    ):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _fill(folder: Path, seed: int, today: datetime) -> None:
    databases: dict[str, sqlite3.Connection] = {}
    try:
        for system in SYSTEMS:
            database = databases[system] = sqlite3.connect(folder / f"{system}.db")
            # Nothing is lost with a file that nobody has seen yet: it need not reach the disk step
            # by step.
            database.execute("PRAGMA synchronous = OFF")
            schema = (HERE / "schema" / f"{system}.sql").read_text(encoding="utf-8")
            database.executescript(f"BEGIN; {schema}")
        _insert(
            databases["shop"],
            "products",
            [dict(zip(("sku", "title", "price_cents"), p, strict=True)) for p in PRODUCTS],
        )
        for case in cases():
            for account in case.get("shop", []):
                _add_account(
                    databases["shop"], account, Random(f"{seed} {account['number']}"), today
                )
            for ticket in case.get("support", []):
                _add_ticket(databases["support"], ticket, Random(f"{seed} {ticket}"))
            for subscription in case.get("newsletter", []):
                _add_subscription(
                    databases["newsletter"], subscription, Random(f"{seed} {subscription['email']}")
                )
        for database in databases.values():
            database.commit()
    finally:
        for database in databases.values():
            database.close()


def _add_account(shop: sqlite3.Connection, account: Row, random: Random, today: datetime) -> None:
    deleted = account.get("deleted", False)
    created = _moment(random, _FIRST_ORDER, _FIRST_ORDER + timedelta(days=400))
    changed = account.get("changed_days_ago")
    [customer] = _insert(shop, "customers", [{
        "customer_number": account["number"],
        "name": account.get("name"),
        "company": account.get("company"),
        "email": account.get("email"),
        "phone": account.get("phone"),
        "contact_changed_at": _text(today - timedelta(days=changed)) if changed else None if deleted else _text(created),
        "birth_date": str(account["born"]) if "born" in account else None,
        "language": account.get("language", "en"),
        "password_hash": None if deleted else f"scrypt$16384$8$1${random.randbytes(24).hex()}",
        "created_at": _text(created),
        "last_login_at": None if deleted else _text(_moment(random, _LAST_ORDER - timedelta(days=90), _LAST_ORDER)),
        "last_login_ip": None if deleted else f"192.0.2.{random.randint(1, 254)}",
    }])  # fmt: skip
    place = {key: account.get(key) for key in ("street", "postal_code", "city")} | {
        "country": account.get("country", "DE")
    }
    if not deleted:
        kinds = ("delivery", "billing") if account.get("second_address") else ("delivery",)
        _insert(
            shop, "addresses", [{"customer_id": customer, "kind": kind, **place} for kind in kinds]
        )
    moments = sorted(_moment(random, created, _LAST_ORDER) for _ in range(account["orders"]))
    for count, placed in enumerate(moments, start=1):
        _add_order(shop, account, customer, count, placed, place, random)


def _add_order(
    shop: sqlite3.Connection,
    account: Row,
    customer: int,
    count: int,
    placed: datetime,
    place: Row,
    random: Random,
) -> None:
    lines = [(*random.choice(PRODUCTS), random.randint(1, 3)) for _ in range(random.randint(1, 4))]
    total = sum(price * quantity for _, _, price, quantity in lines)
    number = f"{account['number'].removeprefix('AF-')}-{count:04d}"
    [order] = _insert(shop, "orders", [{
        "customer_id": customer,
        "order_number": f"O-{number}",
        "placed_at": _text(placed),
        "status": "delivered",
        "gift_note": account.get("gift_note") if count == 1 else None,
        "total_cents": total,
    }])  # fmt: skip
    _insert(shop, "order_lines", [
        {"order_id": order, "sku": sku, "title": title, "quantity": quantity, "price_cents": price}
        for sku, title, price, quantity in lines
    ])  # fmt: skip
    address = ", ".join(
        str(place[key]) for key in ("street", "postal_code", "city", "country") if place[key]
    )
    _insert(shop, "invoices", [{
        "order_id": order,
        "invoice_number": f"I-{number}",
        "issued_on": placed.date().isoformat(),
        "billing_name": account.get("company") or account.get("name") or "(removed)",
        "billing_address": "(removed)" if account.get("deleted") else address,
        "billing_email": (account.get("email") or "").strip() or None,
        "vat_id": account.get("vat_id"),
        "total_cents": total,
    }])  # fmt: skip
    _insert(shop, "payments", [{
        "order_id": order,
        "method": random.choice(("card", "invoice", "transfer")),
        "provider_reference": f"pay_{random.randbytes(9).hex()}",
        "refund_iban": "DE02120300000000202051" if account.get("refund") and count == 1 else None,
        "amount_cents": total,
        "paid_at": _text(placed + timedelta(hours=random.randint(1, 72))),
    }])  # fmt: skip


def _add_ticket(support: sqlite3.Connection, ticket: Row, random: Random) -> None:
    title, messages = TOPICS[ticket["about"]]
    opened = _moment(random, _FIRST_ORDER + timedelta(days=700), _LAST_ORDER - timedelta(days=20))
    [row] = _insert(support, "tickets", [{
        "customer_number": ticket.get("number"),
        "contact_name": ticket.get("name"),
        "contact_email": ticket.get("email"),
        "contact_phone": ticket.get("phone"),
        "subject_line": title,
        "status": "closed",
        "opened_at": _text(opened),
        "closed_at": _text(opened + timedelta(days=9)),
    }])  # fmt: skip
    _insert(support, "messages", [
        {"ticket_id": row, "author": author, "body": body, "sent_at": _text(opened + timedelta(days=day, minutes=12))}
        for day, (author, body) in enumerate(messages)
    ])  # fmt: skip


def _add_subscription(newsletter: sqlite3.Connection, subscription: Row, random: Random) -> None:
    stopped = subscription.get("stopped", False)
    began = _moment(random, _FIRST_ORDER, _FIRST_ORDER + timedelta(days=1200))
    ended = _text(began + timedelta(days=500)) if stopped else None
    [row] = _insert(newsletter, "subscriptions", [{
        "email": subscription["email"],
        "first_name": subscription.get("first_name"),
        "status": "stopped" if stopped else "active",
        "language": "en",
        "subscribed_at": _text(began),
        "stopped_at": ended,
    }])  # fmt: skip
    _insert(newsletter, "consents", [
        {"subscription_id": row, "consent_to": consent_to, "given_at": _text(began), "withdrawn_at": ended,
         "source": source, "ip_address": f"198.51.100.{random.randint(1, 254)}"}
        for consent_to, source in (("the newsletter", "form on the website, confirmed by mail"),
                                   ("measuring what is opened and clicked", "second box of the same form"))
    ])  # fmt: skip
    _insert(newsletter, "activity", [
        {"subscription_id": row, "kind": kind, "campaign": campaign,
         "link": f"https://alderfinch.example/{random.choice(PRODUCTS)[0].lower()}" if kind == "click" else None,
         "happened_at": _text(_moment(random, began, began + timedelta(days=480)))}
        for kind, campaign in ((random.choice(("open", "open", "click")), random.choice(CAMPAIGNS)) for _ in range(12))
    ])  # fmt: skip
    _insert(newsletter, "segments", [
        {"subscription_id": row, "segment": name, "reason": SEGMENTS[name][0], "score": SEGMENTS[name][1]}
        for name in subscription["segments"]
    ])  # fmt: skip


def _insert(database: sqlite3.Connection, table: str, rows: list[Row]) -> list[int]:
    ids = []
    for row in rows:
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        ids.append(
            int(
                database.execute(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(row.values())
                ).lastrowid
                or 0
            )
        )
    return ids


def _moment(random: Random, first: datetime, last: datetime) -> datetime:
    return first + timedelta(seconds=random.randrange(int((last - first).total_seconds())))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say where to build it: python -m demo.company FOLDER")
    for name, path in build(Path(sys.argv[1])).items():
        sys.stdout.write(f"{name:<12}{path}\n")

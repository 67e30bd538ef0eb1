"""The sample company is built the same each time, keeps what was changed in it, and holds its
awkward cases.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demo import company
from demo.company import SAMPLE_CUSTOMER, SYSTEMS, build, cases
from tests.driving.cost import cost

TODAY = datetime(2026, 11, 21, 10, tzinfo=UTC)


def dump(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump())


def ask(path: Path, question: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(question, values).fetchall()


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build(tmp_path_factory.mktemp("company"), today=TODAY)


def test_it_is_made_within_two_seconds(tmp_path: Path) -> None:
    assert cost(lambda: build(tmp_path), times=1) < 2


def test_the_same_seed_makes_the_same_company(tmp_path: Path, paths: dict[str, Path]) -> None:
    again = build(tmp_path, today=TODAY)
    other = build(tmp_path / "other", seed=7, today=TODAY)
    for system in SYSTEMS:
        assert dump(again[system]) == dump(paths[system])
    assert dump(other["shop"]) != dump(paths["shop"])


def test_a_second_run_keeps_what_was_changed(tmp_path: Path) -> None:
    shop = build(tmp_path)["shop"]
    with closing(sqlite3.connect(shop)) as database, database:
        database.execute(
            "UPDATE customers SET name = 'Jane Smith' WHERE email = ?", (SAMPLE_CUSTOMER,)
        )
    build(tmp_path)
    assert ask(shop, "SELECT name FROM customers WHERE email = ?", SAMPLE_CUSTOMER) == [
        ("Jane Smith",)
    ]


def test_changed_sources_make_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = build(tmp_path)["shop"]
    with closing(sqlite3.connect(shop)) as database, database:
        database.execute("DELETE FROM payments")
    monkeypatch.setattr(company, "_fingerprint", lambda _seed: "another version")
    build(tmp_path)
    assert ask(shop, "SELECT count(*) FROM payments") != [(0,)]


def test_a_missing_database_makes_it_anew(tmp_path: Path) -> None:
    paths = build(tmp_path)
    paths["support"].unlink()
    build(tmp_path)
    assert ask(paths["support"], "SELECT count(*) FROM tickets") != [(0,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "built-from",
        "newsletter.db",
        "shop.db",
        "support.db",
    ]


def test_the_databases_are_sound(paths: dict[str, Path]) -> None:
    for path in paths.values():
        assert ask(path, "PRAGMA integrity_check") == [("ok",)]
        assert ask(path, "PRAGMA foreign_key_check") == []


def test_every_case_says_what_to_try_and_what_to_expect() -> None:
    table = cases()
    assert len(table) >= 18
    for case in table:
        assert case["case"] and case["try"] and case["expect"]
        assert set(case) <= {"case", "try", "expect", "shop", "support", "newsletter"}
    assert table[0]["try"] == [SAMPLE_CUSTOMER]


def test_awkward_values_arrive_unharmed(paths: dict[str, Path]) -> None:
    names = dict(ask(paths["shop"], "SELECT customer_number, name FROM customers"))
    assert names["AF-1009"] == "Siobhán O'Connor-Müßig"
    assert names["AF-1010"] == "Олена Шевчук"
    assert names["AF-1011"].startswith("🦊")
    assert names["AF-1012"] == 'Robert "Bobby"\'); DROP TABLE customers;--'
    assert names["AF-1014"] is None
    assert ask(paths["shop"], "SELECT email FROM customers WHERE customer_number = 'AF-1015'") == [
        ("  Odd.Case@Example.COM ",)
    ]


def test_the_cases_are_there(paths: dict[str, Path]) -> None:
    shop = paths["shop"]
    orders = "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE customer_number = ?"
    assert ask(shop, orders, "AF-1013") == [(200,)]
    assert ask(
        shop, "SELECT count(*) FROM customers WHERE email = 'family.brandt@example.com'"
    ) == [(2,)]
    changed = "SELECT contact_changed_at FROM customers WHERE customer_number = ?"
    assert ask(shop, changed, "AF-1004") == [("2026-11-16 10:00:00",)]
    assert ask(shop, changed, "AF-1005") == [("2025-10-17 10:00:00",)]
    for system in SYSTEMS:
        assert "nobody@example.com" not in dump(paths[system])
        assert "was.here" not in dump(paths[system])


def test_no_mail_address_could_be_somebodys(paths: dict[str, Path]) -> None:
    addresses = [
        e for (e,) in ask(paths["shop"], "SELECT email FROM customers WHERE email IS NOT NULL")
    ]
    addresses += [
        e
        for (e,) in ask(
            paths["support"], "SELECT contact_email FROM tickets WHERE contact_email IS NOT NULL"
        )
    ]
    addresses += [e for (e,) in ask(paths["newsletter"], "SELECT email FROM subscriptions")]
    for address in addresses:
        domain = address.strip().lower().rpartition("@")[2]
        assert domain == "example.com" or domain.endswith(".example")


def test_nothing_is_stopped_at_first(paths: dict[str, Path]) -> None:
    for system, column in (
        ("shop", "customers.use_paused_at"),
        ("shop", "customers.voucher_stopped_at"),
        ("support", "tickets.use_paused_at"),
        ("newsletter", "segments.stopped_at"),
    ):
        table, name = column.split(".")
        assert ask(paths[system], f"SELECT count({name}) FROM {table}") == [(0,)]


def test_the_text_of_a_consent_is_the_one_that_the_map_stops(paths: dict[str, Path]) -> None:
    given = {text for (text,) in ask(paths["newsletter"], "SELECT consent_to FROM consents")}
    stops = (company.HERE / "datamap.yml").read_text(encoding="utf-8")
    assert "measuring what is opened and clicked" in given
    assert "consent_to: measuring what is opened and clicked" in stops

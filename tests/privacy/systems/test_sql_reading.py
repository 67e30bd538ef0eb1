"""What one person has in a SQL database is counted and read: theirs, all of it, and nobody else's."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from privacy.datamap.scope import EVERYTHING, Scope
from privacy.errors import SystemDown
from privacy.systems.port import Place, SystemRefused
from privacy.systems.sql import SqlSystem
from tests.driving.mariadb import EVERY
from tests.privacy.systems.sql_world import ANN, BOB, TABLES, SqlWorld, described, keys, world_of


@pytest.fixture(params=EVERY)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWorld]:
    with world_of(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def system(world: SqlWorld) -> SqlSystem:
    return world.system()


def numbers(
    system: SqlSystem, places: tuple[Place, ...], scope: Scope = EVERYTHING
) -> dict[str, int]:
    return {one.table: one.rows for one in system.counts(places, scope)}


# --- whose


def test_everything_of_one_person_is_counted(system: SqlSystem) -> None:
    assert numbers(system, ANN) == {
        "customers": 1,
        "orders": 3,
        "lines": 3,
        "invoices": 1,
        "tickets": 2,
        "messages": 2,
    }
    assert numbers(system, BOB) == {
        "customers": 1,
        "orders": 1,
        "lines": 1,
        "invoices": 1,
        "tickets": 0,
        "messages": 0,
    }


def test_counts_know_the_first_and_the_last_day(system: SqlSystem) -> None:
    counts = {one.table: one for one in system.counts(ANN, EVERYTHING)}
    assert (counts["orders"].first, counts["orders"].last) == (date(2020, 5, 1), date(2024, 1, 1))
    assert counts["customers"].first == counts["customers"].last == date(2020, 1, 1)
    assert (counts["tickets"].first, counts["tickets"].last) == (
        date(2024, 3, 1),
        date(2024, 3, 2),
    )
    assert counts["lines"].first is None and counts["messages"].last is None


def test_rows_are_read_through_links_of_any_depth(system: SqlSystem) -> None:
    rows = list(system.rows("lines", ANN, EVERYTHING))
    assert [(row.key, row.values) for row in rows] == [
        ((("id", 100),), {"title": "Tea", "order_id": 10}),
        ((("id", 101),), {"title": "Cup", "order_id": 11}),
        ((("id", 102),), {"title": "Pot", "order_id": 12}),
    ]


def test_a_contact_is_every_spelling_that_was_found_and_nothing_beside_it(
    system: SqlSystem,
) -> None:
    assert keys(system.rows("tickets", ANN, EVERYTHING)) == [1, 2]
    one = (Place("tickets", ((("email", "ann@example.com"), ("phone", None)),)),)
    assert keys(system.rows("tickets", one, EVERYTHING)) == [1]
    with_phone = (Place("tickets", ((("email", "ann@example.com"), ("phone", "030")),)),)
    assert keys(system.rows("tickets", with_phone, EVERYTHING)) == []


def test_rows_without_a_key_are_known_by_all_they_hold(system: SqlSystem) -> None:
    rows = list(system.rows("messages", ANN, EVERYTHING))
    assert [row.key for row in rows] == [
        (("ticket_id", 1), ("body", "Good"), ("at", "2024-03-02")),
        (("ticket_id", 1), ("body", "On its way"), ("at", "2024-03-01")),
    ]


def test_nobody_has_nothing(system: SqlSystem) -> None:
    assert set(numbers(system, ()).values()) == {0}
    assert list(system.rows("orders", (), EVERYTHING)) == []
    assert list(system.marks(())) == []


# --- part of it


def test_only_some_fields(system: SqlSystem) -> None:
    scope = Scope(fields=frozenset({"shop.orders.note", "shop.customers.name"}))
    assert numbers(system, ANN, scope) == {"customers": 1, "orders": 3}
    assert [row.values for row in system.rows("orders", ANN, scope)] == [
        {"note": "for Ann", "customer_id": 1},
        {"note": "also for Ann", "customer_id": 1},
        {"note": None, "customer_id": 1},
    ]


@pytest.mark.parametrize(
    ("scope", "orders"),
    [
        (Scope(since=date(2023, 12, 31)), [11, 12]),
        (Scope(since=date(2024, 1, 1)), [12]),
        (Scope(until=date(2023, 12, 31)), [10, 11]),
        (Scope(since=date(2020, 5, 1), until=date(2020, 5, 1)), [10]),
        (Scope(since=date(2030, 1, 1)), []),
        (Scope(until=date.max), [10, 11, 12]),
    ],
)
def test_a_range_of_days_includes_both_ends(
    system: SqlSystem, scope: Scope, orders: list[int]
) -> None:
    assert keys(system.rows("orders", ANN, scope)) == orders
    # Lines have no date of their own: they came with their order.
    assert keys(system.rows("lines", ANN, scope)) == [order + 90 for order in orders]
    assert numbers(system, ANN, scope)["orders"] == len(orders)


def test_moments_of_the_last_day_are_in_its_range(system: SqlSystem) -> None:
    day = Scope(since=date(2020, 1, 1), until=date(2020, 1, 1))
    assert numbers(system, ANN, day)["customers"] == 1
    assert numbers(system, ANN, Scope(until=date(2019, 12, 31)))["customers"] == 0


def test_what_has_no_date_is_in_no_range(world: SqlWorld) -> None:
    plain = dict(TABLES, customers=dict(TABLES["customers"], dated_by=None))
    found = numbers(world.system(plain), ANN, Scope(since=date(1990, 1, 1)))
    assert found == {
        "customers": 0,
        "orders": 3,
        "lines": 3,
        "invoices": 1,
        "tickets": 2,
        "messages": 2,
    }


def test_seconds_since_1970_are_days_too(world: SqlWorld) -> None:
    world.run("CREATE TABLE logins (id INTEGER PRIMARY KEY, customer_id INTEGER, at INTEGER)")
    world.run("INSERT INTO logins VALUES (1, 1, 1704067199), (2, 1, 1704067200)")  # 2024 begins
    tables = TABLES | {
        "logins": described("at", link={"column": "customer_id", "to": "customers.id"},
                            dated_by="at", technical=["id", "customer_id"]),
    }  # fmt: skip
    system = world.system(tables)
    assert keys(system.rows("logins", ANN, Scope(since=date(2024, 1, 1)))) == [2]
    assert keys(system.rows("logins", ANN, Scope(until=date(2023, 12, 31)))) == [1]
    [logins] = [one for one in system.counts(ANN, EVERYTHING) if one.table == "logins"]
    assert (logins.first, logins.last) == (date(2023, 12, 31), date(2024, 1, 1))


# --- pages


def test_pages_follow_each_other(system: SqlSystem) -> None:
    pages = [keys(system.rows("orders", ANN, EVERYTHING, limit=2, skip=skip)) for skip in (0, 2, 4)]
    assert pages == [[10, 11], [12], []]
    assert keys(system.rows("orders", ANN, EVERYTHING, limit=0)) == []
    assert keys(system.rows("orders", ANN, EVERYTHING, skip=1)) == [11, 12]


def test_who_stops_reading_leaves_nothing_open(system: SqlSystem, world: SqlWorld) -> None:
    for _ in range(30):  # more than the pool has
        rows = system.rows("orders", ANN, EVERYTHING)
        assert next(rows).key == (("id", 10),)
        rows.close()  # type: ignore[attr-defined]
    assert len(list(system.rows("orders", ANN, EVERYTHING))) == 3


# --- values


def test_values_come_as_they_are(system: SqlSystem, world: SqlWorld) -> None:
    [row] = system.rows("customers", ANN, EVERYTHING)
    created: object = "2020-01-01 10:00:00"
    if world.kind != "sqlite":
        created = datetime(2020, 1, 1, 10)  # noqa: DTZ001
    assert row.values == {
        "number": "C1",
        "name": "Ann",
        "email": "ann@example.com",
        "phone": "030 23125 001",
        "score": 7,
        "created_at": created,
        "changed_at": None,
    }


def test_a_row_does_not_tell_itself(system: SqlSystem) -> None:
    [row] = system.rows("customers", ANN, EVERYTHING)
    assert "ann" not in repr(row).lower() and "ann" not in repr(ANN[1]).lower()


# --- tombstones


def test_marks_know_rows_and_find_them_again(system: SqlSystem) -> None:
    marks = list(system.marks(ANN))
    assert [(mark.table, mark.key, mark.contacts) for mark in marks] == [
        ("customers", (("id", 1),), ("ann@example.com", "03023125001")),
        ("tickets", (("id", 1),), ("ann@example.com",)),
        ("tickets", (("id", 2),), ("ann@example.com",)),
    ]
    assert marks[0].born.startswith("2020-01-01") and marks[1].born == "2024-03-01"
    place = system.place_of(marks[0])
    assert list(system.marks([place])) == [marks[0]]
    assert numbers(system, (place,))["lines"] == 3


def test_marks_of_everybody(system: SqlSystem) -> None:
    assert [mark.key[0][1] for mark in system.marks() if mark.table == "customers"] == [1, 2]
    assert len(list(system.marks())) == 6


# --- what is not there


def test_a_table_or_column_that_is_not_there_is_refused(world: SqlWorld) -> None:
    tables = dict(TABLES, orders=described("nothing", link=TABLES["orders"]["link"]))
    with pytest.raises(SystemRefused, match="shop → orders: the table has no column nothing"):
        list(world.system(tables).rows("orders", ANN, EVERYTHING))
    tables = dict(TABLES, wishes=described("text", link=TABLES["orders"]["link"]))
    with pytest.raises(SystemRefused, match="shop → wishes: the database has no such table"):
        world.system(tables).counts(ANN, EVERYTHING)
    with pytest.raises(SystemRefused, match="the data map has no such table"):
        list(world.system().rows("sqlite_master", ANN, EVERYTHING))


def test_a_database_that_is_away_is_down(world: SqlWorld, tmp_path: Path) -> None:
    away = {
        "sqlite": f"sqlite:///{tmp_path / 'gone.db'}",
        "postgres": "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "mariadb": "mysql+pymysql://nobody@127.0.0.1:1/none",
    }[world.kind]
    system = world.system(url=away)
    with pytest.raises(SystemDown):
        system.counts(ANN, EVERYTHING)
    with pytest.raises(SystemDown):
        list(system.rows("orders", ANN, EVERYTHING))
    with pytest.raises(SystemDown):
        system.correct(ANN, "customers", {"name": "Anna"})
    assert not (tmp_path / "gone.db").exists(), "looking must not make an empty database"

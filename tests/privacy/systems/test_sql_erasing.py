"""One person's rows go, or go empty, all together or not at all; nobody else loses anything."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from privacy.datamap.scope import EVERYTHING
from privacy.errors import SystemDown
from privacy.systems.port import MoreThanBound, Place, SystemRefused, TableErased, TableErasure
from privacy.systems.sql import SqlSystem
from tests.driving.mariadb import EVERY
from tests.privacy.systems.sql_world import (
    ANN,
    BOB,
    TABLES,
    SqlWorld,
    described,
    link,
    world_of,
)

ALL_GOES = [
    TableErasure(table, "erase")
    for table in ("lines", "invoices", "messages", "orders", "tickets", "customers")
]
# Invoices stay: orders and the customer under them become shells.
INVOICES_STAY = [
    TableErasure("lines", "erase"),
    TableErasure("invoices", "stay", {"email": None, "billing_name": "somebody"}),
    TableErasure("messages", "erase"),
    TableErasure("orders", "erase", {"note": None, "number": None}),
    TableErasure("tickets", "erase", {"email": None, "phone": None, "subject": None}),
    TableErasure("customers", "erase", dict.fromkeys(["number", "name", "email", "phone", "score", "changed_at"])),
]  # fmt: skip


@pytest.fixture(params=EVERY)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWorld]:
    with world_of(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def system(world: SqlWorld) -> SqlSystem:
    return world.system()


def of_bob(world: SqlWorld) -> list[list[tuple[Any, ...]]]:
    return [
        world.all("SELECT * FROM customers WHERE id <> 1"),
        world.all("SELECT * FROM orders WHERE customer_id <> 1"),
        world.all("SELECT * FROM lines WHERE order_id = 20"),
        world.all("SELECT * FROM invoices WHERE order_id = 20"),
        world.all("SELECT * FROM tickets WHERE id > 2 ORDER BY id"),
        world.all("SELECT * FROM messages WHERE ticket_id > 2"),
    ]


# --- stories


def test_all_of_one_person_goes_and_nothing_of_another(system: SqlSystem, world: SqlWorld) -> None:
    before = of_bob(world)
    assert system.erase(ANN, ALL_GOES) == [
        TableErased("lines", 3, 0, 0),
        TableErased("invoices", 1, 0, 0),
        TableErased("messages", 2, 0, 0),
        TableErased("orders", 3, 0, 0),
        TableErased("tickets", 2, 0, 0),
        TableErased("customers", 1, 0, 0),
    ]
    assert of_bob(world) == before
    assert {table: len(rows) for table, rows in world.dump().items()} == {
        "customers": 1,
        "orders": 1,
        "lines": 1,
        "invoices": 1,
        "tickets": 2,
        "messages": 1,
    }
    assert set(system.left(ANN, ALL_GOES).values()) == {0}


def test_what_must_stay_keeps_what_it_hangs_on_as_empty_shells(
    system: SqlSystem, world: SqlWorld
) -> None:
    before = of_bob(world)
    done = {one.table: one for one in system.erase(ANN, INVOICES_STAY)}
    assert done["invoices"] == TableErased("invoices", 0, 1, 0)
    assert done["orders"] == TableErased("orders", 2, 1, 0)
    assert done["customers"] == TableErased("customers", 0, 1, 0)
    assert world.all("SELECT billing_name, email, order_id FROM invoices WHERE id = 1000") == [
        ("somebody", None, 10)
    ]
    [(order, customer, note, number)] = world.all(
        "SELECT id, customer_id, note, number FROM orders WHERE customer_id = 1"
    )
    assert (order, customer, note) == (10, 1, None)
    assert number.startswith("erased-") and len(number) == 19
    [(number, name, email, phone, score)] = world.all(
        "SELECT number, name, email, phone, score FROM customers WHERE id = 1"
    )
    assert (name, email, phone, score) == (None, None, None, 0)
    assert number.startswith("erased-") and number != world.all("SELECT number FROM orders")[0][0]
    assert of_bob(world) == before


@pytest.mark.parametrize("acts", [ALL_GOES, INVOICES_STAY])
def test_a_second_time_changes_nothing(
    system: SqlSystem, world: SqlWorld, acts: list[TableErasure]
) -> None:
    system.erase(ANN, acts)
    after = world.dump()
    assert all(one.erased == one.blanked == one.left == 0 for one in system.erase(ANN, acts))
    assert world.dump() == after
    assert set(system.left(ANN, acts).values()) == {0}


def test_before_and_after_it_is_told_how_much_is_left(system: SqlSystem) -> None:
    assert system.left(ANN, INVOICES_STAY) == {
        "lines": 3,
        "invoices": 1,
        "messages": 2,
        "orders": 3,
        "tickets": 2,
        "customers": 1,
    }
    system.erase(ANN, INVOICES_STAY)
    assert set(system.left(ANN, INVOICES_STAY).values()) == {0}


def test_only_what_is_older_goes(system: SqlSystem, world: SqlWorld) -> None:
    acts = [
        TableErasure("lines", "erase", older_than=date(2023, 12, 31)),
        TableErasure("invoices", "erase", older_than=date(2020, 5, 2)),
        TableErasure("orders", "erase", {"note": None}, older_than=date(2023, 12, 31)),
    ]
    assert system.erase(ANN, acts) == [
        TableErased("lines", 1, 0, 0),
        TableErased("invoices", 0, 0, 0),
        TableErased("orders", 0, 1, 0),
    ]
    # One day later the invoice's time is over, and with it the shell's under it.
    later = [
        TableErasure("invoices", "erase", older_than=date(2020, 5, 3)),
        TableErasure("orders", "erase", {"note": None}, older_than=date(2020, 5, 3)),
    ]
    assert [one.erased for one in system.erase(ANN, later)] == [1, 1]
    assert world.all("SELECT id FROM orders WHERE customer_id = 1 ORDER BY id") == [(11,), (12,)]


def test_only_some_days_go(system: SqlSystem, world: SqlWorld) -> None:
    day = {"since": date(2023, 12, 31), "until": date(2023, 12, 31)}
    acts = [TableErasure("lines", "erase", **day), TableErasure("orders", "erase", **day)]  # type: ignore[arg-type]
    assert [one.erased for one in system.erase(ANN, acts)] == [1, 1]
    assert world.all("SELECT id FROM orders WHERE customer_id = 1 ORDER BY id") == [(10,), (12,)]


def test_a_place_by_key_still_finds_the_shell_of_a_contact(
    world: SqlWorld, system: SqlSystem
) -> None:
    marks = [mark for mark in system.marks(ANN) if mark.table == "tickets"]
    places = [system.place_of(mark) for mark in marks]
    acts = [TableErasure("tickets", "erase", {"email": None, "phone": None, "subject": None})]
    assert system.erase(places, acts) == [TableErased("tickets", 1, 1, 0)]  # one holds messages
    assert world.all("SELECT email, subject FROM tickets WHERE id = 1") == [(None, "")]
    later = [TableErasure("messages", "erase"), TableErasure("tickets", "erase")]
    assert [one.erased for one in system.erase(places, later)] == [2, 1]


# --- never too much


def test_more_rows_than_the_bound_change_nothing(world: SqlWorld) -> None:
    before = world.dump()
    system = world.system(dict(TABLES, orders=dict(TABLES["orders"], bound=2)))
    with pytest.raises(MoreThanBound, match="shop → orders: more than 2 rows of one person"):
        system.erase(ANN, ALL_GOES)
    assert world.dump() == before
    assert len(system.erase(BOB, ALL_GOES)) == 6


def test_what_the_database_forbids_is_undone_and_told(world: SqlWorld) -> None:
    world.run(
        "CREATE TABLE parcels (id INTEGER PRIMARY KEY, line_id INTEGER NOT NULL REFERENCES lines (id))"
    )
    world.run("INSERT INTO parcels VALUES (1, 100)")
    world.run(
        "ALTER TABLE customers ADD COLUMN state TEXT NOT NULL DEFAULT 'on' CHECK (state <> '')"
    )
    before = world.dump()
    tables = dict(TABLES, customers=dict(TABLES["customers"]))
    tables["customers"] = dict(tables["customers"])
    tables["customers"]["fields"] = described("state", "name")["fields"]
    system = world.system(tables)
    acts = [*INVOICES_STAY[:-1], TableErasure("customers", "erase", {"state": None, "name": None})]
    with pytest.raises(SystemRefused, match="shop → customers: the database refuses") as refused:
        system.erase(ANN, acts)
    assert "on" not in refused.value.why.split() and refused.value.__cause__ is None
    assert world.dump() == before


def test_a_row_that_an_undescribed_table_points_to_stays_empty(world: SqlWorld) -> None:
    world.run(
        "CREATE TABLE parcels (id INTEGER PRIMARY KEY, line_id INTEGER NOT NULL REFERENCES lines (id)"
        " ON DELETE CASCADE)"
    )
    world.run("INSERT INTO parcels VALUES (1, 100)")
    acts = [TableErasure("lines", "erase", {"title": None})]
    assert world.system().erase(ANN, acts) == [TableErased("lines", 2, 1, 0)]
    assert world.all("SELECT id, title FROM lines WHERE id = 100") == [(100, "")]
    assert world.all("SELECT id FROM parcels") == [(1,)]


def test_the_database_lets_go_of_a_row_where_it_says_so(world: SqlWorld) -> None:
    world.run(
        "CREATE TABLE parcels (id INTEGER PRIMARY KEY, line_id INTEGER REFERENCES lines (id)"
        " ON DELETE SET NULL)"
    )
    world.run("INSERT INTO parcels VALUES (1, 100)")
    assert world.system().erase(ANN, ALL_GOES[:1]) == [TableErased("lines", 3, 0, 0)]
    assert world.all("SELECT id, line_id FROM parcels") == [(1, None)]


def test_a_row_that_two_persons_share_stays_as_it_is(world: SqlWorld) -> None:
    world.run("CREATE TABLE homes (id INTEGER PRIMARY KEY, street TEXT)")
    world.run("INSERT INTO homes VALUES (1, 'Elm 1'), (2, 'Oak 2')")
    world.run("ALTER TABLE customers ADD COLUMN home_id INTEGER REFERENCES homes (id)")
    world.run("UPDATE customers SET home_id = 1; INSERT INTO customers VALUES"
              " (3, 'C3', 'Cleo', 'cleo@example.com', NULL, 1, '2022-01-01', NULL, 2)")  # fmt: skip
    tables = dict(TABLES, homes=described("street", link=link("id", "customers.home_id")))
    system = world.system(tables)
    [row] = system.rows("homes", ANN, EVERYTHING)
    assert row.values == {"street": "Elm 1"}
    acts = [TableErasure("homes", "erase", {"street": None}), TableErasure("customers", "erase")]
    cleo = (Place("customers", ((("id", 3),),)),)
    assert system.erase(cleo, acts) == [
        TableErased(
            "homes", 0, 1, 0
        ),  # the database ties the customer to it, not it to the customer
        TableErased("customers", 1, 0, 0),
    ]
    assert system.erase(ANN, acts[:1]) == [TableErased("homes", 0, 0, 0)]
    assert world.all("SELECT id, street FROM homes ORDER BY id") == [(1, "Elm 1"), (2, None)]
    with pytest.raises(SystemRefused, match="some rows are also somebody else's"):
        system.correct(ANN, "homes", {"street": "Ash 3"})


def test_rows_of_one_table_that_point_at_each_other(world: SqlWorld) -> None:
    world.run(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),"
        " answers INTEGER REFERENCES posts (id), body TEXT)"
    )
    world.run(
        "INSERT INTO posts VALUES (1, 1, NULL, 'a'); INSERT INTO posts VALUES (2, 1, 1, 'b');"
        "INSERT INTO posts VALUES (3, 1, NULL, 'c'); INSERT INTO posts VALUES (4, 2, 3, 'Bob answers Ann');"
        "INSERT INTO posts VALUES (5, NULL, NULL, 'nobody')"
    )
    tables = dict(TABLES, posts=described("body", link=link("customer_id", "customers.id")))
    acts = [TableErasure("posts", "erase", {"body": None})]
    system = world.system(tables)
    assert system.erase(ANN, acts) == [TableErased("posts", 2, 1, 0)]
    assert world.all("SELECT id, body FROM posts ORDER BY id") == [
        (3, None),
        (4, "Bob answers Ann"),
        (5, "nobody"),
    ]
    assert system.erase(ANN, acts) == [TableErased("posts", 0, 0, 0)]


def test_acts_for_unknown_tables_are_refused(system: SqlSystem) -> None:
    with pytest.raises(SystemRefused, match="the data map has no such table"):
        system.erase(ANN, [TableErasure("nothing", "erase")])
    with pytest.raises(SystemRefused, match="nobody is found in this table"):
        system.erase([Place("orders", ((("id", 20),),))], ALL_GOES)
    with pytest.raises(SystemRefused, match="the table has no column nothing"):
        system.erase(ANN, [TableErasure("customers", "stay", {"nothing": None})])


# --- trouble


def test_a_locked_database_is_down_and_nothing_is_changed(tmp_path: Path) -> None:
    with world_of("sqlite", tmp_path) as world:
        system, before = world.system(), world.dump()
        with world.engine.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")
            with pytest.raises(SystemDown):
                system.erase(ANN, ALL_GOES)
            other.exec_driver_sql("ROLLBACK")
        assert world.dump() == before
        assert len(system.erase(ANN, ALL_GOES)) == 6


def test_a_trigger_that_forbids_it_is_not_quoted(tmp_path: Path) -> None:
    with world_of("sqlite", tmp_path) as world:
        with world.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER no_more BEFORE DELETE ON customers"
                " BEGIN SELECT raise(ABORT, 'ann@example.com stays'); END"
            )
        before = world.dump()
        with pytest.raises(SystemRefused) as refused:
            world.system().erase(ANN, ALL_GOES)
        assert str(refused.value) == "shop → customers: the database refuses (IntegrityError)"
        assert world.dump() == before


def test_a_trigger_that_takes_it_back_is_noticed(tmp_path: Path) -> None:
    with world_of("sqlite", tmp_path) as world:
        with world.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER back AFTER UPDATE ON customers WHEN new.number LIKE 'erased%'"
                " BEGIN UPDATE customers SET number = old.number WHERE id = old.id; END"
            )
        before = world.dump()
        with pytest.raises(SystemRefused, match="its rows do not stay as written"):
            world.system().erase(ANN, [TableErasure("customers", "stay", {"number": None})])
        assert world.dump() == before


def test_a_crash_before_the_commit_changes_nothing_and_one_after_it_everything(
    world: SqlWorld, system: SqlSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def crash(name: str) -> None:
        passed.append(name)
        if name == at:
            raise Crash

    passed: list[str] = []
    monkeypatch.setattr("privacy.systems.sql.crashpoint", crash)
    before, at = world.dump(), "before-commit:shop"
    with pytest.raises(Crash):
        system.erase(ANN, ALL_GOES)
    assert world.dump() == before and passed == ["before-commit:shop"]
    at = "after-commit:shop"
    with pytest.raises(Crash):
        system.erase(ANN, ALL_GOES)
    assert world.dump() != before
    at = ""
    assert all(one.erased == one.left == 0 for one in system.erase(ANN, ALL_GOES))

"""What a law keeps: erased by itself when its time is over, never earlier, and never somebody else's."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.clock import FixedClock
from privacy.datamap.retention import before, plus
from privacy.datamap.scope import Scope
from privacy.fulfilment.delete.kept import PLACE, KeptRun
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fulfilment.delete.deletion_world import JANE, DeletionWorld, contact


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> DeletionWorld:
    return DeletionWorld(database, keyring, clock, tmp_path)


def invoices(world: DeletionWorld) -> list[date]:
    """The days of Jane's invoices."""
    found = world.sql(
        "shop",
        "SELECT issued_on FROM invoices WHERE order_id IN (SELECT id FROM orders WHERE customer_id = 1) ORDER BY 1",
    )
    return [date.fromisoformat(day) for (day,) in found]


def look(world: DeletionWorld, on: date) -> KeptRun:
    """The daily look at the timers, on that day."""
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    if at > world.clock.now():
        world.clock.move(at - world.clock.now())
    return world.kept.erase_due(on)


def test_each_invoice_goes_the_day_after_its_time_and_the_shell_with_the_last(
    world: DeletionWorld,
) -> None:
    world.delete()
    days = invoices(world)
    today = world.clock.now().date()
    assert (
        look(world, today) == KeptRun()
    )  # the first look was the deletion's own; the next is years away
    [record] = world.kept_rows()
    assert record["next_on"] == plus(days[0], "P11Y") + timedelta(days=1)

    while world.kept_rows()[0]["done_at"] is None:
        due = world.kept_rows()[0]["next_on"]
        look(world, due - timedelta(days=1))
        unchanged = invoices(world)
        look(world, due)
        assert [day for day in unchanged if plus(day, "P11Y") >= due] == invoices(world)
    for table in ("orders WHERE customer_id = 1", "customers WHERE id = 1"):
        assert world.one("shop", f"SELECT count(*) FROM {table}") == 0
    for table in ("order_lines", "invoices", "payments"):
        orphans = f"SELECT count(*) FROM {table} WHERE order_id NOT IN (SELECT id FROM orders)"
        assert world.one("shop", orphans) == 0
    assert world.sql("shop", "PRAGMA foreign_key_check") == []
    assert world.clock.now().date() <= date(2037, 7, 10)


def test_a_timer_that_is_over_is_forgotten_once_no_backup_is_older(world: DeletionWorld) -> None:
    world.delete()
    over = date(2040, 1, 1)
    look(world, over)
    world.clock.move(timedelta(days=399))
    world.kept.erase_due(world.clock.now().date(), again=True)
    assert [row["done_at"] is not None for row in world.kept_rows()] == [True]
    world.clock.move(timedelta(days=2))
    world.kept.erase_due(world.clock.now().date())
    assert world.kept_rows() == []


def test_nobody_else_is_touched_by_a_timer(world: DeletionWorld) -> None:
    world.delete()
    others = "SELECT * FROM orders WHERE customer_id != 1"
    before_it = world.sql("shop", others)
    look(world, world.clock.now().date())
    look(world, date(2040, 1, 1))
    assert world.kept_rows()[0]["done_at"] is not None
    assert world.sql("shop", others) == before_it


def test_a_key_that_is_given_again_is_not_erased_with_the_old_one(world: DeletionWorld) -> None:
    world.delete("reads.only@example.com")
    world.delete()
    # Somebody tidied the shell away by hand, and the next customer got its number.
    world.sql(
        "shop",
        "DELETE FROM invoices WHERE order_id IN (SELECT id FROM orders WHERE customer_id = 1)",
    )
    world.sql(
        "shop",
        "DELETE FROM payments WHERE order_id IN (SELECT id FROM orders WHERE customer_id = 1)",
    )
    world.sql(
        "shop",
        "DELETE FROM order_lines WHERE order_id IN (SELECT id FROM orders WHERE customer_id = 1)",
    )
    world.sql("shop", "DELETE FROM orders WHERE customer_id = 1")
    world.sql("shop", "DELETE FROM customers WHERE id = 1")
    world.sql(
        "shop",
        "INSERT INTO customers (id, customer_number, name, email, language, created_at) "
        "VALUES (1, 'AF-9999', 'New', 'new@example.com', 'en', '2027-01-01')",
    )
    look(world, date(2040, 1, 1))
    assert world.one("shop", "SELECT email FROM customers WHERE id = 1") == "new@example.com"


def test_a_hold_stops_the_timer(world: DeletionWorld) -> None:
    with world.database.write() as tx:
        who = contact(JANE)
        records = world.directory.find(who)
    world.delete()
    with world.database.write() as tx:
        hold = world.holds.place(tx, who, records, reason="Case", by="kim")
    days = invoices(world)
    assert look(world, date(2040, 1, 1)).held == 1
    assert invoices(world) == days
    with world.database.write() as tx:
        world.holds.lift(tx, hold, by="kim")
    assert look(world, date(2040, 1, 2)).finished == 1
    assert invoices(world) == []


def test_a_system_that_is_away_is_tried_again(world: DeletionWorld) -> None:
    world.delete()
    shop = world.folder / "shop.db"
    shop.rename(shop.with_suffix(".away"))
    assert look(world, date(2040, 1, 1)).down == 1
    shop.with_suffix(".away").rename(shop)
    assert look(world, date(2040, 1, 1)).finished == 1


def test_the_rest_of_a_customer_who_stays_is_left_alone(world: DeletionWorld) -> None:
    tables = ("orders", "order_lines", "invoices", "payments")
    described = world.datamap.systems["shop"].tables
    world.delete(
        scope=Scope(frozenset(f"shop.{t}.{c}" for t in tables for c in described[t].fields))
    )
    world.sql(
        "shop",
        "INSERT INTO orders (customer_id, order_number, placed_at, status, total_cents) "
        "VALUES (1, 'O-new', '2027-02-01 10:00:00', 'delivered', 5)",
    )
    look(world, date(2045, 1, 1))
    assert world.sql("shop", "SELECT order_number FROM orders WHERE customer_id = 1") == [
        ("O-new",)
    ]
    assert world.one("shop", "SELECT email FROM customers WHERE id = 1") == JANE


def test_where_the_rows_are_is_kept_by_their_keys_only(
    world: DeletionWorld, keyring: Keyring
) -> None:
    world.delete()
    [record] = world.kept_rows()
    assert record["system"] == "shop"
    assert json.loads(keyring.open(record["sealed_place"], PLACE)) == [["customers", [[["id", 1]]]]]


# ---- Arithmetic ------------------------------------------------------------------------------------------------

DAYS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
PERIODS = st.builds(
    lambda y, m, d: f"P{y}Y{m}M{d}D", st.integers(0, 30), st.integers(0, 30), st.integers(0, 400)
)


@given(DAYS, DAYS, PERIODS)
def test_older_than_is_exactly_what_is_over(began: date, today: date, period: str) -> None:
    assert (began < before(today, period)) == (plus(began, period) < today)


@pytest.mark.parametrize(
    ("began", "period", "last"),
    [
        (date(2024, 2, 29), "P1Y", date(2025, 2, 28)),
        (date(2026, 1, 31), "P1M", date(2026, 2, 28)),
        (date(2026, 6, 29), "P11Y", date(2037, 6, 29)),
        (date(2026, 6, 29), "P2W", date(2026, 7, 13)),
        (date(2026, 6, 29), "P9999Y", date.max),
    ],
)
def test_the_last_day(began: date, period: str, last: date) -> None:
    assert plus(began, period) == last


@pytest.mark.parametrize("wrong", ["", "P", "10Y", "P-1Y", "P1H"])
def test_no_period(wrong: str) -> None:
    with pytest.raises(ValueError, match="period"):
        plus(date(2026, 1, 1), wrong)

"""Erased stays erased: a backup that is put back is cleaned again, and nobody else is touched by it."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from privacy.clock import FixedClock
from privacy.datamap.scope import Scope
from privacy.fulfilment.delete.tombstones import Fingerprints, Tombstones
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import kept_record
from privacy.systems.port import Mark
from tests.driving.cost import cost
from tests.privacy.fulfilment.delete.deletion_world import JANE, DeletionWorld, contact


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> DeletionWorld:
    return DeletionWorld(database, keyring, clock, tmp_path)


# ---- The drill -----------------------------------------------------------------------------------------------


def test_backup_delete_restore_start_and_gone_again(world: DeletionWorld) -> None:
    backup = world.backup()
    world.delete()
    erased = world.dump()
    world.restore(backup)
    assert world.directory.find(contact(JANE)) != []

    told = world.replay.run()
    assert world.dump() == erased
    assert {one.system: one.back for one in told} == {"support": 2, "newsletter": 1, "shop": 1}
    assert all(one.is_clean for one in told)
    assert [one.system for one in told][-1] == "shop"

    again = world.replay.run()
    assert world.dump() == erased
    assert [one.back + one.erased_again for one in again] == [0, 0, 0]


def test_a_start_without_a_restore_changes_nothing(world: DeletionWorld) -> None:
    for who in (JANE, "reads.only@example.com", "just.asking@example.com"):
        world.delete(who)
    erased = world.dump()
    assert all(one.back == 0 and one.is_clean for one in world.replay.run())
    assert world.dump() == erased


def test_one_system_restored_alone(world: DeletionWorld) -> None:
    backup = world.backup()
    world.delete()
    erased = world.dump()
    world.restore(backup, "newsletter")
    assert {one.system: one.back for one in world.replay.run()} == {
        "support": 0, "newsletter": 1, "shop": 0,
    }  # fmt: skip
    assert world.dump() == erased


def test_what_changed_between_backup_and_deletion_does_not_hide_a_row(world: DeletionWorld) -> None:
    backup = world.backup()
    world.sql(
        "shop",
        "UPDATE customers SET email = 'j@new.example', last_login_at = '2026-11-22' WHERE id = 1",
    )
    world.delete("j@new.example")
    world.restore(backup, "shop")
    world.replay.run()
    assert world.directory.find(contact("+49 30 23125101")) == []
    assert world.one("shop", "SELECT count(*) FROM customers WHERE email = ?", JANE) == 0


def test_who_came_back_with_a_new_row_is_not_touched(world: DeletionWorld) -> None:
    """SQLite gives the highest key again: the new row has the old key and the old address."""
    assert world.one("newsletter", "SELECT email FROM subscriptions WHERE id = 1") == JANE
    assert world.one("shop", "SELECT max(id) FROM customers") > 1
    world.delete()
    world.sql(
        "newsletter",
        "INSERT INTO subscriptions (id, email, status, language, subscribed_at) "
        "VALUES (1, ?, 'active', 'en', '2027-01-02 10:00:00')",
        JANE,
    )
    world.sql(
        "shop",
        "INSERT INTO customers (customer_number, name, email, phone, language, created_at) VALUES "
        "('AF-2000', 'Jane Miller', ?, '+49 30 23125101', 'en', '2027-01-02 10:00:00')",
        JANE,
    )
    before = world.dump()
    assert [one.back for one in world.replay.run()] == [0, 0, 0]
    assert world.dump() == before


def test_others_of_the_backup_are_not_touched(world: DeletionWorld) -> None:
    backup = world.backup()
    world.delete()
    world.restore(backup)
    world.replay.run()

    def others(folder: Path) -> list[object]:
        with sqlite3.connect(folder / "shop.db") as shop:
            rows: list[object] = shop.execute("SELECT * FROM customers WHERE id != 1").fetchall()
            rows += shop.execute("SELECT * FROM orders WHERE customer_id != 1").fetchall()
        return rows

    assert others(world.folder) == others(backup)


def test_only_the_newsletter_comes_back_and_goes_again(world: DeletionWorld) -> None:
    described = world.datamap.systems["newsletter"].tables
    wish = Scope(
        frozenset(f"newsletter.{t}.{c}" for t, part in described.items() for c in part.fields)
    )
    backup = world.backup()
    world.delete(scope=wish)
    erased = world.dump()
    world.restore(backup)
    world.replay.run()
    assert world.dump() == erased


def activity_of(world: DeletionWorld) -> Scope:
    described = world.datamap.systems["newsletter"].tables
    return Scope(frozenset(f"newsletter.activity.{c}" for c in described["activity"].fields))


def test_a_part_goes_again_and_what_came_later_stays(world: DeletionWorld) -> None:
    backup = world.backup()
    world.delete(scope=activity_of(world))
    assert world.one("newsletter", "SELECT count(*) FROM activity WHERE subscription_id = 1") == 0
    later = "INSERT INTO activity (subscription_id, kind, campaign, happened_at) VALUES (1, 'open', 'x', '2027-01-01 10:00:00')"
    world.sql("newsletter", later)
    # Without a restore, nothing is touched: not at this start and not at any other.
    assert [one.back for one in world.replay.run()] == [0]
    assert world.one("newsletter", "SELECT count(*) FROM activity WHERE subscription_id = 1") == 1
    world.restore(backup)
    world.sql("newsletter", later)
    assert [(one.back, one.is_clean) for one in world.replay.run()] == [(1, True)]
    assert world.sql(
        "newsletter", "SELECT happened_at FROM activity WHERE subscription_id = 1"
    ) == [("2027-01-01 10:00:00",)]


def test_a_field_that_was_given_again_is_not_erased_at_every_start(world: DeletionWorld) -> None:
    world.delete(scope=Scope(frozenset({"shop.customers.phone"})))
    world.sql("shop", "UPDATE customers SET phone = '030 999' WHERE id = 1")
    world.replay.run()
    assert world.one("shop", "SELECT phone FROM customers WHERE id = 1") == "030 999"


def test_a_field_goes_again_where_something_else_proves_the_restore(world: DeletionWorld) -> None:
    backup = world.backup()
    karl = "karl.sammler@example.com"
    world.delete()
    world.delete(karl, Scope(frozenset({"shop.customers.phone"})))
    world.restore(backup, "shop")
    world.replay.run()
    assert world.one("shop", "SELECT phone FROM customers WHERE email = ?", karl) is None


def test_timers_start_again_for_what_came_back(world: DeletionWorld) -> None:
    backup = world.backup()
    world.delete()
    world.clock.move(timedelta(days=365 * 13))
    assert world.kept.erase_due(world.clock.now().date()).finished == 1
    world.restore(backup)
    world.replay.run()
    assert world.one("shop", "SELECT count(*) FROM orders WHERE customer_id = 1") == 7
    assert world.kept.erase_due(world.clock.now().date()).finished == 1
    assert world.one("shop", "SELECT count(*) FROM orders WHERE customer_id = 1") == 0
    assert world.one("shop", "SELECT count(*) FROM customers WHERE id = 1") == 0


def test_a_lost_database_of_ours_does_not_lose_the_timers(world: DeletionWorld) -> None:
    backup = world.backup()
    world.delete()
    with world.database.write() as tx:
        tx.execute(delete(kept_record))
    world.restore(backup)
    world.replay.run()
    [record] = world.kept_rows()
    assert (record["system"], record["done_at"]) == ("shop", None)


def test_a_system_that_is_away_is_told_and_done_later(world: DeletionWorld) -> None:
    backup = world.backup()
    world.delete()
    erased = world.dump()
    world.restore(backup)
    shop = world.folder / "shop.db"
    shop.rename(shop.with_suffix(".away"))
    told = {one.system: one for one in world.replay.run()}
    assert told["shop"].unreachable
    assert not told["shop"].is_clean
    assert told["newsletter"].is_clean
    shop.with_suffix(".away").rename(shop)
    [later] = world.replay.run(only=frozenset({"shop"}))
    assert later.is_clean
    assert world.dump() == erased


def test_a_hold_keeps_what_came_back(world: DeletionWorld) -> None:
    backup = world.backup()
    world.delete()
    world.restore(backup)
    who = contact(JANE)
    with world.database.write() as tx:
        world.holds.place(tx, who, world.directory.find(who), reason="Case", by="kim")
    told = world.replay.run()
    assert all(one.held == one.back for one in told)
    assert world.directory.find(who) != []


# ---- The file ------------------------------------------------------------------------------------------------------


def test_nothing_personal_can_be_read_in_the_ledger(world: DeletionWorld) -> None:
    filed = world.delete()
    text = world.ledger.read_text().lower()
    assert len(text.splitlines()) == 4
    for secret in ("jane", "miller", "23125101", "af-1001", "example.com"):
        assert secret not in text
    assert {json.loads(line)["ref"] for line in world.ledger.read_text().splitlines()} == {
        filed.reference
    }
    assert world.ledger.stat().st_mode & 0o077 == 0


def test_a_torn_line_costs_no_other(tmp_path: Path, keyring: Keyring) -> None:
    ledger = Tombstones(tmp_path / "t.jsonl", keyring)
    stone = {"on": date(2026, 11, 21), "reference": "PR-1", "scope": Scope()}
    ledger.add("shop", [mark(1)], **stone)  # type: ignore[arg-type]
    with (tmp_path / "t.jsonl").open("ab") as file:
        file.write(b'{"s":"shop","k":"00')
    ledger.add("shop", [mark(2)], **stone)  # type: ignore[arg-type]
    assert len(ledger.read()["shop"].by_key) == 2


def mark(number: int, *contacts: str, born: str = "2020-01-01 10:00:00") -> Mark:
    return Mark("customers", (("id", number),), contacts or (f"c{number}@example.com",), born)


def test_another_key_makes_another_ledger(tmp_path: Path) -> None:
    one, other = (Fingerprints(Keyring([bytes([n]) * 32])) for n in (1, 2))
    assert one.key("shop", mark(1)) != other.key("shop", mark(1))
    assert not one.rows("shop", mark(1)) & other.rows("shop", mark(1))


@pytest.mark.parametrize(
    ("now", "is_same"),
    [
        (mark(1, "c1@example.com", "+491"), True),
        (mark(1, "new@example.com"), True),  # born in the same second under the same key
        (mark(1, "c1@example.com", born="2021-01-01 10:00:00"), False),
        (mark(2, "c1@example.com"), False),
    ],
)
def test_which_row_is_the_same(keyring: Keyring, now: Mark, is_same: bool) -> None:
    prints = Fingerprints(keyring)
    assert bool(prints.rows("shop", mark(1)) & prints.rows("shop", now)) is is_same


def test_a_day_of_birth_alone_is_not_enough(keyring: Keyring) -> None:
    prints = Fingerprints(keyring)
    before, now = mark(1, born="2020-01-01"), mark(1, "other@example.com", born="2020-01-01")
    assert not prints.rows("shop", before) & prints.rows("shop", now)


def test_a_row_whose_contacts_are_gone_is_not_the_row_that_had_them(keyring: Keyring) -> None:
    prints = Fingerprints(keyring)
    shell = Mark("customers", (("id", 1),), (), "2020-01-01 10:00:00")
    assert not prints.rows("shop", mark(1)) & prints.rows("shop", shell)


def test_two_hundred_thousand_rows_are_compared_in_a_moment(keyring: Keyring) -> None:
    prints = Fingerprints(keyring)

    def rows() -> Iterator[Mark]:
        yield from (mark(number) for number in range(200_000))

    known = {prints.key("shop", mark(7))}
    found: list[Mark] = []
    spent = cost(
        lambda: found.extend(one for one in rows() if prints.key("shop", one) in known), times=1
    )
    assert found == [mark(7)]
    assert spent < 10


def test_rows_that_a_timer_erased_go_again_at_the_next_start(world: DeletionWorld) -> None:
    world.delete()
    backup = world.backup()  # after the deletion: no identity row in it that the ledger could know
    world.clock.move(timedelta(days=365 * 13))
    today = world.clock.now().date()
    assert world.kept.erase_due(today).finished == 1
    erased = world.dump()
    world.restore(backup)
    assert [one.back for one in world.replay.run()] == [0, 0, 0]
    assert world.kept.erase_due(today).looked_at == 0
    assert world.kept.erase_due(today, again=True).looked_at == 1
    assert world.dump() == erased
    world.clock.move(timedelta(days=401))
    assert world.kept.erase_due(today, again=True).looked_at == 0

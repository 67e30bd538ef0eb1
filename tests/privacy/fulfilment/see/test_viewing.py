"""The page with everything that is held, read live from the sample company."""

import re
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.datamap.scope import Scope
from privacy.fulfilment.see.viewing import AT_ONCE, Category, UnknownRow
from privacy.redaction import LATER
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fulfilment.export.package_world import JANE, PackageWorld

ALL = Scope()


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> PackageWorld:
    world = PackageWorld(database, keyring, clock, tmp_path)
    world.knows(JANE)
    return world


def page(world: PackageWorld, scope: Scope = ALL) -> dict[str, Category]:
    return {one.id: one for one in world.viewing.page("r1", world.places(), scope)}


def value(category: Category, column: str, row: int = 0) -> str:
    return next(one.text for one in category.entries[row].values if one.column == column)


def test_every_table_is_there_with_values_reasons_and_times(world: PackageWorld) -> None:
    found = page(world)
    assert set(found) == {
        f"{name}.{table}" for name, part in world.datamap.systems.items() for table in part.tables
    }
    account = found["shop.customers"]
    assert (account.state, account.count, account.system_label) == ("held", 1, "our shop")
    assert value(account, "name") == "Jane Miller"
    assert value(account, "birth_date") == "12 April 1987"
    orders = found["shop.orders"]
    assert (orders.since, orders.last) == ("26 March 2020", "25 June 2026")
    assert orders.entries[-1].until == date(2030, 6, 25)
    assert orders.entries[0].until is None, "a day that lies behind is not promised"
    for category in found.values():
        assert category.reasons
        for reasons in category.reasons:
            assert reasons.why
            assert reasons.because
            assert reasons.grounds
            assert reasons.kept
            assert reasons.source


def test_what_was_worked_out_is_shown_too(world: PackageWorld) -> None:
    assert value(page(world)["newsletter.segments"], "score") == "0.81"


def test_money_and_codes_are_told_in_words(world: PackageWorld) -> None:
    found = page(world)
    assert value(found["shop.orders"], "total_cents") == "240.70 EUR"
    assert value(found["shop.customers"], "language") == "English"
    assert value(found["shop.addresses"], "country") == "Germany"
    assert value(found["newsletter.subscriptions"], "status") == "you receive it"


def test_secrets_are_named_and_never_shown(world: PackageWorld) -> None:
    account = page(world)["shop.customers"]
    assert account.never == ("your password, scrambled so that nobody can read it",)
    [password] = [one for one in account.entries[0].values if one.how == "never"]
    assert (password.column, password.text) == ("password_hash", "")
    assert page(world)["shop.payments"].never == (), "of what is not held nothing is said"
    with closing(sqlite3.connect(world.folder / "demo" / "shop.db")) as shop:
        [stored] = shop.execute("SELECT password_hash FROM customers WHERE id = 1").fetchone()
    assert stored not in str([(c, c.entries) for c in page(world).values()])


def test_a_correctable_value_can_be_corrected_in_its_own_row_only(world: PackageWorld) -> None:
    found = page(world)["shop.addresses"]
    tokens = []
    for entry in found.entries:
        [street] = [one for one in entry.values if one.column == "street"]
        assert street.correct is not None
        assert (street.correct.id, street.correct.needs) == ("address.street", "nothing")
        assert re.fullmatch(r"[A-Za-z0-9_-]+", street.correct.row)
        tokens.append(street.correct.row)
    keys = [world.viewing.open_row("r1", "shop.addresses", token) for token in tokens]
    assert len(set(keys)) == 2
    assert all(dict(key).keys() == {"id"} for key in keys)
    for request_id, table in (("r2", "shop.addresses"), ("r1", "shop.customers")):
        with pytest.raises(UnknownRow):
            world.viewing.open_row(request_id, table, tokens[0])
    for broken in ("", "a", tokens[0][:-2] + "AA", "é", "../../x"):
        with pytest.raises(UnknownRow):
            world.viewing.open_row("r1", "shop.addresses", broken)


def test_a_large_table_is_paged(world: PackageWorld) -> None:
    with closing(sqlite3.connect(world.folder / "demo" / "shop.db")) as shop:
        shop.executemany(
            "INSERT INTO orders (customer_id, order_number, placed_at, status, total_cents)"
            " VALUES (1, ?, '2026-07-01 10:00:00', 'open', 1)",
            [(f"N-{n}",) for n in range(43)],
        )
        shop.commit()
    orders = page(world)["shop.orders"]
    assert (orders.count, len(orders.entries), orders.next) == (50, AT_ONCE, AT_ONCE)
    numbers = [entry.number for entry in orders.entries]
    skip = orders.next
    while skip is not None:
        more = world.viewing.more("r1", world.places(), ALL, "shop.orders", skip)
        numbers += [entry.number for entry in more.entries]
        skip = more.next
    assert numbers == list(range(1, 51))


def test_a_table_that_is_not_the_subjects_to_see_cannot_be_asked_for(world: PackageWorld) -> None:
    only = Scope(fields=frozenset({"shop.orders.order_number"}))
    for table in ("shop.products", "shop.nothing", "nowhere.orders", "shop", ""):
        with pytest.raises(KeyError):
            world.viewing.more("r1", world.places(), only, table, 0)
    with pytest.raises(KeyError):
        world.viewing.more("r1", world.places(), only, "shop.invoices", 0)


def test_a_part_shows_its_fields_only(world: PackageWorld) -> None:
    only = Scope(fields=frozenset({"shop.orders.order_number"}), since=date(2026, 1, 1))
    found = page(world, only)
    assert set(found) == {"shop.orders"}
    assert found["shop.orders"].count == 3
    assert [one.column for one in found["shop.orders"].entries[0].values] == ["order_number"]


def test_a_system_that_is_away_is_said_and_the_others_are_shown(world: PackageWorld) -> None:
    world.systems.away = {"newsletter"}
    found = page(world)
    assert found["newsletter.consents"].state == "away"
    assert found["newsletter.consents"].label == "what you said yes to"
    assert found["shop.orders"].count == 7


def test_while_a_system_with_secrets_is_away_longer_texts_wait(world: PackageWorld) -> None:
    world.systems.away = {"shop"}
    texts = [value(page(world)["support.messages"], "body", row) for row in range(3)]
    assert LATER in texts
    assert value(page(world)["support.tickets"], "contact_name") == "Jane Miller"


def test_secrets_of_one_system_are_taken_out_of_texts_of_another(world: PackageWorld) -> None:
    with closing(sqlite3.connect(world.folder / "demo" / "shop.db")) as shop:
        shop.execute("UPDATE customers SET password_hash = 'my-dog-Rex' WHERE id = 1")
        shop.commit()
    with closing(sqlite3.connect(world.folder / "demo" / "support.db")) as support:
        support.execute("UPDATE messages SET body = 'I always use mydogrex everywhere'")
        support.commit()
    body = value(page(world)["support.messages"], "body")
    assert body == "I always use [a password that we hold] everywhere"


def test_two_customers_with_one_address_see_their_own_rows_only(world: PackageWorld) -> None:
    family = Contact("email", "family.brandt@example.com")
    subjects = {record.subject for record in world.systems.directory.find(family)}
    shown = []
    for subject in sorted(s for s in subjects if s.startswith("shop:")):
        places = world.systems.places(family, subject)
        [account] = [c for c in world.viewing.page("r1", places, ALL) if c.id == "shop.customers"]
        shown.append((value(account, "name"), account.count))
    assert shown == [("Tobias Brandt", 1), ("Miriam Brandt", 1)]

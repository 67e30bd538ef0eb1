"""The way back after an e-mail address was changed: offered to the old address, once, for seven days."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.objections import objection
from tests.privacy.fulfilment.correct.correct_world import World, open_world
from tests.privacy.fulfilment.correct.test_correct import JANE, NEW, emails


@pytest.fixture
def world(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> Iterator[World]:
    yield from open_world(database, keyring, clock, tmp_path)


def change(world: World) -> tuple[str, str, str]:
    """Change Jane's address; request, reference and the token of the letter."""
    request = world.file(JANE, field="email", value=NEW)
    assert world.work() == "done"
    [letter] = world.mails.sent("contact_changed")
    reference, token = letter.values["link"].split("/requests/")[1].split("/not-me?key=")
    return request, reference, token


def test_that_was_not_me_puts_the_old_address_back_everywhere(world: World) -> None:
    before = world.dump()
    request, reference, token = change(world)
    assert world.dump() != before
    found = world.objections.object(reference, token)
    assert found is not None
    assert found.state == "undone"
    # Also the moment of the last change: the owner of the old address is not locked out for 30 days.
    assert world.dump() == before
    [task] = [t for t in world.open_tasks(request) if t.kind == "contact_objected"]
    assert "did not change it" in task.what
    assert {
        mail.to for mail in world.mails.sent("recipient_told") if "taken_back" in mail.dedupe_key
    } == {
        "data@parcels.example",
        "privacy@mailings.example",
    }


def test_looking_changes_nothing_and_objecting_twice_is_once(world: World) -> None:
    request, reference, token = change(world)
    after = world.dump()
    for _ in range(5):
        looked = world.objections.look_up(reference, token)
        assert looked is not None
        assert looked.state == "open"
    assert world.dump() == after
    world.objections.object(reference, token)
    back = world.dump()
    world.tell(
        "shop", "UPDATE customers SET email = ? WHERE id = 1", NEW
    )  # changed again, this time by its owner
    again = world.objections.object(reference, token)
    assert again is not None
    assert again.state == "undone"
    assert world.ask("shop", "SELECT email FROM customers WHERE id = 1") == [(NEW,)]
    assert world.dump()["support"] == back["support"]
    assert len(world.open_tasks(request)) == 1


def test_after_seven_days_it_is_too_late(world: World) -> None:
    _, reference, token = change(world)
    world.later(days=6, hours=23)
    looked = world.objections.look_up(reference, token)
    assert looked is not None
    assert looked.state == "open"
    world.later(hours=2)
    after = world.dump()
    found = world.objections.object(reference, token)
    assert found is not None
    assert found.state == "expired"
    assert world.dump() == after
    world.later(days=31)
    assert world.objections.tidy_up() == 1
    assert world.objections.look_up(reference, token) is None


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "A" * 10_000, "\x00" * 22, "é" * 22])
def test_a_guessed_token_leads_nowhere(world: World, token: str) -> None:
    _, reference, right = change(world)
    after = world.dump()
    assert world.objections.object(reference, token) is None
    assert world.objections.object("PR-0000-0000", right) is None
    assert world.objections.object("nonsense", right) is None
    assert world.dump() == after


def test_a_system_that_is_away_is_written_back_later(world: World) -> None:
    before = world.dump()
    _, reference, token = change(world)
    world.company.away = {"support"}
    found = world.objections.object(reference, token)
    assert found is not None
    assert found.state == "objected"
    assert world.objections.work_off() == 0
    world.company.away = set()
    assert world.objections.work_off() == 1
    assert world.dump() == before
    assert world.objections.work_off() == 0


def test_what_somebody_has_changed_since_is_left_alone(world: World) -> None:
    _, reference, token = change(world)
    world.tell("shop", "UPDATE customers SET email = 'third@example.com' WHERE id = 1")
    world.objections.object(reference, token)
    assert emails(world) == [["third@example.com"], [JANE, JANE], [JANE]]


def test_the_token_stands_nowhere_but_in_the_letter(world: World, tmp_path: Path) -> None:
    _, _, token = change(world)
    assert len(token) == 22  # 128 bits
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("vera.db*"))
    assert token.encode() not in raw
    with world.database.read() as tx:
        [row] = tx.execute(select(objection)).all()
    assert NEW.encode() not in row.sealed_undo


def test_the_old_address_no_longer_opens_the_account_and_the_new_one_is_young(world: World) -> None:
    change(world)
    assert world.company.find(Contact("email", JANE)) == []
    [shop] = [r for r in world.company.find(Contact("email", NEW)) if r.system == "shop"]
    assert shop.contact_changed_at == world.clock.now()

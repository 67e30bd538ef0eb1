"""A new phone number, proven by its own code: written everywhere, and the old one hears of it with a way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fake_outbox import Mail
from tests.privacy.fulfilment.correct.correct_world import World, open_world

JANE, NOOR = "jane.miller@example.com", "noor.haddad@example.com"
NEW, OLD_MOBILE = "+491713920099", "+491713920004"


@pytest.fixture
def world(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> Iterator[World]:
    yield from open_world(database, keyring, clock, tmp_path)


def change(world: World, who: str, typed: str = "0171 3920099") -> tuple[str, Mail]:
    """Change a number; the request, and the message about it."""
    request = world.file(who, field="phone", value=typed, proven_contact=NEW)
    assert world.work() == "done"
    [notice] = world.mails.sent("contact_changed")
    return request, notice


def say_it_was_not_me(world: World, notice: Mail) -> str:
    reference, token = notice.values["link"].split("/requests/")[1].split("/not-me?key=")
    found = world.objections.object(reference, token)
    assert found is not None
    return found.state


def test_an_old_mobile_number_is_texted(world: World) -> None:
    _, notice = change(world, NOOR)
    assert (notice.by, notice.to) == ("text", OLD_MOBILE)
    assert (notice.values["what"], notice.values["old"], notice.values["new"]) == (
        "phone number", "•••• 04", "•••• 99",
    )  # fmt: skip


def test_of_an_old_landline_the_accounts_address_hears(world: World) -> None:
    """No text message reaches it."""
    _, notice = change(world, JANE)
    assert (notice.by, notice.to) == ("mail", JANE)
    assert notice.values["old"] == "•••• 01"


def test_that_was_not_me_puts_the_old_number_back_everywhere(world: World) -> None:
    before = world.dump()
    request, notice = change(world, NOOR)
    assert world.dump() != before
    assert say_it_was_not_me(world, notice) == "undone"
    assert world.dump() == before
    [task] = [t for t in world.open_tasks(request) if t.kind == "contact_objected"]
    assert "the old phone number" in task.what


def test_a_first_number_replaces_none(world: World) -> None:
    world.tell("shop", "UPDATE customers SET phone = NULL WHERE id = 1")
    world.file(JANE, field="phone", value="0171 3920099", proven_contact=NEW)
    assert world.work() == "done"
    assert world.mails.sent("contact_changed") == []


def test_the_same_number_in_another_spelling_is_no_news(world: World) -> None:
    world.tell("shop", "UPDATE customers SET phone = '0171/3920099' WHERE id = 1")
    world.file(JANE, field="phone", value="+49 171 3920099", proven_contact=NEW)
    assert world.work() == "done"
    assert world.mails.sent("contact_changed") == []


def test_a_map_may_ask_for_no_code(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    def change_map(text: str) -> str:
        start = text.index("    label: your phone number\n    kind: phone\n")
        return text[:start] + text[start:].replace("needs: new_code", "needs: nothing", 1)

    for world in open_world(database, keyring, clock, tmp_path, change=change_map):
        world.file(NOOR, field="phone", value="030 23125777", proven_contact="")
        assert world.work() == "done"
        [notice] = world.mails.sent("contact_changed")
        assert (notice.by, notice.to) == ("text", OLD_MOBILE), (
            "the old one hears of it all the same"
        )

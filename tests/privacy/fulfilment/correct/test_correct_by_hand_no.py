"""A person says no to what one system refused: told with the reason, and never as changed everywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.fulfilment.correct.person import Heard, No, hear
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fulfilment.correct.by_hand_world import (
    JANE,
    NEW,
    by_hand,
    is_told,
    keys,
    refuses,
    rename,
)
from tests.privacy.fulfilment.correct.correct_world import World, open_world


@pytest.fixture
def world(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> Iterator[World]:
    yield from open_world(database, keyring, clock, tmp_path)


@pytest.mark.parametrize(
    ("answer", "left", "heard"),
    [
        ("", {}, "done"),
        ("", None, "done"),
        ("anything else", {"tickets": 1}, "again"),
        ("done", {"tickets": 1}, "again"),
        ("No: too old", {"tickets": 1}, No("too old")),
        ("no, too old", None, No("too old")),
        ("no, it stands there", {}, "done"),
        ("Nothing to add", {"tickets": 1}, "again"),
    ],
)
def test_what_stands_counts_for_more_than_what_is_said(
    answer: str, left: dict[str, int] | None, heard: Heard
) -> None:
    assert hear(answer, left) == heard
    assert "old" not in repr(heard)


def test_a_no_to_one_system_is_told_with_its_reason_and_never_as_changed_everywhere(
    world: World,
) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jana Smith")
    world.work()
    world.answer(request, "No: closed tickets stay as they were written")
    assert world.work() == "declined"
    assert world.state(request) == "declined"
    [told] = [values for _, said, values in world.said.all if said == "utter_corrected_in_part"]
    assert told["made"] == "our shop, our newsletter"
    assert told["why"] == (
        "our support desk still holds the old value: closed tickets stay as they were written."
    )
    [letter] = world.mails.sent("correction_declined")
    assert letter.values["made"] == told["made"]
    assert "utter_corrected" not in world.said.wordings
    assert world.mails.sent("correction_done") == []
    # Who got the name from the systems that were changed hears of it all the same (GDPR Art. 19).
    assert {mail.to for mail in world.mails.sent("recipient_told")} == {"data@parcels.example", "privacy@mailings.example"}  # fmt: skip


def test_an_address_that_was_changed_in_part_can_be_objected_to(world: World) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="email", value=NEW)
    world.work()
    world.answer(request, "no, the desk is closed")
    assert world.work() == "declined"
    assert world.state(request) == "declined"
    [notice] = world.mails.sent("contact_changed")
    assert notice.to == JANE
    [letter] = world.mails.sent("correction_declined")
    assert letter.to == NEW, "the shop, which leads, writes to the new address from now on"
    reference, token = notice.values["link"].split("/requests/")[1].split("/not-me?key=")
    found = world.objections.object(reference, token)
    assert found is not None
    assert found.state == "undone"
    assert world.ask("shop", "SELECT email FROM customers WHERE id = 1") == [(JANE,)]


def test_a_no_to_all_that_holds_it_names_nothing_else(world: World) -> None:
    world.tell("shop", "CREATE TRIGGER stays BEFORE UPDATE ON addresses BEGIN SELECT RAISE(ABORT, 'no'); END")  # fmt: skip
    request = world.file(JANE, field="address", value="Lindenweg 3, 50667 Köln")
    assert world.work() == "for_person"
    assert keys(world, request) == ["refused:shop"]
    world.answer(request, "no")
    assert world.work() == "declined"
    why = world.said.all[-1][2]["why"]
    assert why == "our shop still holds the old value: no reason was given."
    assert world.said.all[-1][1] == "utter_correction_declined"
    assert world.mails.sent("recipient_told") == []


def test_a_no_where_it_stands_already_is_done(world: World) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    world.work()
    rename(world, "Jane Smith")
    world.answer(request, "No need any more, it stands there")
    assert world.work() == "done"


def test_a_no_waits_for_the_other_systems(world: World) -> None:
    refuses(world, "support")
    refuses(world, "shop")
    request = world.file(JANE, field="name", value="Jane Smith")
    assert world.work() == "for_person"
    desk, shop = sorted(world.open_tasks(request), key=lambda task: task.system != "support")
    world.tasks.finish(desk.id, "agent@company", "no, it is archived")
    world.tasks.finish(shop.id, "agent@company", "done")
    assert world.work() == "for_person"
    assert [task.key for task in world.open_tasks(request)] == ["refused:shop:2"]
    assert not is_told(world)
    by_hand(world, "shop", "UPDATE customers SET name = 'Jane Smith' WHERE id = 1")
    world.answer(request, "done")
    assert world.work() == "declined"
    _, said, values = world.said.all[-1]
    assert (said, values["made"], values["why"]) == (
        "utter_corrected_in_part", "our shop", "our support desk still holds the old value: it is archived.",
    )  # fmt: skip

"""What a person says to have changed is read again before the customer hears of it; real databases, of which one
refuses what Vera writes."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Never

import pytest

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.datamap.scope import Scope
from privacy.fulfilment.job import Json
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.port import Place, Row, SystemRefused
from privacy.systems.sql import SqlSystem
from tests.privacy.fulfilment.correct.by_hand_world import (
    JANE,
    NEW,
    again,
    by_hand,
    is_told,
    keys,
    refuses,
    rename,
)
from tests.privacy.fulfilment.correct.correct_world import Steps, World, open_world

DANA = "dana.kowalski@example.com"
TYPO = "jane@new-hime.example"
READDRESS = "UPDATE tickets SET contact_email = ? WHERE customer_number = 'AF-1001'"


@pytest.fixture
def world(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> Iterator[World]:
    yield from open_world(database, keyring, clock, tmp_path)


# -- a system refuses --------------------------------------------------------------------------------------------------


def test_what_a_person_really_did_is_read_and_told_once(world: World) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    assert world.work() == "for_person"
    [task] = world.open_tasks(request)
    assert (task.key, task.system) == ("refused:support", "support")
    assert 'Or answer "no" and the reason' in task.what
    rename(world, "Jane Smith")
    world.answer(request, "")
    assert world.work() == "done"
    assert world.said.wordings.count("utter_corrected") == 1
    assert "our support desk" in world.said.all[-1][2]["lines"]
    assert len(world.mails.sent("correction_done")) == 1
    assert keys(world, request) == ["refused:support"]


def test_a_done_that_is_none_is_asked_again_until_it_stands(world: World) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    assert world.work() == "for_person"
    for number in (2, 3):
        world.answer(request, "done")
        assert world.work() == "for_person"
        [task] = world.open_tasks(request)
        assert (task.key, task.kind, task.system) == (
            f"refused:support:{number}",
            "correct_by_hand",
            "support",
        )
        assert "support: the old value or another one still stands in tickets (2 rows)." in task.what  # fmt: skip
        assert "New: Jane Smith" in task.what
        assert not is_told(world)
        assert world.state(request) == "in_progress"
    rename(world, "Jane Smith")
    world.answer(request, "done now")
    assert world.work() == "done"
    assert world.said.wordings.count("utter_corrected") == 1
    assert world.said.wordings.count("utter_person_helps") == 1


def test_one_of_two_rows_is_not_all_of_them(world: World) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    world.work()
    [(first,)] = world.ask("support", "SELECT min(id) FROM tickets WHERE customer_number = 'AF-1001'")  # fmt: skip
    rename(world, "Jane Smith", f"id = {first}")
    world.answer(request, "yes")
    assert world.work() == "for_person"
    assert "tickets (1 row)" in world.open_tasks(request)[0].what


@pytest.mark.parametrize("wrong", [TYPO, None, ""])
def test_an_address_mistyped_or_emptied_is_found_though_its_row_went_elsewhere(
    world: World, wrong: str | None
) -> None:
    """Tickets are known by the contact that they hold: a ticket with another one is no longer among Jane's."""
    refuses(world, "support")
    request = world.file(JANE, field="email", value=NEW)
    assert world.work() == "for_person"
    by_hand(world, "support", READDRESS, wrong)
    world.answer(request, "done")
    assert world.work() == "for_person"
    assert "tickets (2 rows)" in world.open_tasks(request)[0].what
    by_hand(world, "support", READDRESS, NEW)
    world.answer(request, "done")
    assert world.work() == "done"
    assert [mail.to for mail in world.mails.sent("correction_done")] == [NEW]


def test_of_two_addresses_only_the_chosen_one_is_read(world: World) -> None:
    held = world.old_values.look_up(Contact("email", JANE), "shop:1", "address")
    world.tell(
        "shop",
        "CREATE TRIGGER stays BEFORE UPDATE ON addresses BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    request = world.file(JANE, field="address", value="Lindenweg 3, 50667 Köln", row=held[1].row)
    assert world.work() == "for_person"
    world.answer(request, "done")
    assert world.work() == "for_person"
    assert "addresses (1 row)" in world.open_tasks(request)[0].what
    world.tell("shop", "DROP TRIGGER stays")
    world.tell(
        "shop",
        "UPDATE addresses SET street = 'Lindenweg 3', postal_code = '50667', city = 'Köln' "
        "WHERE customer_id = 1 AND kind = 'billing'",
    )
    world.answer(request, "done")
    assert world.work() == "done"


def test_a_system_that_is_away_when_it_is_read_back_is_waited_for(world: World) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    world.work()
    rename(world, "Jane Smith")
    world.answer(request, "done")
    world.company.away = {"support"}
    assert world.work() == "down"
    assert not is_told(world)
    world.company.away = set()
    world.later(hours=2)
    assert world.work() == "done"
    assert keys(world, request) == ["refused:support"]
    assert world.said.wordings.count("utter_corrected") == 1


def test_a_restart_asks_nothing_twice(world: World) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    assert world.work() == "for_person"
    assert again(world) == "for_person"
    assert keys(world, request) == ["refused:support"]
    world.answer(request, "done")
    assert world.work() == "for_person"
    assert again(world) == "for_person"
    assert again(world) == "for_person"
    assert keys(world, request) == ["refused:support", "refused:support:2"]
    assert len(world.mails.sent("task_for_person")) == 2


def test_what_breaks_while_it_is_asked_again_is_asked_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    world.work()
    world.answer(request, "done")
    with monkeypatch.context() as broken:
        broken.setattr(world.mails, "add", lambda *_a, **_k: 1 / 0)
        assert world.work() == "broke"
    assert keys(world, request) == ["refused:support"]
    world.later(hours=2)
    assert world.work() == "for_person"
    assert keys(world, request) == ["refused:support", "refused:support:2"]


class Killed(BaseException):
    """As `kill -9` at one place."""


class Remembered(Steps):
    """The steps of a run that is gone on with: what is finished is not done again."""

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        return json.loads(self.results[name]) if name in self.results else super().run(name, act)


def test_a_run_that_is_gone_on_with_reads_anew_after_each_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the run had read before the crash says nothing of what was done since."""

    def kill(*_: object) -> Never:
        raise Killed

    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    world.work()
    world.answer(request, "done")
    with world.database.write() as tx:
        claim = world.works.claim(tx, world.clock.now())
    assert claim is not None
    steps = Remembered()
    with monkeypatch.context() as killed, pytest.raises(Killed):
        killed.setattr(world.carrying_out, "_take", _then(world.carrying_out._take, kill))
        world.carrying_out.run(claim.request, claim.run, steps)
    assert keys(world, request) == ["refused:support", "refused:support:2"]
    rename(world, "Jane Smith")
    world.answer(request, "done")
    assert world.carrying_out.run(claim.request, claim.run, steps) == "done"
    assert keys(world, request) == ["refused:support", "refused:support:2"]
    assert world.said.wordings.count("utter_corrected") == 1


def _then(first: Callable[..., object], after: Callable[..., Never]) -> Callable[..., Never]:
    def both(*given: object) -> Never:
        first(*given)
        after()

    return both


def test_a_system_that_finds_no_row_by_its_key_is_read_where_its_rows_stood(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    world.work()
    world.answer(request, "done")
    read = SqlSystem.rows

    def rows(system: SqlSystem, table: str, places: Sequence[Place], scope: Scope) -> Iterator[Row]:
        if any(row == (("id", value),) for place in places for row in place.rows for _, value in row):  # fmt: skip
            raise SystemRefused(system.name, table, "the map has no read for it")
        return read(system, table, places, scope)

    monkeypatch.setattr(SqlSystem, "rows", rows)
    assert world.work() == "for_person"
    assert keys(world, request) == ["refused:support", "refused:support:2"]


def test_a_system_that_cannot_even_be_read_leaves_the_persons_word(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses(world, "support")
    request = world.file(JANE, field="name", value="Jane Smith")
    world.work()
    world.answer(request, "done")

    def rows(system: SqlSystem, table: str, *_asked: Any, **_how: Any) -> Never:
        raise SystemRefused(system.name, table, "the database refuses")

    monkeypatch.setattr(SqlSystem, "rows", rows)
    assert world.work() == "done"


# -- the whole of it by hand -------------------------------------------------------------------------------------------


def test_a_whole_correction_by_hand_is_read_back_in_every_system(world: World) -> None:
    request = world.file(JANE, field="email", value=DANA)
    assert world.work() == "for_person"
    world.answer(request, "yes")
    assert world.work() == "for_person"
    assert not is_told(world)
    [task] = world.open_tasks(request)
    assert (task.key, task.system) == ("correct_by_hand:2", None)
    for line in ("shop: ", "support: ", "newsletter: "):
        assert f"\n{line}the old value or another one still stands in " in task.what
    assert again(world) == "for_person"
    assert keys(world, request) == ["correct_by_hand", "correct_by_hand:2"]
    world.tell("shop", "UPDATE customers SET email = ? WHERE id = 1", DANA)
    world.tell("support", READDRESS, DANA)
    world.answer(request, "done")
    assert world.work() == "for_person"
    [task] = world.open_tasks(request)
    assert (task.key, task.system) == ("correct_by_hand:3", "newsletter")
    world.tell(
        "newsletter", "DELETE FROM subscriptions WHERE first_name = 'Jane'"
    )  # Dana has one there
    world.answer(request, "done")
    world.company.away = {"shop"}
    assert world.work() == "down"
    world.company.away = set()
    world.later(hours=2)
    assert world.work() == "done"
    assert world.said.wordings.count("utter_corrected") == 1


def test_a_no_after_it_was_asked_again_ends_it(world: World) -> None:
    request = world.file(JANE, field="email", value=DANA)
    world.work()
    world.answer(request, "yes")
    world.work()
    world.answer(request, "no: it is not your address")
    assert world.work() == "declined"
    assert world.said.all[-1][2]["why"] == "it is not your address."


def test_which_entry_was_meant_is_the_persons_word(world: World) -> None:
    world.tell(
        "shop",
        "UPDATE addresses SET street = 'Other Street 1' WHERE customer_id = 1 AND kind = 'billing'",
    )
    request = world.file(JANE, field="address", value="Lindenweg 3, 50667 Köln", row="row_all")
    assert world.work() == "for_person"
    world.answer(request, "done, it was the delivery address")
    assert world.work() == "done"

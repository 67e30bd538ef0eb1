"""A request to see, carried out on the sample company: what is told at once, what waits, what is never told."""

import json
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.datamap.scope import Scope
from privacy.mail.letters import VALUES, Letters
from privacy.requests import State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fulfilment.export.package_world import JANE, PackageWorld, sample_company
from tests.privacy.fulfilment.export.test_export import with_archive


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> PackageWorld:
    world = PackageWorld(database, keyring, clock, tmp_path)
    world.knows(JANE)
    return world


def said(world: PackageWorld) -> tuple[str, str]:
    _, wording, values = world.said.all[-1]
    return wording, values.get("lines", "")


def test_the_chat_tells_what_is_held_with_counts_and_the_small_things_at_once(
    world: PackageWorld,
) -> None:
    filed = world.ask("access")
    assert world.work() == ["done"]
    wording, lines = said(world)
    assert wording == "utter_found"
    assert "7 orders since March 2020" in lines
    assert "2 addresses" in lines
    for line in (
        "Your name: Jane Miller",
        "Your e-mail address: jane.miller@example.com",
        "Your phone number: +49 30 23125101",
        "Your date of birth: 12 April 1987",
        "Your address: Gartenstraße 14, 10115 Berlin, Germany",
    ):
        assert lines.splitlines().count(line) == 1
    assert world.said.all[-1][2]["link"].endswith(f"/requests/{filed.reference}/data")
    assert world.state(filed.reference) is State.DONE


def test_the_letter_says_that_it_is_ready_and_nothing_of_what_it_is(world: PackageWorld) -> None:
    world.ask("access")
    world.work()
    [mail] = world.mails.sent("data_found")
    always = {
        "company": "Alder & Finch",
        "origin": "https://o.example",
        "chat": "https://o.example/chat",
    }
    letter = Letters().write("data_found", "en", {**always, **mail.values})
    assert mail.values["link"] in letter.body
    for personal in ("Jane", "Gartenstra", "23125101", "7 orders", "1987"):
        assert personal not in letter.subject + letter.body
    assert set(VALUES["data_found"]) <= set(mail.values)


def test_steps_and_progress_hold_numbers_only(world: PackageWorld) -> None:
    filed = world.ask("access")
    world.work()
    with world.database.read() as tx:
        progress = world.progress.of(tx, world.request_of(filed))
    assert {one.system: one.state for one in progress} == dict.fromkeys(
        world.datamap.systems, "done"
    )
    text = json.dumps([dict(one.counts) for one in progress])
    assert "Jane" not in text
    assert {"orders": 7}.items() <= next(
        one.counts for one in progress if one.system == "shop"
    ).items()


def test_a_part_is_told_as_a_part(world: PackageWorld) -> None:
    fields = frozenset({"shop.orders.order_number", "shop.orders.placed_at"})
    world.ask("access", Scope(fields=fields, since=date(2026, 1, 1)))
    world.work()
    assert said(world) == ("utter_found", "We hold 3 orders since April 2026.")


def test_a_secret_that_stands_in_a_name_is_not_told(world: PackageWorld) -> None:
    with closing(sqlite3.connect(world.folder / "demo" / "shop.db")) as shop:
        shop.execute("UPDATE customers SET name = 'Jane DE02120300000000202051' WHERE id = 1")
        shop.commit()
    world.ask("access")
    world.work()
    assert "Your name: Jane [a bank account number that we hold]" in said(world)[1]


def test_nothing_held_is_a_clear_answer(world: PackageWorld) -> None:
    world.company.known["shop:17"] = {}
    world.ask("access")
    assert world.work() == ["done"]
    assert said(world)[0] == "utter_found_nothing"
    [mail] = world.mails.sent("data_found")
    assert mail.values["found"] == ""


def test_a_system_that_is_away_is_waited_for(world: PackageWorld, clock: FixedClock) -> None:
    world.systems.away = {"support"}
    filed = world.ask("access")
    assert world.work() == ["down"]
    assert world.state(filed.reference) is State.IN_PROGRESS
    assert "utter_found" not in [one[1] for one in world.said.all]
    world.systems.away = set()
    clock.move(timedelta(hours=1))
    assert world.work() == ["done"]
    assert "2 questions to our support desk" in said(world)[1]


def test_what_is_known_does_not_wait_for_what_a_person_has_to_look_up(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    world = PackageWorld(database, keyring, clock, tmp_path, with_archive(sample_company(tmp_path)))
    world.knows(JANE)
    filed = world.ask("access")
    assert world.work() == ["for_person"]
    assert "utter_found" in [one[1] for one in world.said.all]
    assert world.mails.sent("data_found") == []
    with world.database.read() as tx:
        states = {one.system: one.state for one in world.progress.of(tx, world.request_of(filed))}
    assert states["paper"] == "for_person"
    [task] = world.tasks.list_open()
    world.tasks.finish(task.id, "Kim", "One letter of 2019.")
    assert world.work() == ["done"]
    assert "Our colleagues looked into our paper archive" in said(world)[1]
    assert len(world.mails.sent("data_found")) == 1
    from privacy.redaction import Redaction

    [brought] = world.by_hand.brought(world.request_of(filed), Redaction())
    assert brought.words == "One letter of 2019."

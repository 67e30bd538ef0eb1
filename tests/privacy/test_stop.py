"""Restrict, object and withdraw consent: written at once where the data map says, and nothing told to strangers."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from privacy.clock import FixedClock
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.correct_world import World, open_world

JANE = "jane.miller@example.com"
NOBODY = "nobody.at.all@example.com"
NOW = "2026-11-21 10:00:00"


@pytest.fixture
def world(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> Iterator[World]:
    yield from open_world(database, keyring, clock, tmp_path)


def subscription(world: World, email: str) -> list[object]:
    return world.ask(
        "newsletter", "SELECT status, stopped_at FROM subscriptions WHERE email = ?", email
    )


# -- stories -----------------------------------------------------------------------------------------------------------


def test_an_objection_takes_effect_in_every_system_at_once(world: World) -> None:
    others = world.ask(
        "newsletter", "SELECT * FROM subscriptions WHERE email <> ? ORDER BY id", JANE
    )
    request = world.file(JANE, kind="object")
    assert world.work() == "done"
    assert world.state(request) == "done"
    assert subscription(world, JANE) == [("stopped", NOW)]
    assert world.ask("shop", "SELECT voucher_stopped_at FROM customers WHERE email = ?", JANE) == [
        (NOW,)
    ]
    assert world.ask("shop", "SELECT use_paused_at FROM customers WHERE email = ?", JANE) == [
        (None,)
    ]
    assert (
        world.ask("newsletter", "SELECT * FROM subscriptions WHERE email <> ? ORDER BY id", JANE)
        == others
    )
    [letter] = world.mails.sent("stop_done")
    assert letter.to == JANE
    assert letter.values["at"] == "Saturday 21 November 2026, 11:00"
    assert letter.values["systems"] == "our shop\nour newsletter"


def test_withdrawing_consent_is_written_beside_each_consent(world: World) -> None:
    world.file(JANE, kind="withdraw_consent")
    assert world.work() == "done"
    assert world.ask(
        "newsletter",
        "SELECT DISTINCT withdrawn_at FROM consents c JOIN subscriptions s ON s.id = c.subscription_id WHERE s.email = ?",
        JANE,
    ) == [(NOW,)]  # fmt: skip


def test_one_purpose_leaves_the_others(world: World) -> None:
    world.file(JANE, kind="object", purpose="birthday_voucher")
    assert world.work() == "done"
    assert world.ask("shop", "SELECT voucher_stopped_at FROM customers WHERE email = ?", JANE) == [
        (NOW,)
    ]
    assert subscription(world, JANE) == [("active", None)]


def test_a_restriction_pauses_every_use_and_recipients_are_told(world: World) -> None:
    request = world.file(JANE, kind="restrict")
    assert world.work() == "done"
    assert world.state(request) == "done"
    assert world.ask("shop", "SELECT use_paused_at FROM customers WHERE email = ?", JANE) == [
        (NOW,)
    ]
    assert world.ask(
        "support", "SELECT DISTINCT use_paused_at FROM tickets WHERE contact_email = ?", JANE
    ) == [(NOW,)]
    assert subscription(world, JANE) == [("stopped", NOW)]
    assert {mail.to for mail in world.mails.sent("recipient_told")} == {
        "data@parcels.example",
        "privacy@payments.example",
        "office@tax-adviser.example",
        "privacy@mailings.example",
    }


def test_all_who_share_an_address_are_stopped(world: World) -> None:
    world.file("family.brandt@example.com", kind="object")
    assert world.work() == "done"
    assert world.ask(
        "shop", "SELECT voucher_stopped_at FROM customers WHERE email = 'family.brandt@example.com'"
    ) == [(NOW,), (NOW,)]
    assert subscription(world, "family.brandt@example.com") == [("stopped", NOW)]


def test_asking_a_second_time_changes_nothing_and_says_so(world: World) -> None:
    world.file(JANE, kind="object")
    world.work()
    before = world.dump()
    world.later(hours=1)
    world.file(JANE, kind="object", turn="t2")
    assert world.work() == "done"
    assert world.dump() == before
    assert world.mails.sent("stop_done")[-1].values["systems"] == (
        "our shop (it was so already)\nour newsletter (it was so already)"
    )


def test_a_crash_between_writing_and_noting_is_not_told_as_already(world: World) -> None:
    request = world.file(JANE, kind="object")
    keep = world.progress.note
    world.progress.note = _once_broken(keep)  # type: ignore[method-assign]
    assert world.work() == "broke"
    assert subscription(world, JANE) == [("active", None)]  # the shop was first, and came half-way
    world.later(hours=1)
    assert world.work() == "done"
    assert world.state(request) == "done"
    assert world.mails.sent("stop_done")[0].values["systems"] == "our shop\nour newsletter"
    assert subscription(world, JANE) == [("stopped", NOW)]  # the moment that was said first


# -- strangers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["object", "withdraw_consent"])
@pytest.mark.parametrize("away", [set(), {"shop"}, {"newsletter"}, {"newsletter", "shop"}])
def test_known_and_unknown_take_the_same_course(world: World, kind: str, away: set[str]) -> None:
    """Same outcome of each run, same words, same steps, same systems asked: also while one is away."""
    courses = []
    for typed in (JANE, NOBODY, "reads.only@example.com", "030 23125 999"):
        world.company.away = set(away)
        world.said.all.clear()
        world.company.reached.clear()
        request = world.file(typed, kind=kind)
        course: list[object] = [
            world.work(),
            list(world.steps.results),
            sorted(set(world.company.reached)),
        ]
        world.company.away = set()
        world.later(hours=2)
        course += [world.work(), list(world.steps.results), world.state(request)]
        course.append(
            [
                (w, {k: v for k, v in values.items() if k in ("kind",)})
                for _, w, values in world.said.all
            ]
        )
        courses.append(course)
    assert all(course == courses[0] for course in courses)
    assert courses[0][-1]


@pytest.mark.parametrize("kind", ["object", "withdraw_consent"])
def test_what_an_opt_out_says_names_nothing_that_differs(kind: str) -> None:
    text = (ROOT / "data" / "object" / "responses.yml").read_text(encoding="utf-8")
    [wording] = yaml.safe_load(text)["responses"][f"utter_stopped_{kind}"]
    assert set(re.findall(r"\{(\w+)\}", wording["text"])) <= {"reference", "kind", "at"}


def test_nobody_gets_a_letter_at_an_address_that_is_not_on_file(world: World) -> None:
    before = world.dump()
    world.file(NOBODY, kind="object")
    assert world.work() == "done"
    assert world.mails.sent("stop_done") == []
    assert world.dump() == before


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_a_system_that_is_away_is_told_later_with_the_same_moment(world: World) -> None:
    world.company.away = {"newsletter"}
    request = world.file(JANE, kind="object")
    assert world.work() == "down"
    assert world.ask("shop", "SELECT voucher_stopped_at FROM customers WHERE email = ?", JANE) == [
        (NOW,)
    ]
    world.company.away = set()
    world.later(hours=3)
    assert world.work() == "done"
    assert subscription(world, JANE) == [("stopped", NOW)]
    assert world.state(request) == "done"


def test_a_system_that_refuses_is_told_by_a_person(world: World) -> None:
    world.tell(
        "newsletter",
        "CREATE TRIGGER no BEFORE UPDATE ON subscriptions BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    request = world.file(JANE, kind="object")
    assert world.work() == "for_person"
    [task] = world.open_tasks(request)
    assert (task.kind, task.system) == ("stop_by_hand", "newsletter")
    world.answer(request, "told the agency")
    assert world.work() == "done"
    assert world.mails.sent("stop_done")[0].values["systems"] == (
        "our shop\nour newsletter (done by a person)"
    )


def _once_broken(note: Callable[..., None]) -> Callable[..., None]:
    """As if the process ended before the first system was noted as done."""
    broken: list[str] = []

    def noting(tx: Any, request: str, system: str, state: str, *rest: Any) -> None:
        if state == "done" and not broken:
            broken.append(system)
            raise RuntimeError("the process ends here")
        note(tx, request, system, state, *rest)

    return noting

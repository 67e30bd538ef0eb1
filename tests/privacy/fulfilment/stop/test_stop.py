"""Restrict, object and withdraw consent: written at once where the data map says, and nothing told to strangers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from privacy.clock import FixedClock
from privacy.contacts import parse_contact
from privacy.filing import Draft, Filed
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fulfilment.correct.correct_world import World, open_world

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


@pytest.mark.parametrize("still_away", [set(), {"shop"}, {"newsletter"}, {"newsletter", "shop"}])
@pytest.mark.parametrize("runs_before", [0, 1, 4])
def test_who_asks_second_hears_what_a_stranger_hears(
    world: World, still_away: set[str], runs_before: int
) -> None:
    """Nobody learns that somebody asked before: not from the answer, nor from what is said later, nor from when."""
    kind = "object"
    world.company.away = {"newsletter", "shop"} if runs_before else set()
    ask(world, kind, JANE, "web:first")
    for _ in range(runs_before):
        assert work_off(world)[-1:] == ["down"]
        world.later(hours=1)
    world.later(minutes=1)
    world.company.away = still_away
    second, stranger = ask(world, kind, JANE, "web:second"), ask(world, kind, NOBODY, "web:other")
    assert replace(second, reference="") == replace(stranger, reference="")
    answers = []
    for away in (still_away, still_away, set()):
        world.company.away = away
        work_off(world)
        answers.append((heard(world, second, "web:second"), heard(world, stranger, "web:other")))
        world.later(hours=2)
    assert all(one == other for one, other in answers)
    assert [words for words, _ in answers[-1][0]][-1] == f"utter_stopped_{kind}"
    assert bool(still_away) == (answers[0][0][0][0] == "utter_request_waiting")


def test_who_asks_while_it_is_carried_out_is_told_as_well(world: World) -> None:
    ask(world, "object", JANE, "web:first")
    asked = []
    keep = world.notes.put

    def while_it_runs(request: str, **values: Any) -> None:
        if not asked:
            asked.append(ask(world, "object", JANE, "web:second"))
        keep(request, **values)

    world.notes.put = while_it_runs  # type: ignore[method-assign]
    assert work_off(world) == ["done"]
    assert [words for words, _ in heard(world, asked[0], "web:second")] == ["utter_stopped_object"]
    assert set(world.said.woken) == {"web:first", "web:second"}


REFUSES = "CREATE TRIGGER stays BEFORE UPDATE ON customers BEGIN SELECT RAISE(ABORT, 'no'); END"


def refused_by_the_shop(world: World) -> str:
    """A pause that one system does not take; the request, with its task."""
    world.tell("shop", REFUSES)
    request = world.file(JANE, kind="restrict")
    assert work_off(world)[-1:] == ["for_person"]
    assert [task.key for task in world.open_tasks(request)] == ["refused:shop"]
    return request


def pause_by_hand(world: World) -> None:
    world.tell("shop", "DROP TRIGGER stays")
    world.tell(
        "shop",
        "UPDATE customers SET use_paused_at = ?, voucher_stopped_at = ? WHERE id = 1",
        *["2026-11-21 10:00:00"] * 2,
    )


def test_what_a_person_saw_to_is_read_back(world: World) -> None:
    request = refused_by_the_shop(world)
    pause_by_hand(world)
    world.answer(request, "done")
    assert work_off(world) == ["done"]
    assert "our shop (done by a person)" in world.mails.sent("stop_done")[0].values["systems"]


def test_what_does_not_hold_is_asked_again_and_told_to_nobody(world: World) -> None:
    request = refused_by_the_shop(world)
    for number in (2, 3):
        world.answer(request, "done")
        assert work_off(world)[-1:] == ["for_person"]
        [task] = world.open_tasks(request)
        assert task.key == f"refused:shop:{number}"
        assert "the system, read again, says otherwise" in task.what
    assert world.mails.sent("stop_done") == []
    pause_by_hand(world)
    world.answer(request, "done")
    assert work_off(world) == ["done"]


def test_a_system_that_is_away_when_it_is_read_back_is_waited_for(world: World) -> None:
    request = refused_by_the_shop(world)
    pause_by_hand(world)
    world.answer(request, "done")
    world.company.away = {"shop"}
    assert work_off(world)[-1:] == ["down"]
    world.company.away = set()
    world.later(hours=1)
    assert work_off(world) == ["done"]


def ask(world: World, kind: str, typed: str, conversation: str) -> Filed:
    contact = parse_contact(typed)
    assert contact is not None
    draft = Draft(kind, {}, conversation, "web", "en")
    return world.filing.file_unproven(draft, contact, world.company.find(contact), "t1")


def work_off(world: World) -> list[str]:
    """Everything that is due now."""
    ends = []
    while (end := world.work()) != "nothing":
        ends.append(end)
    return ends


def heard(world: World, filed: Filed, conversation: str) -> list[tuple[str, dict[str, str]]]:
    """What was said there, always under the reference that was given there."""
    said = [(words, {**values}) for where, words, values in world.said.all if where == conversation]
    assert all(values.pop("reference") == filed.reference for _, values in said)
    return [
        (words, {k: v for k, v in values.items() if k in ("kind", "due", "systems")})
        if words == "utter_request_waiting"
        else (words, {})
        for words, values in said
    ]


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
    world.tell("newsletter", "DROP TRIGGER no")
    world.tell("newsletter", "UPDATE subscriptions SET status = 'stopped' WHERE email = ?", JANE)
    for table, marked in (("consents", "withdrawn_at"), ("segments", "stopped_at")):
        world.tell(
            "newsletter", f"UPDATE {table} SET {marked} = '2026-11-21' WHERE subscription_id = 1"
        )
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

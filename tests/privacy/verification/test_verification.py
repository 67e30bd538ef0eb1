"""Codes go to the contact on file only, work once, for one act, for ten minutes; and proofs end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.errors import NothingToResend, SystemDown
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.challenges import budget, challenge, proof
from privacy.verification import Begun, Verification, codes
from tests.privacy.fake_outbox import other_code
from tests.privacy.verification.verification_world import (
    World,
    contact,
    make_world,
    policy_with,
    record,
)

ANNA = record("shop:1", "Anna.Lind@Example.com", "+44 7700 900321")


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return make_world(database, keyring, clock, ANNA)


def test_the_code_goes_to_the_contact_on_file_as_it_is_written_there(world: World) -> None:
    begun = world.verification.begin(
        "web:1", "delete", contact("anna.lind@EXAMPLE.com"), "draft-1", "7", language="de"
    )
    assert begun == Begun(datetime(2026, 11, 21, 10, 10, tzinfo=UTC), 5, 3)
    (mail,) = world.mails.all
    assert (mail.to, mail.deliver) == ("Anna.Lind@Example.com", True)
    assert mail.values == {
        "code": mail.code,
        "purpose": "delete",
        "minutes": "10",
        "until": "10:10",
    }
    assert (mail.kind, mail.language, mail.by) == ("code", "de", "mail")
    assert (mail.expires_at, mail.conversation) == (begun.expires_at, "web:1")
    checked = world.verification.check("web:1", f"my code is {mail.code[:3]} {mail.code[3:]}")
    assert (checked.outcome, checked.purpose, checked.act_key) == ("accepted", "delete", "draft-1")
    assert (checked.subjects, checked.needs_person) == (("shop:1",), None)
    proven = world.verification.proven("web:1", "delete", "draft-1")
    assert proven is not None
    assert (proven.subjects, proven.level, proven.at) == (("shop:1",), 2, world.clock.now())
    assert proven.contact == Contact("email", "anna.lind@example.com")


def test_a_phone_number_leads_to_the_one_email_of_its_owner(world: World) -> None:
    world.prove(typed="07700 900321")
    assert [mail.to for mail in world.mails.delivered] == ["Anna.Lind@Example.com"]


def test_an_old_address_on_a_ticket_does_not_hide_the_one_of_the_account(world: World) -> None:
    world.people.records[:] = [
        record("shop:1", "new@example.com", "07700900321"),
        record("shop:1", "old@example.com", system="desk"),
    ]
    world.begin(typed="07700 900321")
    assert [mail.to for mail in world.mails.delivered] == ["new@example.com"]


@pytest.mark.parametrize(
    ("typed", "records"),
    [
        ("nobody@example.com", []),
        ("07700 900999", []),
        ("07700 900321", [record("shop:1", None, "07700 900321")]),  # phone only
        (
            "07700 900321",  # two persons with one number
            [
                record("shop:1", "a@example.com", "07700900321"),
                record("shop:2", "b@example.com", "+447700900321"),
            ],
        ),
        (
            "07700 900321",  # two persons with one number, one of them with an e-mail
            [
                record("shop:1", "a@example.com", "07700900321"),
                record("shop:2", None, "07700900321"),
            ],
        ),
        (
            "07700 900321",  # one person with two e-mails, and none in the leading system
            [
                record("shop:1", None, "07700900321"),
                record("shop:1", "a@example.com", system="desk"),
                record("shop:1", "b@example.com", system="news"),
            ],
        ),
        ("a@example.com", [record("shop:1", "a@example.com, b@example.com")]),
    ],
)
def test_where_there_is_not_one_mailbox_there_is_a_decoy_that_never_succeeds(
    world: World, typed: str, records: list[object]
) -> None:
    world.people.records[:] = records  # type: ignore[assignment]
    code = world.begin(typed=typed)
    assert world.mails.delivered == []
    checked = world.verification.check("web:1", code)
    assert (checked.outcome, checked.tries_left) == ("wrong", 4)
    assert world.verification.proven("web:1", "status", "draft-1") is None
    with world.database.read() as tx:
        assert tx.execute(select(challenge.c.destination)).scalar() is None


def test_two_persons_on_one_address_are_both_in_the_proof_and_never_merged(world: World) -> None:
    world.people.records[:] = [
        record("shop:1", "family@example.com", "07700 900321"),
        record("shop:2", "Family@example.com"),
    ]
    for typed in ("family@example.com", "07700 900321"):
        code = world.begin(typed=typed, purpose="access")
        checked = world.verification.check("web:1", code)
        assert (checked.subjects, checked.needs_person) == (("shop:1", "shop:2"), "shared_contact")
        proven = world.verification.proven("web:1", "access", "draft-1")
        assert proven is not None
        assert proven.subjects == ("shop:1", "shop:2")


@pytest.mark.parametrize(("days", "level"), [(1, 1), (29, 1), (30, 2), (400, 2)])
def test_a_contact_that_was_just_changed_cannot_prove_level_two_alone(
    world: World, days: int, level: int
) -> None:
    changed = world.clock.now() - timedelta(days=days)
    world.people.records[:] = [
        record("shop:1", "new@example.com", changed_at=changed),
        record("shop:1", "new@example.com", system="news"),
    ]
    checked = world.verification.check(
        "web:1", world.begin(typed="new@example.com", purpose="export")
    )
    assert checked.outcome == "accepted"
    assert checked.needs_person == (None if level == 2 else "contact_changed")
    assert (world.verification.proven("web:1", "export", "draft-1") is None) == (level == 1)
    status = world.verification.proven("web:1", "status", "")
    assert status is not None
    assert status.level == level


def test_a_just_changed_contact_is_no_concern_at_level_one(world: World) -> None:
    world.people.records[:] = [record("shop:1", "n@example.com", changed_at=world.clock.now())]
    checked = world.verification.check("web:1", world.begin(typed="n@example.com"))
    assert (checked.outcome, checked.needs_person) == ("accepted", None)


def test_a_code_works_once(world: World) -> None:
    code = world.begin(typed="anna.lind@example.com")
    assert world.verification.check("web:1", code).outcome == "accepted"
    assert world.verification.check("web:1", code).outcome == "none"
    assert world.verification.awaited("web:1") is None


@pytest.mark.parametrize(("passed", "outcome"), [((9, 59), "accepted"), ((10, 1), "expired")])
def test_a_code_works_for_ten_minutes(world: World, passed: tuple[int, int], outcome: str) -> None:
    code = world.begin(typed="anna.lind@example.com")
    world.clock.move(timedelta(minutes=passed[0], seconds=passed[1]))
    awaited = world.verification.awaited("web:1")
    assert awaited is not None
    assert awaited.state == ("live" if outcome == "accepted" else "expired")
    assert world.verification.check("web:1", code).outcome == outcome


def test_five_wrong_codes_close_the_challenge_even_for_the_right_one(world: World) -> None:
    code = world.begin(typed="anna.lind@example.com")
    checks = [world.verification.check("web:1", other_code(code, n)) for n in range(1, 6)]
    assert [one.outcome for one in checks] == ["wrong"] * 4 + ["locked"]
    assert [one.tries_left for one in checks] == [4, 3, 2, 1, 0]
    assert world.verification.check("web:1", code).outcome == "locked"
    awaited = world.verification.awaited("web:1")
    assert awaited is not None
    assert awaited.state == "locked"
    world.clock.move(timedelta(minutes=1))
    with pytest.raises(NothingToResend):
        world.verification.resend("web:1", "9")
    assert (
        world.verification.check("web:1", world.begin(typed="anna.lind@example.com")).outcome
        == "accepted"
    )


@pytest.mark.parametrize("text", ["12/05/1990", "12345", "what?", "07700 900321", "1" * 70, ""])
def test_what_is_no_code_costs_no_try(world: World, text: str) -> None:
    world.begin()
    assert world.verification.check("web:1", text).outcome == "none"
    awaited = world.verification.awaited("web:1")
    assert awaited is not None
    assert awaited.tries_left == 5


def test_a_crash_between_charge_and_compare_costs_the_try(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = world.begin(typed="anna.lind@example.com")
    with monkeypatch.context() as patch:
        patch.setattr(codes, "matches", lambda *_: 1 / 0)
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                world.verification.check("web:1", code)
    assert world.verification.check("web:1", code).outcome == "locked"


def test_only_the_same_conversation_purpose_and_act_pass(world: World) -> None:
    acts = [
        (conversation, purpose, act_key)
        for conversation in ("web:1", "web:2", "telegram:1")
        for purpose in ("access", "correct", "export", "delete")
        for act_key in ("draft-1", "draft-2")
    ]
    world.verification = _verification(world, sends_per_hour=1000)
    for own in acts:
        code = world.begin(own[0], own[1], "anna.lind@example.com", own[2])
        for conversation in {act[0] for act in acts} - {own[0]}:
            assert world.verification.check(conversation, code).outcome == "none"
        assert world.verification.check(own[0], code).outcome == "accepted"
        passed = [act for act in acts if world.verification.proven(*act) is not None]
        assert passed == [own]
        for conversation in ("web:1", "web:2", "telegram:1"):
            world.verification.forget(conversation)


def test_codes_of_two_open_conversations_do_not_fit_each_other(world: World) -> None:
    one = world.begin("web:1", typed="anna.lind@example.com")
    other = world.begin("web:2", typed="anna.lind@example.com")
    if one != other:  # once in a million they are the same
        assert world.verification.check("web:1", other).outcome == "wrong"
        assert world.verification.check("web:2", one).outcome == "wrong"
    assert world.verification.check("web:1", one).outcome == "accepted"
    assert world.verification.check("web:2", other).outcome == "accepted"


def test_any_proof_of_the_conversation_serves_level_one(world: World) -> None:
    world.prove(typed="anna.lind@example.com", purpose="delete")
    assert world.verification.proven("web:1", "status", "anything") is not None
    assert world.verification.proven("web:1", "restrict", "draft-9") is not None
    assert world.verification.proven("web:1", "export", "draft-1") is None
    assert world.verification.proven("web:2", "status", "anything") is None


def test_a_code_for_level_one_opens_nothing_of_level_two(world: World) -> None:
    world.prove(typed="anna.lind@example.com", purpose="status")
    for operation in ("access", "correct", "export", "delete"):
        assert world.verification.proven("web:1", operation, "draft-1") is None


def test_an_operation_without_a_level_is_refused(world: World) -> None:
    with pytest.raises(KeyError):
        world.verification.proven("web:1", "look_around", "draft-1")
    with pytest.raises(KeyError):
        world.begin(purpose="look_around")
    assert world.mails.all == []


def test_a_proof_idles_out_and_use_keeps_it_for_an_hour_at_most(world: World) -> None:
    world.prove(typed="anna.lind@example.com")
    for _ in range(4):
        world.clock.move(timedelta(minutes=14, seconds=59))
        assert world.verification.proven("web:1", "status", "") is not None
    world.clock.move(timedelta(minutes=1))
    assert world.verification.proven("web:1", "status", "") is None  # 60:56 after it was proven
    world.prove(typed="anna.lind@example.com")
    world.clock.move(timedelta(minutes=15, seconds=1))
    assert world.verification.proven("web:1", "status", "") is None


def test_forget_ends_proofs_and_challenges_of_one_conversation(world: World) -> None:
    world.prove("web:1", typed="anna.lind@example.com")
    world.prove("web:2", typed="anna.lind@example.com")
    code = world.begin("web:1", typed="anna.lind@example.com")
    world.verification.forget("web:1")
    assert world.verification.awaited("web:1") is None
    assert world.verification.check("web:1", code).outcome == "none"
    assert world.verification.proven("web:1", "status", "") is None
    assert world.verification.proven("web:2", "status", "") is not None


def test_the_same_turn_begins_once(world: World) -> None:
    first = world.verification.begin("web:1", "status", contact("a@example.com"), "d", "7")
    asked = len(world.people.asked)
    assert world.verification.begin("web:1", "status", contact("a@example.com"), "d", "7") == first
    assert (len(world.mails.all), len(world.people.asked)) == (1, asked)
    world.begin("web:2", turn="7")  # another conversation's turn is another turn
    assert len(world.mails.all) == 2


def test_another_contact_replaces_the_open_challenge(world: World) -> None:
    old = world.begin(typed="anna.lind@example.com")
    new = world.begin(typed="nobody@example.com")
    assert world.verification.check("web:1", old).outcome == "wrong"
    assert world.verification.check("web:1", new).outcome == "wrong"
    with world.database.read() as tx:
        assert (
            tx.execute(select(func.count()).where(challenge.c.replaced_at.is_(None))).scalar() == 1
        )


def test_a_system_that_is_down_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_contact: Contact) -> list[object]:
        raise SystemDown("shop")

    monkeypatch.setattr(world.people, "find", down)
    with pytest.raises(SystemDown):
        world.begin()
    assert world.verification.awaited("web:1") is None
    assert _rows(world) == 0


def test_what_is_awaited(world: World) -> None:
    assert world.verification.awaited("web:1") is None
    world.begin(purpose="delete", act_key="draft-7")
    awaited = world.verification.awaited("web:1")
    assert awaited is not None
    assert (awaited.purpose, awaited.act_key, awaited.state) == ("delete", "draft-7", "live")
    assert awaited.expires_at - world.clock.now() == timedelta(minutes=10)
    assert awaited.resend_at - world.clock.now() == timedelta(seconds=30)
    assert (awaited.tries_left, awaited.resends_left) == (5, 3)


def test_nothing_is_left_a_day_after_its_end(world: World) -> None:
    world.prove("web:1", typed="anna.lind@example.com")
    world.begin("web:2", typed="anna.lind@example.com")
    world.begin("web:2", typed="nobody@example.com")
    world.verification.check("web:2", world.mails.wrong)
    world.clock.move(timedelta(hours=23, minutes=59))
    assert world.verification.tidy_up() == 0
    world.clock.move(timedelta(hours=1, minutes=11))
    world.verification.tidy_up()
    with world.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(challenge)).scalar() == 0
        assert tx.execute(select(func.count()).select_from(proof)).scalar() == 0
    world.clock.move(timedelta(days=2))
    world.verification.tidy_up()
    assert _rows(world) == 0


def _verification(world: World, **limits: int) -> Verification:
    return Verification(
        world.database, world.keyring, world.clock, policy_with(**limits), world.people, world.mails
    )


def _rows(world: World) -> int:
    with world.database.read() as tx:
        return sum(
            tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (challenge, budget, proof)
        )

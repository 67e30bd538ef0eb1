"""Limits of codes sent and of codes tried, over tries, resends, conversations and spellings."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from privacy.clock import FixedClock
from privacy.errors import NothingToResend, ResendTooSoon, TooManyCodes
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.challenges import budget
from privacy.verification import Begun, Verification, codes
from tests.privacy.fake_outbox import other_code
from tests.privacy.verification.verification_world import (
    World,
    make_world,
    policy_with,
    record,
)

ANNA = record("shop:1", "Anna.Lind@Example.com", "+44 7700 900321")


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return make_world(database, keyring, clock, ANNA)


def test_a_resend_replaces_the_code_and_gives_no_tries_back(world: World) -> None:
    old = world.begin(typed="anna.lind@example.com")
    world.verification.check("web:1", other_code(old))
    world.clock.move(timedelta(minutes=2))
    again = world.verification.resend("web:1", "9")
    assert again == Begun(world.clock.now() + timedelta(minutes=10), 4, 2)
    assert world.verification.resend("web:1", "9") == again
    assert [mail.dedupe_key[-2:] for mail in world.mails.all] == [":1", ":2"]
    assert {mail.to for mail in world.mails.all} == {"Anna.Lind@Example.com"}
    if old != world.mails.code:
        assert world.verification.check("web:1", old).outcome == "wrong"
    assert world.verification.check("web:1", world.mails.code).outcome == "accepted"


def test_a_resend_revives_an_expired_challenge(world: World) -> None:
    old = world.begin(typed="anna.lind@example.com")
    world.clock.move(timedelta(minutes=11))
    assert world.verification.check("web:1", old).outcome == "expired"
    world.verification.resend("web:1", "9")
    assert world.verification.check("web:1", world.mails.code).outcome == "accepted"


def test_a_resend_has_limits(world: World) -> None:
    with pytest.raises(NothingToResend):
        world.verification.resend("web:1", "1")
    world.begin()
    with pytest.raises(ResendTooSoon):
        world.verification.resend("web:1", "2")
    for number in range(3):
        world.clock.move(timedelta(seconds=30))
        assert world.verification.resend("web:1", f"r{number}").resends_left == 2 - number
    world.clock.move(timedelta(minutes=1))
    with pytest.raises(TooManyCodes):
        world.verification.resend("web:1", "3")
    assert len(world.mails.all) == 4


@pytest.mark.parametrize("typed", ["anna.lind@example.com", "nobody@example.com", "07700900321"])
def test_a_contact_is_sent_five_codes_an_hour_from_wherever_they_are_asked(
    world: World, typed: str
) -> None:
    for number in range(5):
        world.begin(f"web:{number}", typed=typed)
    with pytest.raises(TooManyCodes):
        world.begin("web:9", typed=typed)
    world.clock.move(timedelta(minutes=1))
    with pytest.raises(TooManyCodes):
        world.verification.resend("web:0", "9")
    assert len(world.mails.all) == 5
    world.clock.move(timedelta(hours=1))
    world.begin("web:9", typed=typed)


@pytest.mark.parametrize("typed", ["anna.lind@example.com", "nobody@example.com"])
def test_many_conversations_share_the_failure_budget_of_an_address(
    world: World, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.verification = _verification(world, sends_per_hour=1000)
    compared = _count_compares(monkeypatch)
    real = {f"web:{n}": world.begin(f"web:{n}", typed=typed) for n in range(50)}
    outcomes = [
        world.verification.check(conversation, other_code(code, guess)).outcome
        for conversation, code in real.items()
        for guess in (1, 2, 3)
    ]
    assert len(compared) == 10
    assert outcomes == ["wrong"] * 10 + ["locked"] * 140
    assert world.verification.check("web:49", real["web:49"]).outcome == "locked"
    with pytest.raises(TooManyCodes):
        world.begin("web:99", typed=typed)
    world.clock.move(timedelta(minutes=1))
    with pytest.raises(TooManyCodes):
        world.verification.resend("web:48", "r")
    # Ten more in the next hour, then the day is over too.
    world.clock.move(timedelta(hours=1))
    for number in range(100, 150):
        try:
            code = world.begin(f"web:{number}", typed=typed)
        except TooManyCodes:
            break
        world.verification.check(f"web:{number}", other_code(code))
    assert len(compared) == 20
    world.clock.move(timedelta(hours=1))
    with pytest.raises(TooManyCodes):
        world.begin("web:200", typed=typed)
    world.clock.move(timedelta(days=1))
    assert world.verification.check("web:200", world.begin("web:200", typed=typed)).outcome == (
        "accepted" if typed.startswith("anna") else "wrong"
    )


def test_a_lock_tells_when_it_ends(world: World) -> None:
    world.verification = _verification(world, failures_per_hour=1)
    code = world.begin(typed="anna.lind@example.com")
    assert world.verification.check("web:1", other_code(code)).again_at is None
    checked = world.verification.check("web:1", code)
    assert (checked.outcome, checked.again_at) == ("locked", datetime(2026, 11, 21, 11, tzinfo=UTC))


def test_a_resend_does_not_reset_the_failure_budget(world: World) -> None:
    world.verification = _verification(world, resends=5, sends_per_hour=1000, tries=20)
    world.begin(typed="anna.lind@example.com")
    for number in range(6):
        assert _failures(world) == number
        world.verification.check("web:1", world.mails.wrong)
        world.clock.move(timedelta(seconds=31))
        if number < 5:
            world.verification.resend("web:1", f"r{number}")
    assert _failures(world) == 6


def test_a_right_code_is_no_failure(world: World) -> None:
    world.verification = _verification(world, sends_per_hour=1000)
    for _ in range(15):
        world.prove(typed="anna.lind@example.com")
    assert _failures(world) == 0


def test_every_spelling_of_a_number_has_the_same_budget(world: World) -> None:
    for number, typed in enumerate(
        (
            "07700 900321",
            "+44 7700 900321",
            "0044 7700 900321",
            "+44 (0)7700 900321",
            "(07700)900-321",
        )
    ):
        world.begin(f"web:{number}", typed=typed)
    with pytest.raises(TooManyCodes):
        world.begin("web:9", typed="07700900321")


def test_a_mailbox_has_one_budget_behind_all_contacts_of_its_owner(world: World) -> None:
    world.verification = _verification(
        world, sends_per_hour=1000, failures_per_hour=1000, failures_per_day=4
    )
    world.begin("web:1", typed="anna.lind@example.com")
    for _ in range(4):
        world.verification.check("web:1", world.mails.wrong)
    # Guessing on by the phone number looks as it would for anybody, and can no longer succeed.
    code = world.begin("web:2", typed="07700 900321")
    assert world.verification.check("web:2", other_code(code)).outcome == "wrong"
    checked = world.verification.check("web:2", code)
    assert (checked.outcome, checked.again_at) == ("locked", datetime(2026, 11, 22, tzinfo=UTC))
    assert world.verification.proven("web:2", "status", "draft-1") is None


def _count_compares(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    compared: list[str] = []
    matches = codes.matches

    def counted(keyring: Keyring, challenge: str, code: str, stored: str) -> bool:
        compared.append(challenge)
        return matches(keyring, challenge, code, stored)

    monkeypatch.setattr(codes, "matches", counted)
    return compared


def _failures(world: World) -> int:
    with world.database.read() as tx:
        return (
            tx.execute(select(budget.c.count).where(budget.c.kind == "failure_day")).scalar() or 0
        )


def _verification(world: World, **limits: int) -> Verification:
    return Verification(
        world.database, world.keyring, world.clock, policy_with(**limits), world.people, world.mails
    )

"""Many at once: whoever races, there is one request, one receipt, and one answer for all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from privacy.clock import FixedClock
from privacy.errors import NotPossibleNow
from privacy.filing import Filed
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.filing.filing_world import ADA, World, draft, record

CALLERS = 20


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


def at_once[T](act: Callable[[int], T], callers: int = CALLERS) -> list[T]:
    """Everybody waits for everybody, then all act."""
    barrier = Barrier(callers)

    def one(number: int) -> T:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(one, range(callers)))


def test_twenty_conversations_of_one_person_file_one_request(world: World) -> None:
    proofs = [world.proven("access", conversation=f"web:{n}") for n in range(CALLERS)]
    answers = at_once(
        lambda n: world.filing.file(draft(conversation=f"web:{n}"), proofs[n], "turn 1")
    )
    assert len({(filed.reference, filed.due_at, filed.state) for filed in answers}) == 1
    assert [filed.already_open for filed in answers].count(False) == 1
    assert world.mail_rows() == ["request_received"]
    assert (world.rows("request"), world.rows("request_event")) == (1, 1)


def test_one_turn_twenty_times_files_one_request(world: World) -> None:
    proof = world.proven("access")
    answers = at_once(lambda _: world.filing.file(draft(), proof, "turn 1"))
    assert len(set(answers)) == 1
    assert not answers[0].already_open
    assert world.mail_rows() == ["request_received"]


def test_twenty_who_proved_nothing_get_twenty_references_of_one_request(world: World) -> None:
    records = [record("shop:17", "ada@example.com")]

    def act(number: int) -> Filed:
        elsewhere = draft("object", conversation=f"web:{number}")
        return world.filing.file_unproven(elsewhere, ADA, records, "turn 1")

    answers = at_once(act)
    assert len({filed.reference for filed in answers}) == CALLERS
    assert not any(filed.already_open for filed in answers)
    assert (world.rows("request"), world.rows("request_alias")) == (1, CALLERS - 1)
    assert len(world.mails.sent("request_received")) == 1


def test_twenty_cancel_and_one_succeeds(world: World) -> None:
    filed = world.filing.file(draft(), world.proven("access"), "turn 1")

    def act(number: int) -> bool:
        try:
            world.filing.cancel(filed.reference, ["shop:17"], f"turn {number + 2}")
        except NotPossibleNow:
            return False
        return True

    assert at_once(act).count(True) == 1
    assert world.mail_rows() == ["request_received", "request_cancelled"]
    assert world.rows("request_event") == 2


def test_details_put_at_once_are_all_kept(world: World) -> None:
    world.drafts.begin("web:1", "correct")
    at_once(lambda n: world.drafts.put("web:1", **{f"detail_{n}": "x"}))
    stored = world.drafts.get("web:1")
    assert stored is not None
    assert len(stored.details) == CALLERS


def test_drafts_begun_at_once_leave_one(world: World) -> None:
    keys = at_once(lambda _: world.drafts.begin("web:1", "delete"))
    stored = world.drafts.get("web:1")
    assert stored is not None
    assert stored.act_key in keys
    assert len(set(keys)) == CALLERS

"""Looking requests up, taking them back, and their history that only grows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from privacy.clock import FixedClock
from privacy.errors import NotPossibleNow, RequestNotFound
from privacy.filing import ledger
from privacy.filing.retention import retire
from privacy.requests import Event, Reason, State, Status
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.requests import request, request_event
from tests.privacy.filing.filing_world import World, draft

ADA = ["shop:17"]


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


def file(world: World, kind: str = "access", turn: str = "turn 1") -> str:
    return world.filing.file(draft(kind), world.proven(kind), turn).reference


def move(world: World, reference: str, event: Event, reason: Reason | None = None) -> None:
    """What a colleague or a later part of the house does."""
    with world.database.write() as tx:
        row = tx.execute(select(request).where(request.c.reference == reference)).mappings().one()
        ledger.move(tx, row, event, at=world.clock.now(), actor="agent:7", reason=reason)


def test_cancelling_closes_tells_and_is_kept(world: World) -> None:
    reference = file(world)
    world.clock.move(timedelta(days=2))
    view = world.filing.cancel(reference, ADA, "turn 2")
    assert (view.status, view.reason) == (Status.CANCELLED, Reason.BY_CUSTOMER)
    assert view.closed_at == world.clock.now()
    assert world.filing.view(reference, ADA) == view
    (told,) = world.mails.sent("request_cancelled")
    assert (told.to, told.conversation) == ("ada@example.com", None)
    assert told.values == {
        "reference": reference,
        "kind": "see your data",
        "cancelled": "Monday 23 November 2026",
    }
    filed, cancelled = world.filing.history(view.request_id)
    assert (cancelled.seq, cancelled.actor, cancelled.event) == (2, "customer", "cancelled")
    assert cancelled.at - filed.at == timedelta(days=2)


def test_one_turn_cancels_once(world: World) -> None:
    reference = file(world)
    view = world.filing.cancel(reference, ADA, "turn 2")
    assert world.filing.cancel(reference, ADA, "turn 2") == view
    assert len(world.filing.history(view.request_id)) == 2
    with pytest.raises(NotPossibleNow):
        world.filing.cancel(reference, ADA, "turn 3")


@pytest.mark.parametrize(
    "events",
    [
        [Event.TIME_CAME, Event.COMMITTED],
        [Event.TIME_CAME, Event.COMMITTED, Event.FINISHED],
    ],
)
def test_what_has_begun_for_good_cannot_be_cancelled(world: World, events: list[Event]) -> None:
    reference = file(world, "delete")
    for event in events:
        move(world, reference, event)
    with pytest.raises(NotPossibleNow):
        world.filing.cancel(reference, ADA, "turn 2")
    assert world.mails.sent("request_cancelled") == []


@pytest.mark.parametrize("reference", ["PR-7K4M-9Q0B", "nonsense", "", "PR-7K4M-9Q0H"])
def test_a_reference_that_is_not_there(world: World, reference: str) -> None:
    file(world)
    with pytest.raises(RequestNotFound):
        world.filing.view(reference, ADA)
    with pytest.raises(RequestNotFound):
        world.filing.cancel(reference, ADA, "turn 2")


@pytest.mark.parametrize("subjects", [["shop:18"], [], ["shop:17", "shop:18"]])
def test_a_reference_alone_shows_and_moves_nothing(world: World, subjects: list[str]) -> None:
    reference = file(world)
    with pytest.raises(RequestNotFound):
        world.filing.view(reference, subjects)
    with pytest.raises(RequestNotFound):
        world.filing.cancel(reference, subjects, "turn 2")
    assert world.filing.view(reference, ADA).status is Status.RECEIVED


def test_open_requests_come_first_then_the_newest(world: World) -> None:
    made = {}
    for number, kind in enumerate(("access", "export", "delete", "restrict")):
        world.clock.move(timedelta(hours=1))
        made[kind] = file(world, kind, f"turn {number}")
    world.filing.cancel(made["restrict"], ADA, "turn 8")
    world.filing.cancel(made["access"], ADA, "turn 9")
    assert [view.kind for view in world.filing.overview(ADA)] == [
        "delete",
        "export",
        "restrict",
        "access",
    ]


def test_a_request_is_declined_for_a_reason_only(world: World) -> None:
    reference = file(world)
    with pytest.raises(ValueError, match="for a reason"):
        move(world, reference, Event.DECLINED)
    move(world, reference, Event.DECLINED, Reason.NO_MATCH)
    view = world.filing.view(reference, ADA)
    assert (view.status, view.reason) == (Status.DECLINED, Reason.NO_MATCH)


def test_of_two_who_read_the_same_one_moves_it(world: World) -> None:
    file(world)
    with world.database.read() as tx:
        row = tx.execute(select(request)).mappings().one()
    with world.database.write() as tx:
        ledger.move(tx, row, Event.STARTED, at=world.clock.now(), actor="agent:7")
    with world.database.write() as tx, pytest.raises(NotPossibleNow, match="somebody else"):
        ledger.move(tx, row, Event.CANCELLED, at=world.clock.now(), actor="customer")
    with world.database.read() as tx:
        assert tx.execute(select(request.c.state)).scalar_one() == State.IN_PROGRESS


@contextmanager
def refused(world: World, why: str) -> Iterator[Connection]:
    with pytest.raises(DatabaseError, match=why), world.database.write() as tx:
        yield tx


def test_the_history_cannot_be_changed_or_deleted(world: World) -> None:
    reference = file(world)
    with refused(world, "append-only") as tx:
        tx.execute(update(request_event).values(actor="nobody"))
    with refused(world, "append-only") as tx:
        tx.execute(delete(request_event))
    world.filing.cancel(reference, ADA, "turn 2")
    with refused(world, "append-only") as tx:
        tx.execute(delete(request_event))
    with pytest.raises(IntegrityError), world.database.write() as tx:
        tx.execute(delete(request))
    assert world.rows("request_event") == 2


def test_an_open_request_cannot_be_marked_as_retired(world: World) -> None:
    file(world)
    with pytest.raises(IntegrityError), world.database.write() as tx:
        tx.execute(update(request).values(retired_at=world.clock.now()))


def test_retention_takes_closed_requests_with_all_that_belongs_to_them(world: World) -> None:
    old, kept = file(world), file(world, "export", "turn 2")
    world.filing.cancel(old, ADA, "turn 3")
    world.clock.move(timedelta(days=740))
    late = file(world, "delete", "turn 4")
    world.filing.cancel(late, ADA, "turn 5")
    now = world.clock.now()
    with world.database.write() as tx:
        gone = tx.execute(select(request.c.id).where(request.c.reference == old)).scalar_one()
        world.works.forget(tx, [gone])  # what hangs on a request goes first
        assert retire(tx, now - timedelta(days=730), now) == 1
    assert {view.reference for view in world.filing.overview(ADA)} == {kept, late}
    assert world.rows("request_event") == 4  # filed; filed, scheduled, cancelled
    assert world.rows("request_deadline") == 4 + 4

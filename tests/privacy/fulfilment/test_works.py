"""When a request is worked on: at once, after the days of undo, when a person is done; and never by two."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from command.health import probe_work
from privacy.clock import FixedClock
from privacy.filing import ledger
from privacy.fulfilment.books.works import Claim, WorkState
from privacy.requests import Event, State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.requests import request
from tests.privacy.filing.filing_world import POLICY, draft
from tests.privacy.fulfilment.work_world import DONE, WorkWorld


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> WorkWorld:
    return WorkWorld(database, keyring, clock, tmp_path)


def claim(world: WorkWorld) -> Claim | None:
    with world.database.write() as tx:
        return world.works.claim(tx, world.clock.now())


def test_what_is_filed_is_due_at_once(world: WorkWorld) -> None:
    filed = world.file()
    row = world.work_row(filed.reference)
    assert (row["state"], row["run"], row["due_at"]) == (WorkState.DUE, 0, world.clock.now())
    assert claim(world) == Claim(str(row["request"]), 1)
    assert claim(world) is None


def test_a_deletion_waits_until_it_cannot_be_undone_any_more(world: WorkWorld) -> None:
    filed = world.file("delete")
    assert filed.state is State.SCHEDULED
    days = timedelta(days=POLICY.deletion.undo_days)
    assert world.work_row(filed.reference)["due_at"] == filed.received_at + days
    world.clock.move(days - timedelta(seconds=1))
    assert claim(world) is None
    world.clock.move(timedelta(seconds=1))
    assert claim(world) is not None


def test_a_deletion_can_be_had_at_once(world: WorkWorld) -> None:
    filed = world.file("delete")
    request_id = str(world.work_row(filed.reference)["request"])
    with world.database.write() as tx:
        assert world.works.hasten(tx, request_id, world.clock.now())
    assert claim(world) == Claim(request_id, 1)
    with world.database.write() as tx:
        assert not world.works.hasten(tx, request_id, world.clock.now())


def test_nothing_is_done_while_it_is_not_settled_who_asks(world: WorkWorld) -> None:
    proof = world.proven("access", "shop:17", "shop:18")
    world.filing.file(draft("access"), proof, "turn 1")
    assert world.rows("work") == 0
    with world.database.write() as tx:
        row = tx.execute(select(request)).mappings().one()
        now = world.clock.now()
        assert world.works.begin(tx, row["id"], "access", State.RECEIVED, now) is State.RECEIVED
    assert claim(world) is None  # the request itself still says that it is being settled
    move(world, Event.IDENTITY_SETTLED)
    assert claim(world) is not None


def test_a_request_that_was_taken_back_drops_out(world: WorkWorld) -> None:
    filed = world.file()
    world.filing.cancel(filed.reference, ["shop:17"], "turn 2")
    assert claim(world) is None
    with world.database.read() as tx:
        assert world.works.next_due(tx) is None


def test_filing_that_fails_leaves_no_work(
    world: WorkWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(world.mails, "add", broken)
    with pytest.raises(RuntimeError):
        world.file("delete")
    assert (world.rows("request"), world.rows("work")) == (0, 0)


def test_the_oldest_comes_first(world: WorkWorld) -> None:
    first = world.file("export")
    world.clock.move(timedelta(seconds=5))
    world.file("access")
    taken = claim(world)
    assert taken is not None
    assert taken.request == world.work_row(first.reference)["request"]


def test_twenty_who_reach_for_one_request_get_it_once(world: WorkWorld) -> None:
    world.file()
    barrier = Barrier(20)

    def reach(_: int) -> Claim | None:
        barrier.wait()
        return claim(world)

    with ThreadPoolExecutor(20) as pool:
        taken = [one for one in pool.map(reach, range(20)) if one]
    assert len(taken) == 1


def test_an_older_run_changes_nothing(world: WorkWorld) -> None:
    world.file()
    old = claim(world)
    assert old is not None
    with world.database.write() as tx:
        assert world.works.put_back(tx, old, world.clock.now(), world.clock.now())
    new = claim(world)
    assert new == Claim(old.request, 2)
    now = world.clock.now()
    with world.database.write() as tx:
        assert not world.works.is_held(tx, old)
        assert not world.works.end(tx, old, now)
        assert not world.works.hand_to_person(tx, old, now)
        assert world.works.end(tx, new, now)


def test_health_sees_work_that_nobody_takes(world: WorkWorld) -> None:
    world.file()
    world.file("delete")
    world.clock.move(timedelta(minutes=10))
    with world.database.read() as tx:
        standing = world.works.standing(tx, world.clock.now())
    assert (standing.due, standing.running, standing.late_seconds) == (2, 0, 600)


async def test_the_health_page_says_how_work_stands(world: WorkWorld) -> None:
    world.file()
    probe = probe_work(world.database, world.clock, world.works)
    assert (await probe())["state"] == "ok"
    world.clock.move(timedelta(minutes=6))
    late = {"state": "down", "due": 1, "running": 0, "for_person": 0, "late_seconds": 360}
    assert await probe() == late
    world.course.script = lambda _job, _steps: DONE
    world.work()
    idle = {"state": "ok", "due": 0, "running": 0, "for_person": 0, "late_seconds": 0}
    assert await probe() == idle


def move(world: WorkWorld, event: Event) -> None:
    with world.database.write() as tx:
        row = tx.execute(select(request)).mappings().one()
        ledger.move(tx, row, event, at=world.clock.now(), actor="agent:7")

"""Carrying out with the real engine: it goes on after kill -9 wherever that hits, does a request once however many
reach for it, on SQLite and on PostgreSQL.
"""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from privacy.errors import SystemDown
from privacy.fulfilment.books.works import Claim
from privacy.fulfilment.engine.port import Interrupted
from privacy.fulfilment.engine.workflows_database import SCHEMA
from privacy.fulfilment.job import Job, Outcome, Steps
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.schema import metadata
from tests.driving.postgres import address
from tests.privacy.fulfilment.crash_house import PATIENCE, House


@pytest.fixture
def postgres() -> Iterator[str]:
    """A database, emptied before and after."""
    _emptied()
    yield address()
    _emptied()


def _emptied() -> None:
    database = Database(address())
    metadata.drop_all(database.engine)
    with database.write() as tx:
        tx.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
    database.close()


@pytest.fixture(scope="module")
def matrix() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.privacy.fulfilment.crash_house", "--matrix"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_step_and_every_commit_has_a_crash_point(matrix: dict[str, Any]) -> None:
    for step in ("places", "erase:shop", "erase:crm"):
        assert {f"before-step:{step}", f"acted:{step}", f"after-step:{step}"} <= set(matrix)
    for writer in (
        "privacy.filing.filing.Filing.file",
        "privacy.fulfilment.engine.runner.Runner._claim",
        "privacy.fulfilment.engine.carrying_out.CarryingOut._set_out",
        "privacy.fulfilment.engine.carrying_out.CarryingOut._freeze",
        "privacy.fulfilment.engine.ends.Ends._end",
    ):
        assert {f"before-commit:{writer}", f"after-commit:{writer}"} <= set(matrix)


def test_killed_anywhere_everything_is_done_and_told_once(matrix: dict[str, Any]) -> None:
    for point, seen in matrix.items():
        assert (seen["killed"], seen["ended"]) == (-9, 0), point
        assert seen["state"] == ["done"], point
        assert seen["works"] == ["ended"], point
        assert seen["mails"] == ["request_done", "request_received"], point
        assert seen["said"] == 1, point


def test_a_finished_step_is_not_taken_again(matrix: dict[str, Any]) -> None:
    for point, seen in matrix.items():
        acts = {"shop": 1, "crm": 1}
        if point.startswith("acted:erase:"):  # done, and not yet remembered: it is done again
            acts[point.removeprefix("acted:erase:")] = 2
        assert seen["acts"] == acts, point


def test_two_services_that_reach_for_one_request_carry_it_out_once(tmp_path: Path) -> None:
    """The second one has no engine of its own in this process: it only reaches for work."""
    house = House(tmp_path)
    other = House(tmp_path)

    async def both() -> None:
        for kind in ("access", "export", "restrict", "object"):
            house.world.file(kind) if kind != "object" else house.world.file_unproven()
        taken: list[Claim] = []
        stop = asyncio.Event()
        await house.runner.start()
        working = asyncio.create_task(house.runner.run(stop))

        def reach() -> None:
            with other.world.database.write() as tx:
                claim = other.world.works.claim(tx, other.world.clock.now())
            if claim:
                taken.append(claim)
                house.engine.begin(claim.request, claim.run)
                house.engine.begin(claim.request, claim.run)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: reach(), range(8)))
        await until(lambda: house.world.work_states() == ["ended"] * 4)
        stop.set()
        await working

    asyncio.run(both())
    assert len(house.world.course.jobs) == 4


@pytest.mark.postgres
class TestOnPostgres:
    def test_a_request_is_carried_out(self, tmp_path: Path, postgres: str) -> None:
        house = House(tmp_path, postgres)
        asyncio.run(house.until_closed())
        seen = house.seen()
        assert seen["acts"] == {"shop": 1, "crm": 1}
        assert (seen["state"], seen["works"], seen["said"]) == (["done"], ["ended"], 1)
        with house.world.database.read() as tx:
            found = tx.execute(text(f"SELECT status FROM {SCHEMA}.workflow_status")).scalars().all()
        assert found == ["SUCCESS"]

    def test_twenty_who_reach_for_four_requests_get_each_once(
        self, tmp_path: Path, postgres: str
    ) -> None:
        world = House(tmp_path, postgres).world
        for kind in ("access", "export", "restrict"):
            world.file(kind)
        world.file_unproven()
        barrier = threading.Barrier(20)

        def reach(_: int) -> Claim | None:
            barrier.wait()
            with world.database.write() as tx:
                return world.works.claim(tx, world.clock.now())

        with ThreadPoolExecutor(20) as pool:
            taken = [one.request for one in pool.map(reach, range(20)) if one]
        assert len(taken) == len(set(taken))
        assert world.work_states() == ["running"] * 4

    def test_the_work_of_a_dead_service_is_taken_over(self, tmp_path: Path, postgres: str) -> None:
        house = House(tmp_path, postgres)
        reached, dead = threading.Event(), threading.Event()

        def hangs(_job: Job, steps: Steps) -> Outcome:
            steps.run("erase:shop", lambda: house._act("shop"))
            reached.set()
            dead.wait(PATIENCE)
            raise Interrupted  # as a process that is gone: nothing is written

        async def first() -> None:
            house.world.course.script = hangs
            house.world.file()
            stop = asyncio.Event()
            await house.runner.start()
            working = asyncio.create_task(house.runner.run(stop))
            await until(reached.is_set)
            stop.set()
            dead.set()
            await working

        asyncio.run(first())
        assert house.world.work_states() == ["running"]
        other = House(tmp_path, postgres, executor="another")
        other.world.clock.move(timedelta(seconds=91))

        async def second() -> None:
            stop = asyncio.Event()
            await other.runner.start()  # whose lease is over is resumed by the next look
            await asyncio.to_thread(other.runner._look_after)
            working = asyncio.create_task(other.runner.run(stop))
            await until(other.is_closed)
            stop.set()
            await working

        asyncio.run(second())
        assert other.seen()["acts"] == {"shop": 1, "crm": 1}


def test_a_system_that_is_down_is_asked_again(tmp_path: Path) -> None:
    house = House(tmp_path)

    def script(job: Job, steps: Steps) -> Outcome:
        if job.run == 1:
            steps.run("erase:shop", _down)
        return house.erase(job, steps)

    house.world.course.script = script

    async def story() -> None:
        house.world.file()
        stop = asyncio.Event()
        await house.runner.start()
        working = asyncio.create_task(house.runner.run(stop))
        await until(lambda: house.world.wordings() == ["utter_request_waiting"])
        house.world.clock.move(timedelta(seconds=20))
        house.runner.wake()
        await until(house.is_closed)
        stop.set()
        await working

    asyncio.run(story())
    assert house.seen()["acts"] == {"shop": 1, "crm": 1}


async def until(holds: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


def _down() -> None:
    raise SystemDown("shop")

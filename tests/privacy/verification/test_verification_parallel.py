"""Forty at once, in threads and in processes: never more tries than allowed, never two winners.

On PostgreSQL too.
"""

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import func, select

from privacy.clock import FixedClock
from privacy.errors import ResendTooSoon, TooManyCodes
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.challenges import budget, challenge, proof
from privacy.verification import Begun, codes
from tests.driving.postgres import EITHER, address
from tests.privacy.fake_outbox import other_code
from tests.privacy.verification.verification_world import (
    POLICY,
    World,
    contact,
    make_world,
    policy_with,
    record,
)

AT_ONCE = 40
PROCESSES = 4
KEY = bytes(range(32))
TABLES = [challenge, budget, proof]
_barrier: Barrier | None = None  # in a process of the pool


@pytest.fixture(params=EITHER)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'vera.db'}" if request.param == "sqlite" else address()


@pytest.fixture
def world(url: str, clock: FixedClock) -> Iterator[World]:
    database = Database(url, pool_size=AT_ONCE)
    metadata.drop_all(database.engine, TABLES)
    metadata.create_all(database.engine, TABLES)
    yield make_world(database, Keyring([KEY]), clock, record("shop:1", "anna@example.com"))
    metadata.drop_all(database.engine, TABLES)
    database.close()


def _at_once[T](act: Callable[[int], T]) -> list[T]:
    barrier = threading.Barrier(AT_ONCE)

    def run(number: int) -> T:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    compared: list[str] = []
    matches = codes.matches

    def count(keyring: Keyring, challenge: str, code: str, stored: str) -> bool:
        compared.append(code)
        return matches(keyring, challenge, code, stored)

    monkeypatch.setattr(codes, "matches", count)
    return compared


def test_forty_wrong_codes_at_once_compare_five(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = _counted(monkeypatch)
    code = world.begin()
    outcomes = _at_once(
        lambda n: world.verification.check("web:1", other_code(code, n + 1)).outcome
    )
    assert len(compared) == 5
    assert Counter(outcomes) == {"wrong": 4, "locked": 36}
    assert _attempts(world) == [5]
    assert _budgets(world, "failure_day") == [5]


def test_forty_right_codes_at_once_are_accepted_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = _counted(monkeypatch)
    code = world.begin()
    outcomes = _at_once(lambda _: world.verification.check("web:1", code).outcome)
    assert outcomes.count("accepted") == 1
    assert len(compared) <= 5
    assert _count(world, proof) == 1
    assert _budgets(world, "failure_day") == [0]


def test_forty_conversations_at_once_share_the_failure_budget(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(
        world.database,
        world.keyring,
        world.clock,
        *world.people.records,
        policy=policy_with(sends_per_hour=100),
    )
    begun = [world.begin(f"web:{number}") for number in range(AT_ONCE)]
    compared = _counted(monkeypatch)
    outcomes = _at_once(
        lambda n: world.verification.check(f"web:{n}", other_code(begun[n])).outcome
    )
    assert len(compared) == POLICY.codes.failures_per_hour
    assert Counter(outcomes) == {"wrong": 10, "locked": 30}


def test_forty_conversations_at_once_are_sent_five_codes(world: World) -> None:
    def begin(number: int) -> bool:
        try:
            world.begin(f"web:{number}", turn="1")
        except TooManyCodes:
            return False
        return True

    assert sum(_at_once(begin)) == 5
    assert len(world.mails.all) == 5
    assert _count(world, challenge) == 5


def test_one_turn_forty_times_at_once_begins_once(world: World) -> None:
    def begin(_: int) -> Begun:
        return world.verification.begin(
            "web:1", "status", contact("anna@example.com"), "draft-1", "7"
        )

    assert len(set(_at_once(begin))) == 1
    assert _count(world, challenge) == 1
    assert _budgets(world, "send") == [1]


def test_a_conversation_that_begins_forty_times_at_once_keeps_one_open(world: World) -> None:
    world = make_world(
        world.database,
        world.keyring,
        world.clock,
        *world.people.records,
        policy=policy_with(sends_per_hour=100),
    )
    _at_once(lambda n: world.begin(turn=str(n)))
    with world.database.read() as tx:
        open_ones = tx.execute(
            select(func.count()).where(challenge.c.replaced_at.is_(None))
        ).scalar()
    assert open_ones == 1
    assert _count(world, challenge) == _budgets(world, "send")[0] == AT_ONCE


def test_forty_resends_at_once_send_one_code(world: World) -> None:
    world.begin()
    world.clock.move(timedelta(minutes=1))

    def resend(number: int) -> bool:
        try:
            world.verification.resend("web:1", f"r{number}")
        except ResendTooSoon:
            return False
        return True

    assert sum(_at_once(resend)) == 1
    assert _budgets(world, "send") == [2]


@pytest.mark.parametrize("right", [True, False])
def test_forty_codes_from_several_processes(world: World, url: str, right: bool) -> None:
    code = world.begin()
    typed = code if right else other_code(code)
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])  # or each would load everything anew
    with ProcessPoolExecutor(
        PROCESSES, forks, initializer=_start_together, initargs=(forks.Barrier(PROCESSES),)
    ) as pool:
        work = [
            pool.submit(_check_in_own_process, url, world.clock, typed, AT_ONCE // PROCESSES)
            for _ in range(PROCESSES)
        ]
        results = [future.result(timeout=120) for future in work]
    assert len({pid for pid, _, _ in results}) == PROCESSES
    outcomes = Counter(outcome for _, some, _ in results for outcome in some)
    compared = sum(count for _, _, count in results)
    assert outcomes.total() == AT_ONCE
    assert compared <= 5
    assert outcomes["accepted"] == (1 if right else 0)
    if not right:
        assert (compared, _attempts(world)) == (5, [5])


def _start_together(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _check_in_own_process(
    url: str, clock: FixedClock, typed: str, times: int
) -> tuple[int, list[str], int]:
    database = Database(url)
    verification = make_world(database, Keyring([KEY]), clock).verification
    compared: list[bool] = []
    matches = codes.matches

    def count(keyring: Keyring, challenge: str, code: str, stored: str) -> bool:
        compared.append(True)
        return matches(keyring, challenge, code, stored)

    codes.matches = count
    assert _barrier is not None
    _barrier.wait(timeout=100)
    with ThreadPoolExecutor(times) as pool:
        outcomes = list(
            pool.map(lambda _: str(verification.check("web:1", typed).outcome), range(times))
        )
    database.close()
    return os.getpid(), outcomes, len(compared)


def _attempts(world: World) -> list[int]:
    with world.database.read() as tx:
        return list(tx.execute(select(challenge.c.attempts)).scalars())


def _budgets(world: World, kind: str) -> list[int]:
    with world.database.read() as tx:
        return list(tx.execute(select(budget.c.count).where(budget.c.kind == kind)).scalars())


def _count(world: World, table: object) -> int:
    with world.database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]

"""Many at once at one conversation, on either database: one of them wins, and the others are told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from privacy.errors import Problem
from privacy.handoff.hand_overs import TakenAlready
from tests.privacy.handoff.hand_over_world import ANNA, BEN, World

AT_ONCE = 8


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each came to: its result or the problem that was told."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_of_two_agents_who_take_it_at_once_one_has_it_and_the_other_is_told_who(
    any_world: World,
) -> None:
    any_world.asks("web:1")
    told = at_once(lambda: any_world.claims("web:1", ANNA), lambda: any_world.claims("web:1", BEN))
    [lost] = [one for one in told if isinstance(one, TakenAlready)]
    assert lost.by == any_world.now("web:1").agent_name
    assert sum(isinstance(one, Problem) for one in told) == 1


def test_who_asks_many_times_at_once_is_in_the_queue_once(any_world: World) -> None:
    told = at_once(*[lambda: any_world.asks("web:1")] * AT_ONCE)
    assert len({one.id for one in told}) == 1  # type: ignore[attr-defined]
    assert any_world.wait("web:1") == (0, None)


def test_taken_back_and_taken_at_once_it_has_one_holder(any_world: World) -> None:
    def takes_back() -> object:
        with any_world.database.write() as tx:
            return any_world.hand_overs.take_back(tx, "web:1")

    for _ in range(3):
        any_world.asks("web:1")
        taken, back = at_once(lambda: any_world.claims("web:1", ANNA), takes_back)
        assert isinstance(taken, Problem) == back
        assert (any_world.of("web:1") is None) == back
        if not back:
            with any_world.database.write() as tx:
                any_world.hand_overs.end(tx, "web:1", "handed_back", f"agent:{ANNA}")


def test_it_is_given_back_while_somebody_asks_and_nobody_is_lost(any_world: World) -> None:
    def ends() -> object:
        with any_world.database.write() as tx:
            return any_world.hand_overs.end(tx, "web:1", "handed_back", f"agent:{ANNA}")

    for _ in range(3):
        any_world.asks("web:1")
        told = at_once(lambda: any_world.asks("web:1", "distress"), ends)
        assert not any(isinstance(one, Problem) for one in told)


def test_minutes_and_idle_agents_read_the_same_on_every_database(any_world: World) -> None:
    names = [f"web:1{number}" for number in range(5)]
    any_world.opened(*names)
    for name in names:
        any_world.asks(name)
        any_world.pass_by(minutes=3)
        any_world.claims(name, ANNA)
    any_world.asks("web:1", left_for="sam@example.com")
    assert any_world.asks("web:1").holder == "queue"
    assert any_world.wait("web:1") == (0, 3)
    any_world.pass_by(minutes=20)
    assert sorted(any_world.idle_ones(minutes=10)) == names
    assert any_world.wait("web:1") == (5, 3)


def test_whoever_holds_it_holds_it_until_a_message_is_stored(any_world: World) -> None:
    """Else an agent could hand it back in between, and nobody would answer."""
    any_world.asks("web:1")
    any_world.claims("web:1", ANNA)

    def ends() -> bool:
        with any_world.database.write() as tx:
            return any_world.hand_overs.end(tx, "web:1", "handed_back", f"agent:{ANNA}")

    with ThreadPoolExecutor(1) as pool:
        with any_world.database.write() as tx:
            assert any_world.hand_overs.holder(tx, "web:1") == "agent"
            ending = pool.submit(ends)
            with pytest.raises(TimeoutError):
                ending.result(timeout=0.2)
            assert any_world.hand_overs.holder(tx, "web:1") == "agent"
        assert ending.result(timeout=20)

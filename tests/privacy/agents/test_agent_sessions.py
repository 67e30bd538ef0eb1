"""Sessions at the desk: how long they last, what keeps them alive, and what ends them at once (S-41)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from privacy.agents.roles import Role
from privacy.agents.sessions import IDLE, LONGEST
from privacy.store.tables.agents import agent_session
from tests.privacy.agents.agents_world import KIM, World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def rows(world: World) -> int:
    with world.database.read() as tx:
        return len(tx.execute(select(agent_session)).all())


def test_a_session_says_who_it_is_and_until_when(world: World) -> None:
    who = world.add()
    token = world.sessions.open(who, "password")
    found = world.sessions.enter(token)
    assert found is not None
    assert found.agent == who
    assert found.ends_at == world.clock.now() + IDLE
    assert world.acts()[-1] == "agent.signed_in"


def test_the_secret_is_long_and_not_stored(world: World) -> None:
    tokens = {world.sessions.open(world.accounts.find(KIM), "password") for _ in range(3)} if world.add() else set()  # fmt: skip
    assert len(tokens) == 3
    with world.database.read() as tx:
        kept = str(tx.execute(select(agent_session)).all())
    assert all(len(token) >= 43 and token not in kept for token in tokens)


@pytest.mark.parametrize("token", ["", "x", "x" * 100_000, "ä\x00", "' OR 1=1 --"])
def test_what_is_no_secret_opens_nothing(world: World, token: str) -> None:
    world.sessions.open(world.add(), "password")
    assert world.sessions.enter(token) is None


def test_a_session_ends_after_fifteen_minutes_without_use(world: World) -> None:
    token = world.sessions.open(world.add(), "password")
    for _ in range(3):
        world.clock.move(IDLE - SECOND)
        assert world.sessions.enter(token)
    world.clock.move(IDLE)
    assert world.sessions.enter(token) is None


def test_a_session_ends_after_twelve_hours_of_use(world: World) -> None:
    token = world.sessions.open(world.add(), "password")
    for _ in range(LONGEST // (10 * MINUTE) - 1):
        world.clock.move(10 * MINUTE)
        assert world.sessions.enter(token)
    found = world.sessions.enter(token)
    assert found is not None
    assert found.ends_at == world.clock.now() + 10 * MINUTE  # and says so before
    world.clock.move(10 * MINUTE)
    assert world.sessions.enter(token) is None


def test_what_a_page_asks_for_by_itself_keeps_nothing_alive(world: World) -> None:
    token = world.sessions.open(world.add(), "password")
    ends_at = world.clock.now() + IDLE
    for _ in range(14):
        world.clock.move(MINUTE)
        found = world.sessions.enter(token, by_itself=True)
        assert found is not None and found.ends_at == ends_at
    world.clock.move(MINUTE)
    assert world.sessions.enter(token, by_itself=True) is None
    assert world.sessions.enter(token) is None


@pytest.mark.parametrize(
    "act",
    [
        lambda world: world.accounts.disable(KIM),
        lambda world: world.accounts.reset(KIM),
        lambda world: world.accounts.change_role(KIM, Role.AUDITOR),
    ],
    ids=["disabled", "reset", "another role"],
)
def test_all_sessions_of_somebody_end_at_once(world: World, act: Callable[[World], object]) -> None:
    who, other = world.add(), world.add("lou")
    own = [world.sessions.open(who, "password"), world.sessions.open(who, "provider")]
    others = world.sessions.open(other, "password")
    act(world)
    assert [world.sessions.enter(token) for token in own] == [None, None]
    assert world.sessions.enter(others)


def test_a_session_opened_while_the_account_was_reset_never_lives(world: World) -> None:
    """The sign-in was right, then the account was reset, then the session was written down."""
    who = world.add()
    key = world.accounts.reset(KIM)
    late = world.sessions.open(who, "password")
    assert world.sessions.enter(late) is None
    world.set_up(KIM, key)
    assert world.sessions.enter(late) is None


def test_a_role_is_read_anew_each_time(world: World) -> None:
    who = world.add()
    world.accounts.change_role(KIM, Role.OFFICER)
    found = world.sessions.enter(world.sessions.open(who, "password"))
    assert found is not None and found.agent.role is Role.OFFICER


def test_signing_out_ends_this_session_alone(world: World) -> None:
    who = world.add()
    here, elsewhere = world.sessions.open(who, "password"), world.sessions.open(who, "password")
    world.sessions.end(here)
    world.sessions.end(here)
    assert world.sessions.enter(here) is None
    assert world.sessions.enter(elsewhere)
    assert world.acts().count("agent.signed_out") == 1


def test_rows_of_sessions_that_are_over_go(world: World) -> None:
    who = world.add()
    idle = world.sessions.open(who, "password")
    world.clock.move(IDLE - SECOND)
    used = world.sessions.open(who, "password")
    assert world.sessions.tidy_up() == 0
    world.clock.move(SECOND)
    assert (world.sessions.tidy_up(), rows(world)) == (1, 1)
    assert world.sessions.enter(idle) is None
    assert world.sessions.enter(used)

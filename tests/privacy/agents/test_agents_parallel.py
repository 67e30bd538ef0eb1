"""Many at once, on both kinds of database: one code lets in one, and every failure counts."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from privacy.agents.admission import Admission
from privacy.agents.errors import SetupFailed
from privacy.agents.provider.provider import Arrival
from privacy.agents.roles import Role
from privacy.agents.tries import FREE
from privacy.clock import FixedClock
from privacy.errors import Problem
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.agents import agent, agent_session, sign_in_try
from privacy.store.tables.audit import audit, audit_checkpoint, audit_year
from tests.driving.postgres import EITHER, address
from tests.privacy.agents.agents_world import KIM, PASSWORD, World

AT_ONCE = 12
TABLES = [agent, agent_session, sign_in_try, audit, audit_checkpoint, audit_year]


@pytest.fixture(params=EITHER)
def world(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock, cheap_hashes: None
) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'vera.db'}" if request.param == "sqlite" else address()
    database = Database(url)
    metadata.drop_all(database.engine, TABLES)
    metadata.create_all(database.engine, TABLES)
    yield World(database, Keyring([bytes(32)]), clock)
    metadata.drop_all(database.engine, TABLES)
    database.close()


def told(act: Callable[[], object]) -> Counter[str]:
    """What so many at once were told: the code of a problem, or "in"."""
    barrier = threading.Barrier(AT_ONCE)

    def one(_: int) -> str:
        barrier.wait()
        try:
            act()
        except Problem as problem:
            return problem.code
        return "in"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(AT_ONCE)))


def test_one_code_lets_in_one(world: World) -> None:
    world.add()
    code = world.code()
    answers = told(lambda: world.accounts.check(KIM, PASSWORD, code))
    assert answers["in"] == 1
    assert set(answers) <= {"in", "desk_sign_in_failed", "desk_sign_in_later"}


@pytest.mark.parametrize("login", [KIM, "nobody"])
def test_so_many_guesses_at_once_are_five(world: World, login: str) -> None:
    world.add()
    answers = told(lambda: world.accounts.check(login, "another password", "123456"))
    assert answers == {"desk_sign_in_failed": FREE, "desk_sign_in_later": AT_ONCE - FREE}


def test_a_set_up_key_makes_one_account_whoever_is_first(world: World) -> None:
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    secrets: set[str] = set()
    told(lambda: secrets.add(world.accounts.begin_setup(KIM, key).secret))
    [secret] = secrets
    code = world.code_of(secret)
    answers = told(lambda: world.accounts.finish_setup(KIM, key, PASSWORD, code))
    assert answers == {"in": 1, SetupFailed.code: AT_ONCE - 1}


def test_somebody_who_arrives_twice_at_once_has_one_account(world: World) -> None:
    admission = Admission(world.database, world.keyring, world.clock, {"team": Role.AGENT})
    arrival = Arrival("7f3a", "https://login.example", KIM, "Kim Lee", frozenset({"team"}))
    assert told(lambda: admission.admit(arrival)) == {"in": AT_ONCE}
    with world.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(agent)).scalar_one() == 1

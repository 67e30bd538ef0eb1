"""How much Chatwoot has not been told, and since when it has been away: what the health page says of it."""

from datetime import datetime, timedelta

import pytest

from privacy.chatwoot.api import Api
from privacy.chatwoot.untold import Untold, untold
from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.driving.chatwoot import ADA, ChatwootStub
from tests.privacy.chatwoot.chatwoot_world import ChatwootWorld, connection

NOTHING = Untold(0, None)


def now(world: ChatwootWorld) -> Untold:
    with world.database.read() as tx:
        return untold(tx)


def later(world: ChatwootWorld) -> datetime:
    world.clock.move(timedelta(minutes=1))
    return world.clock.now()


async def _each_kind_of_news_waits_until_it_is_told(world: ChatwootWorld) -> None:
    world.stub.online = {ADA}
    await world.staff.look()
    world.says("What is this?")
    assert now(world) == NOTHING, "that is between customer and assistant"
    asked = later(world)
    world.asks()
    later(world)
    world.says("Hello?")
    assert now(world) == Untold(1, asked)
    await world.carry()
    assert now(world) == NOTHING
    said = later(world)
    world.says("One more thing")
    later(world)
    world.says("And another")
    assert now(world) == Untold(1, said)
    await world.carry()
    assert now(world) == NOTHING
    ended = later(world)
    world.goes_on_alone()
    later(world)
    assert now(world) == Untold(1, ended)
    await world.carry()
    assert now(world) == NOTHING
    left = later(world)
    world.leaves("Write to me", "sam@example.com")
    assert now(world) == Untold(1, left)
    await world.carry()
    again = later(world)
    world.says("Now to the assistant")
    world.leaves("And this", "sam@example.com", "t2")
    assert now(world) == Untold(1, again)
    await world.carry()
    assert now(world) == NOTHING


async def test_each_kind_of_news_waits_until_it_is_told(world: ChatwootWorld) -> None:
    await _each_kind_of_news_waits_until_it_is_told(world)


@pytest.mark.postgres
async def test_each_kind_of_news_on_postgres(
    postgres: Database, keyring: Keyring, clock: FixedClock, stub: ChatwootStub
) -> None:
    world = ChatwootWorld(postgres, keyring, clock, stub)
    await _each_kind_of_news_waits_until_it_is_told(world)
    await world.api.close()


async def test_away_is_counted_from_the_first_failure_and_ends_with_an_answer(
    world: ChatwootWorld, stub: ChatwootStub
) -> None:
    away = Api(connection(stub, url="http://127.0.0.1:9"))
    world.stub.online = {ADA}
    await world.staff.look()
    world.asks()
    assert (world.staff.away_since, world.rounds.away_since) == (None, None)
    world.staff._api, world.rounds = away, world.new_rounds(away)
    await world.staff.look()
    await world.carry()
    since = world.clock.now()
    world.clock.move(timedelta(minutes=1))
    await world.staff.look()
    await world.carry()
    assert (world.staff.away_since, world.rounds.away_since) == (since, since)
    await away.close()
    world.staff._api = world.api
    await world.staff.look()
    assert world.staff.away_since is None

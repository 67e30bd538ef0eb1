"""What is carried to Chatwoot and back is carried once and in order, whatever breaks on the way."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from privacy.chatwoot import relay, telling
from privacy.chatwoot.api import Api
from privacy.clock import FixedClock
from privacy.conversations.live import DESK
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.chatwoot import chatwoot_conversation
from privacy.store.tables.conversations import conversation
from tests.driving.chatwoot import ADA, BEN, VERA, ChatwootStub
from tests.driving.inside import log_of_the_service
from tests.privacy.chatwoot.chatwoot_world import (
    PACE,
    ChatwootWorld,
    connection,
    handed_over,
    staffed,
)

JOINED = "You're now talking with {}, a person. The assistant is silent until they hand back."


# -- once, whatever breaks ---------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ended here."""


async def _a_day(world: ChatwootWorld, restart: Callable[[], None]) -> None:
    """Both sides write, with rounds in between that may be killed."""

    async def carry() -> None:
        while True:
            try:
                await world.carry()
                return
            except Killed:
                restart()

    async def ring() -> None:
        try:
            await world.ring()
        except Killed:
            restart()
            await carry()

    world.says("one")
    world.asks()
    await carry()
    world.says("two")
    world.stub.write(ADA, "alpha")
    await ring()
    world.says("three")
    world.stub.write(ADA, "beta")
    await ring()
    world.people.customer_left(world.conversation)
    await carry()
    world.stub.write(ADA, "gamma")
    await ring()


def _is_the_day(world: ChatwootWorld) -> None:
    talk = world.stub.talk
    assert len(world.stub.contacts) == 1
    assert talk.said() == ["one", "two", "three"]
    assert world.texts("agent") == ["alpha", "beta"]
    assert world.texts("notice") == [JOINED.format("Ada")]
    theirs = [note for note in talk.notes() if not note.startswith("Assistant: ")]
    assert [note[:30] for note in theirs] == [
        "Vera handed this conversation ",
        "The conversation was closed.",
        "This message was not delivered",
    ]
    assert talk.status == "resolved"


async def _killed_every_other_time(
    world: ChatwootWorld, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    await staffed(world)
    passed: list[str] = []

    def kill(name: str) -> None:
        passed.append(name)
        if len(passed) % 2 == first:  # the time after that it gets one step further
            raise Killed

    for module in (relay, telling):
        monkeypatch.setattr(module, "crashpoint", kill)
    monkeypatch.setattr(world.staff, "is_staffed", lambda *_: True)
    await _a_day(world, world.restart_after_a_kill)
    assert {"chatwoot-said", "chatwoot-noted", "chatwoot-kept"} <= set(passed[1 - first :: 2])
    _is_the_day(world)


@pytest.mark.parametrize("first", [0, 1])
async def test_no_doubles_when_killed_between_any_two_steps(
    world: ChatwootWorld, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    await _killed_every_other_time(world, monkeypatch, first)


@pytest.mark.postgres
async def test_no_doubles_on_postgres(
    postgres: Database,
    keyring: Keyring,
    clock: FixedClock,
    stub: ChatwootStub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = ChatwootWorld(postgres, keyring, clock, stub)
    await _killed_every_other_time(world, monkeypatch, 1)
    await world.api.close()


async def test_no_doubles_when_answers_are_lost(world: ChatwootWorld) -> None:
    await staffed(world)
    world.stub.lost = set(range(1, 100, 2))

    async def carry_on() -> None:
        for _ in range(5):
            await world.later(300)

    world.says("one")
    world.asks()
    await carry_on()
    world.says("two")
    world.stub.write(ADA, "alpha")
    await carry_on()
    world.says("three")
    world.stub.write(ADA, "beta")
    await carry_on()
    world.people.customer_left(world.conversation)
    await carry_on()
    world.stub.write(ADA, "gamma")
    await world.ring()
    await carry_on()
    _is_the_day(world)


async def test_what_no_webhook_told_is_found_by_looking(world: ChatwootWorld) -> None:
    await handed_over(world)
    world.stub.write(ADA, "Did this arrive?")
    await world.carry()
    assert world.texts("agent") == []
    await world.later(31)
    assert world.texts("agent") == ["Did this arrive?"]


async def test_left_messages_are_looked_at_less_often(world: ChatwootWorld) -> None:
    world.leaves("Who has my data?", "sam@example.com")
    await world.carry()
    world.stub.write(ADA, "We do.")
    await world.later(31)
    assert world.texts("agent") == []
    await world.later(270)
    assert world.texts("agent") == ["We do."]


async def test_of_two_services_one_tells_it(world: ChatwootWorld) -> None:
    await staffed(world)
    world.says("Hello")
    world.asks()
    link = world.links.take(world.conversation)
    assert link is not None
    assert world.links.take(world.conversation) is None
    assert await world.rounds.carry_due() == 0
    world.links.let_go(link, timedelta())
    await world.carry()
    assert world.stub.talk.said() == ["Hello"]


async def test_a_ring_while_it_is_in_hand_is_not_lost(world: ChatwootWorld) -> None:
    await handed_over(world)
    link = world.links.take(world.conversation)
    assert link is not None
    written = world.stub.write(ADA, "Just now")
    assert world.links.ring(world.stub.talk.number, written["id"])
    world.links.keep(link, heard_to=written["id"] + 50)
    world.links.let_go(link, timedelta(seconds=30))
    await world.carry()
    assert world.texts("agent") == ["Just now"]


async def test_it_is_told_at_once_and_the_loop_ends_when_told_to(world: ChatwootWorld) -> None:
    await staffed(world)
    world.rounds = world.new_rounds(pace=replace(PACE, poll=600))
    stop = asyncio.Event()
    running = asyncio.create_task(world.rounds.run(stop))

    async def until(is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_so():
                await asyncio.sleep(0.01)

    world.says("A person")
    world.asks()
    world.hub.wake(DESK)
    await until(lambda: bool(world.stub.talks) and world.stub.talk.said() == ["A person"])
    world.says("Hello?")
    world.hub.wake(DESK)
    await until(lambda: len(world.stub.talk.said()) == 2)
    stop.set()
    world.hub.wake_all()
    await asyncio.wait_for(running, 30)


# -- away --------------------------------------------------------------------------------------------------------------


async def test_while_chatwoot_is_away_nobody_is_promised_and_nothing_is_lost(
    world: ChatwootWorld, stub: ChatwootStub
) -> None:
    await staffed(world)
    world.says("A person")
    world.asks()
    away = Api(connection(stub, url="http://127.0.0.1:9"))
    world.rounds = world.new_rounds(away)
    with log_of_the_service() as lines:
        await world.carry()
        await world.later(0.5)
        await world.later(1)
    events = [json.loads(line)["event"] for line in lines.getvalue().splitlines()]
    assert [event for event in events if "chatwoot" in event] == ["chatwoot away"]
    assert stub.talks == {}
    world.staff._api = away
    await world.staff.look()
    world.goes_on_alone()
    assert world.asks().wait is None, "who is there is not known, so nobody is put into a queue"
    await away.close()

    world.staff._api = world.api
    await staffed(world)
    world.asks()
    world.rounds = world.new_rounds()
    await world.carry()
    assert stub.talk.said() == ["A person"]


async def test_one_conversation_that_fails_holds_no_other_up(world: ChatwootWorld) -> None:
    await handed_over(world)
    world.says("Too fast")
    world.stub.script.extend([0, 0, 422])  # it takes no more messages this minute
    await world.carry()
    assert "Too fast" not in world.stub.talk.said()
    await world.later(1.9)
    assert "Too fast" not in world.stub.talk.said()
    await world.later(0.2)
    assert world.stub.talk.said()[-1] == "Too fast"


async def test_a_wrong_token_or_inbox_tells_nobody_anything(
    world: ChatwootWorld, stub: ChatwootStub
) -> None:
    await staffed(world)
    world.says("A person")
    world.asks()
    for changes in ({"token": "another"}, {"inbox": "another"}, {"account": "4"}):
        api = Api(connection(stub, **changes))
        world.rounds = world.new_rounds(api)
        for _ in range(3):
            await world.later(60)
        await api.close()
        assert all(talk.messages == [] for talk in stub.talks.values())
    assert len(stub.talks) <= 1


async def test_another_accounts_conversation_with_the_same_number_is_left_alone(
    world: ChatwootWorld, stub: ChatwootStub
) -> None:
    stub.inbox_number += 1
    await handed_over(world)
    assert stub.talk.messages == []


async def test_nothing_personal_stands_in_the_log(world: ChatwootWorld) -> None:
    with log_of_the_service() as lines:
        await handed_over(world)
        world.stub.script.extend([500, 0, 0, 0])
        world.says("My number is +491713920099")
        await world.carry()
        await world.later(10)
    told = lines.getvalue()
    assert "chatwoot put off" in told
    assert "4917139" not in told and "sam@" not in told and "token" not in told


# -- who is there ------------------------------------------------------------------------------------------------------


async def test_our_own_user_is_nobody(world: ChatwootWorld) -> None:
    world.stub.online = {VERA}
    await world.staff.look()
    assert world.asks().wait is None
    world.stub.online = {VERA, BEN}
    await world.staff.look()
    assert world.asks().wait


async def test_what_was_seen_long_ago_does_not_count(world: ChatwootWorld) -> None:
    await staffed(world)
    world.clock.move(timedelta(seconds=91))
    assert world.asks().wait is None


async def test_rows_go_with_the_conversation(world: ChatwootWorld) -> None:
    await handed_over(world)
    with world.database.write() as tx:
        tx.execute(delete(conversation).where(conversation.c.id == world.conversation))
    with world.database.read() as tx:
        assert tx.execute(select(chatwoot_conversation)).all() == []
    assert world.links.due() == []

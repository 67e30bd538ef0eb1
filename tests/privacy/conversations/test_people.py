"""A conversation between the bot, the queue and agents: who is told what, and that the bot never speaks over a person."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from privacy.agents.accounts import Agent
from privacy.clock import FixedClock
from privacy.conversations.brain import Reading, Reply
from privacy.conversations.people import in_words
from privacy.errors import NotPossibleNow
from privacy.handoff.waits import Wait
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from tests.privacy.conversations.conversation_world import Asked, World
from tests.privacy.conversations.people_world import (
    ASKED,
    WAITS,
    in_queue,
    last,
    leave,
    press,
    taken,
)


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


@pytest.fixture
def anna(world: World) -> Agent:
    return world.hired("Anna")


@pytest.fixture
def ben(world: World) -> Agent:
    return world.hired("Ben")


# ---- Into the queue, and back --------------------------------------------------------------------------------


async def test_messages_in_the_queue_are_kept_for_the_person_and_not_answered_by_the_bot(
    world: World, anna: Agent
) -> None:
    opened = await in_queue(world)
    before = last(world, opened)
    await world.say(opened, "It is about my order.", "more")
    await world.settled(opened)
    assert world.said_since(opened, before) == [
        ("customer", "It is about my order."),
        ("bot", f"{WAITS} You are next."),
    ]
    assert len(world.brain.asked) == 1, "Rasa heard of the wish alone"
    assert world.people.now(opened.conversation).holder == "queue"


async def test_who_waits_can_go_back_to_the_assistant_at_any_time(
    world: World, anna: Agent
) -> None:
    opened = await in_queue(world)
    await world.say(opened, "hello?", "more")
    await press(world, opened, "Back to the assistant", "back")
    assert world.brain.asked[-1].reading == Reading("inform", {"act": "assistant"})
    assert world.people.now(opened.conversation).holder == "bot"
    with pytest.raises(NotPossibleNow):
        world.people.claim(opened.conversation, anna)
    await world.say(opened, "see my data", "next")
    await world.settled(opened)
    assert world.brain.asked[-1].text == "see my data"


async def test_where_there_are_no_buttons_their_words_are_typed(world: World, anna: Agent) -> None:
    opened = await in_queue(world)
    await world.say(opened, "BACK to the assistant", "back")
    await world.settled(opened)
    assert world.brain.asked[-1].reading == Reading("inform", {"act": "assistant"})
    assert world.people.now(opened.conversation).holder == "bot"


async def test_a_button_from_before_the_queue_is_a_message_for_the_person(
    world: World, anna: Agent
) -> None:
    opened = world.open()
    [stale] = [c for c in last(world, opened).choices if c.label == "Delete my data"]
    await world.say(opened, "hello", "first")
    await world.settled(opened)
    world.people.ask(opened.conversation, "asked")
    await world.conversations.choose(opened.conversation, opened.token, stale.id, "old")
    await world.settled(opened)
    assert [asked.text for asked in world.brain.asked] == ["hello"]
    assert world.people.now(opened.conversation).holder == "queue"


async def test_a_button_that_is_pressed_when_a_person_has_just_come_is_a_message_for_them(
    world: World, anna: Agent
) -> None:
    opened = await taken(world, anna)
    await press(world, opened, "Back to the assistant", "late")
    assert last(world, opened).text == "Back to the assistant"
    assert world.people.now(opened.conversation).name == "Anna"
    assert len(world.brain.asked) == 1


async def test_a_message_of_before_is_read_by_the_person_and_not_by_the_bot(
    world: World, anna: Agent
) -> None:
    """It was accepted while the bot still held the conversation, in the turn that brought the queue."""
    opened = world.open()

    def answer(asked: Asked) -> Reply:
        world.people.ask(asked.conversation, "asked")
        return ASKED

    world.brain.answer = answer
    world.brain.may_answer.clear()
    await world.say(opened, "a person please", "1")
    await world.say(opened, "it is urgent", "2")
    world.brain.may_answer.set()
    lines = await world.settled(opened)
    assert [asked.text for asked in world.brain.asked] == ["a person please"]
    assert lines[-1].text == f"{WAITS} You are next."
    one = world.people.now(opened.conversation)
    assert one.holder == "queue"


async def test_who_closes_the_conversation_leaves_the_queue(world: World, anna: Agent) -> None:
    opened = await in_queue(world)
    world.conversations.end(opened.token)
    with pytest.raises(NotPossibleNow):
        world.people.claim(opened.conversation, anna)


async def test_who_left_a_message_is_answered_after_closing_as_well(
    world: World, anna: Agent
) -> None:
    opened = world.open()
    leave(world, opened)
    world.conversations.end(opened.token)
    assert world.people.claim(opened.conversation, anna).mode == "left"


# ---- Who is there ----------------------------------------------------------------------------------------------


SATURDAY, MONDAY = datetime(2026, 11, 21, 10, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_nobody_there_outside_the_hours_is_told_with_the_next_ones(world: World) -> None:
    opened = world.open()
    asked = world.people.ask(opened.conversation, "asked")
    assert (asked.wait, asked.is_open, asked.opens_at) == (None, False, MONDAY)
    assert world.people.moment_in_words(MONDAY) == "Monday 23 November at 09:00"
    assert world.people.hours_in_words() == (
        "Monday to Thursday, 09:00–17:00; Friday, 09:00–16:00, Berlin time"
    )
    assert world.people.now(opened.conversation).holder == "bot"


def test_nobody_there_within_the_hours_is_no_reason_to_say_that_they_are_over(world: World) -> None:
    world.clock.move(MONDAY - SATURDAY)
    asked = world.people.ask(world.open().conversation, "asked")
    assert (asked.wait, asked.is_open) == (None, True)


def test_whoever_is_there_takes_conversations_at_any_hour(world: World, anna: Agent) -> None:
    assert world.people.ask(world.open().conversation, "asked").wait == Wait(0, None)


def test_who_is_on_a_break_or_let_in_no_more_is_not_there(world: World) -> None:
    world.hired("Ben", here=False)
    carla = world.hired("Carla")
    with world.database.write() as tx:
        tx.execute(update(agent).where(agent.c.id == carla.id).values(state="disabled"))
    assert world.people.ask(world.open().conversation, "asked").wait is None


async def test_who_waits_while_everybody_has_gone_keeps_the_place_and_is_told_the_truth(
    world: World, anna: Agent
) -> None:
    opened = await in_queue(world)
    assert world.people.now(opened.conversation).is_staffed
    world.clock.move(timedelta(hours=9))
    now = world.people.now(opened.conversation)
    assert (now.holder, now.wait, now.is_staffed) == ("queue", Wait(0, None), False)
    assert world.people.ask(opened.conversation, "asked").wait == Wait(0, None)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (Wait(0, None), "You are next."),
        (Wait(1, None), "One person is before you."),
        (Wait(4, 1), "4 people are before you. Lately it took about 1 minute."),
        (Wait(0, 12), "You are next. Lately it took about 12 minutes."),
    ],
)
def test_a_wait_in_words(wait: Wait, words: str) -> None:
    assert in_words(wait) == words

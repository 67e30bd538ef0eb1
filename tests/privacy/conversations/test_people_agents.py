"""While an agent has a conversation: who is told what, what is mailed, and that the bot never speaks over a person."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from privacy.agents.accounts import Agent
from privacy.clock import FixedClock
from privacy.conversations.announcements import Announcements
from privacy.conversations.brain import Reading, Reply
from privacy.conversations.doorway import HIDDEN_CODE
from privacy.conversations.messages import Message
from privacy.conversations.sessions import Opened
from privacy.conversations.watch import Watch
from privacy.conversations.wording import Utterance
from privacy.errors import MessageEmpty, MessageTooLong
from privacy.handoff.hand_overs import NotYours, TakenAlready
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import conversation
from privacy.store.tables.handoff import desk_note, hand_over, reply_draft
from tests.privacy.conversations.conversation_world import Asked, World
from tests.privacy.conversations.people_world import (
    JOINED,
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


# ---- An agent has it -------------------------------------------------------------------------------------------


async def test_the_customer_is_told_who_speaks_from_when_to_when(world: World, anna: Agent) -> None:
    opened = await in_queue(world)
    before = last(world, opened)
    world.people.claim(opened.conversation, anna)
    world.people.claim(opened.conversation, anna)
    world.people.reply(opened.conversation, anna, "  Hello, this is Anna. ", "a1")
    await world.say(opened, "Where is my order?", "c1")
    world.people.reply(opened.conversation, anna, "On its way.", "a2")
    world.people.hand_back(opened.conversation, anna)
    await world.settled(opened)
    assert world.said_since(opened, before) == [
        JOINED,
        ("agent", "Hello, this is Anna."),
        ("customer", "Where is my order?"),
        ("agent", "On its way."),
        ("notice", "Anna has left the conversation."),
        ("bot", "This is the assistant again. I remember what was said before."),
    ]
    assert [c.label for c in last(world, opened).choices] == ["Go on", "Something else"]
    assert {line.name for line in world.conversations.history(opened.conversation)} == {"", "Anna"}
    assert len(world.brain.asked) == 1


async def test_of_two_agents_one_takes_it_and_the_customer_hears_of_one(
    world: World, anna: Agent, ben: Agent
) -> None:
    opened = await taken(world, anna)
    before = last(world, opened)
    with pytest.raises(TakenAlready) as told:
        world.people.claim(opened.conversation, ben)
    assert told.value.by == "Anna"
    with pytest.raises(NotYours):
        world.people.reply(opened.conversation, ben, "Hello", "b1")
    assert world.said_since(opened, before) == []


async def test_a_reply_that_is_sent_twice_is_one_message(world: World, anna: Agent) -> None:
    opened = await taken(world, anna)
    before = last(world, opened)
    first = world.people.reply(opened.conversation, anna, "Hello", "a1")
    assert world.people.reply(opened.conversation, anna, "Hello", "a1") == first
    world.people.release(opened.conversation, anna)
    assert world.people.reply(opened.conversation, anna, "Hello", "a1") == first, "it was said"
    assert [text for author, text in world.said_since(opened, before) if author == "agent"] == [
        "Hello"
    ]


async def test_nothing_and_too_much_are_not_said(world: World, anna: Agent) -> None:
    opened = await taken(world, anna)
    before = last(world, opened)
    for say in (world.people.reply, world.people.note):
        with pytest.raises(MessageEmpty):
            say(opened.conversation, anna, " \n", "a1")
        with pytest.raises(MessageTooLong):
            say(opened.conversation, anna, "x" * 4001, "a2")
    assert world.said_since(opened, before) == []
    assert world.notes_beside(opened) == []


async def test_a_note_is_never_in_the_transcript(world: World, anna: Agent, ben: Agent) -> None:
    opened = await taken(world, anna)
    world.people.note(opened.conversation, ben, "Be careful, they are upset.", "n1")
    world.people.note(opened.conversation, ben, "Be careful, they are upset.", "n1")
    assert world.notes_beside(opened) == ["Be careful, they are upset."]
    assert "careful" not in str(world.conversations.history(opened.conversation))


async def test_a_draft_is_kept_until_it_is_sent(world: World, anna: Agent) -> None:
    opened = await taken(world, anna)

    def draft() -> str:
        with world.database.read() as tx:
            return world.notes.draft(tx, opened.conversation, anna.id)

    world.people.keep_draft(opened.conversation, anna, "Hello, I")
    assert draft() == "Hello, I"
    world.people.reply(opened.conversation, anna, "Hello, I look.", "a1")
    assert draft() == ""


async def test_an_agent_who_lost_it_can_do_nothing_more_there(
    world: World, anna: Agent, ben: Agent
) -> None:
    opened = await taken(world, anna)
    world.people.assign(opened.conversation, ben, anna)
    until = world.clock.now() + timedelta(hours=1)
    for act in (
        lambda: world.people.reply(opened.conversation, anna, "Hello", "a1"),
        lambda: world.people.release(opened.conversation, anna),
        lambda: world.people.snooze(opened.conversation, anna, until),
        lambda: world.people.hand_back(opened.conversation, anna),
    ):
        with pytest.raises(NotYours):
            act()
    assert last(world, opened).text.startswith("You're now talking with Ben, a person.")


async def test_who_is_let_go_is_told_and_keeps_the_place(world: World, anna: Agent) -> None:
    opened = await taken(world, anna)
    told = ("notice", "Anna can't go on just now. You're back in the queue and keep your place.")
    before = last(world, opened)
    world.people.release(opened.conversation, anna)
    assert world.said_since(opened, before) == [told]
    world.people.claim(opened.conversation, anna)
    before = last(world, opened)
    world.people.assign(opened.conversation, None, anna)
    assert world.said_since(opened, before) == [told]
    world.people.claim(opened.conversation, anna)
    await world.say(opened, "are you there?", "c1")
    before = last(world, opened)
    world.clock.move(timedelta(minutes=11))
    assert world.people.take_from_idle(timedelta(minutes=10)) == 1
    assert world.people.take_from_idle(timedelta(minutes=10)) == 0
    assert world.said_since(opened, before) == [told]
    assert world.people.now(opened.conversation).holder == "queue"


# ---- The bot is silent ------------------------------------------------------------------------------------------


async def test_an_answer_that_comes_when_a_person_speaks_is_a_note_for_them(
    world: World, anna: Agent
) -> None:
    opened = world.open()

    def answer(asked: Asked) -> Reply:
        world.people.ask(asked.conversation, "asked")
        world.people.claim(asked.conversation, anna)  # faster than the answer
        return Reply([Utterance("I've asked a person"), Utterance("Which address?")])

    world.brain.answer = answer
    await world.say(opened, "a person please", "1")
    lines = await world.settled(opened)
    assert (lines[-1].author, lines[-1].text) == JOINED
    assert world.notes_beside(opened) == [
        "The assistant was about to say: I've asked a person\nWhich address?"
    ]


async def test_news_come_beside_the_talk_without_buttons(world: World, anna: Agent) -> None:
    news = Announcements(world.people, world.wording, world.hub, world.clock)

    def tell(opened: Opened) -> Message:
        values = {"reference": "PR-1", "systems": "our shop", "due": "Monday"}
        with world.database.write() as tx:
            news.tell(tx, opened.conversation, "utter_person_helps", values, "k")
        return last(world, opened)

    waiting, talking = await in_queue(world), await taken(world, anna)
    assert (tell(waiting).author, tell(talking).author) == ("notice", "notice")
    assert not tell(talking).choices
    lines = world.conversations.history(waiting.conversation)
    assert any(c.label == "Back to the assistant" for line in lines for c in line.choices)
    alone = world.open()
    assert (tell(alone).author, bool(tell(alone).choices)) == ("bot", True)


@pytest.mark.parametrize("typed", ["right", "wrong"])
async def test_a_code_is_checked_while_a_person_speaks_and_nobody_reads_it(
    world: World, anna: Agent, typed: str
) -> None:
    opened = await taken(world, anna)
    world.people.reply(opened.conversation, anna, "Type the code that we sent.", "a1")
    world.verification.right = "123456"
    before = last(world, opened)
    code = "123456" if typed == "right" else "654321"
    accepted = await world.say(opened, code, "code")
    await world.settled(opened)
    assert world.said_since(opened, before) == [
        ("customer", HIDDEN_CODE),
        ("notice", "That code was right. We now know that it's you.")
        if typed == "right"
        else ("notice", "That wasn't the newest code, or it has ended. Nothing was changed."),
    ]
    assert world.verification.checked == [code]
    assert (accepted.new_token is not None) == (typed == "right")
    assert len(world.brain.asked) == 1
    with world.database.read() as tx:
        one = world.hand_overs.of(tx, opened.conversation)
    assert one is not None
    assert one.waiting_since is not None, "the agent is to go on"


async def test_a_message_for_a_person_is_not_taken_up_again_after_a_restart(
    world: World, anna: Agent
) -> None:
    opened = await taken(world, anna)
    await world.say(opened, "Where is my order?", "c1")
    assert await world.new_turns().take_up_again() == 0
    assert world.people.now(opened.conversation).name == "Anna", "and so is who has it"


async def test_streams_are_told_who_holds_it(world: World, anna: Agent) -> None:
    opened = await in_queue(world)
    stream = world.conversations.stream(opened.conversation, opened.token, 0)
    world.people.listen()
    seen: list[str] = []
    async with asyncio.timeout(10):
        async for event in stream:
            if event.kind == "holder" and event.holder is not None:
                seen.append(event.holder.holder + event.holder.name)
                if len(seen) == 1:
                    world.people.claim(opened.conversation, anna)
                elif len(seen) == 2:
                    world.people.hand_back(opened.conversation, anna)
                else:
                    break
    await stream.aclose()
    assert seen == ["queue", "agentAnna", "bot"]


async def test_what_another_copy_of_the_service_did_is_seen_within_seconds(
    world: World, anna: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes nobody here: one look for the whole process finds which conversations have news."""
    monkeypatch.setattr("privacy.conversations.watch.PAUSE", 0.01)
    monkeypatch.setattr("privacy.conversations.doorway._BEAT", 3600.0)
    opened = await taken(world, anna)
    stop = asyncio.Event()
    watching = asyncio.create_task(Watch(world.database, world.hub).run(stop))
    stream = world.conversations.stream(opened.conversation, opened.token, 0)
    async with asyncio.timeout(10):
        async for event in stream:
            if event.kind == "holder":
                # `listen` was not called: as from elsewhere.
                world.people.reply(opened.conversation, anna, "Hello", "a1")
            if event.message is not None and event.message.author == "agent":
                break
    await stream.aclose()
    stop.set()
    await watching
    assert event.message is not None
    assert event.message.text == "Hello"


async def test_a_look_finds_each_conversation_with_news_once(world: World) -> None:
    watch = Watch(world.database, world.hub)
    before = world.open()
    assert watch.look() == set(), "what is old is no news"
    opened, other = world.open(), world.open()
    assert watch.look() == {opened.conversation, other.conversation}
    assert watch.look() == set()
    await world.say(before, "Hello", "first")
    assert watch.look() == {before.conversation}


# ---- A message that was left ------------------------------------------------------------------------------------


async def test_whoever_left_a_message_goes_on_with_the_bot_and_its_buttons(
    world: World, anna: Agent
) -> None:
    opened = world.open()
    leave(world, opened)
    await press(world, opened, "See my data", "c1")
    assert world.brain.asked[-1].reading == Reading("access", {})
    assert world.people.claim(opened.conversation, anna).mode == "left", "and is answered still"


async def test_the_answer_goes_into_the_conversation_and_by_mail_once(
    world: World, anna: Agent
) -> None:
    opened = world.open()
    leave(world, opened)
    world.people.claim(opened.conversation, anna)
    for _ in range(2):
        world.people.reply(opened.conversation, anna, "It comes tomorrow.", "a1")
    [mail] = world.outbox.sent("answer_from_person")
    assert (mail.to, mail.values) == (
        "sam@example.com",
        {"name": "Anna", "text": "It comes tomorrow."},
    )
    assert last(world, opened).text == "It comes tomorrow."


async def test_nobody_is_mailed_who_left_no_address_or_waits_here(
    world: World, anna: Agent
) -> None:
    waiting, phoned, back = await in_queue(world), world.open(), world.open()
    leave(world, phoned, "+49 30 23125101")
    leave(world, back)
    world.people.ask(back.conversation, "asked")
    for number, opened in enumerate((waiting, phoned, back)):
        world.people.claim(opened.conversation, anna)
        world.people.reply(opened.conversation, anna, "Hello", f"a{number}")
    assert world.outbox.sent("answer_from_person") == []


async def test_a_message_that_an_agent_lets_go_is_still_to_be_answered(
    world: World, anna: Agent, ben: Agent
) -> None:
    opened = world.open()
    leave(world, opened)
    world.people.claim(opened.conversation, anna)
    before = last(world, opened)
    world.people.release(opened.conversation, anna)
    assert [author for author, _ in world.said_since(opened, before)] == ["notice", "bot"]
    assert world.people.now(opened.conversation).holder == "bot"
    assert world.people.claim(opened.conversation, ben).agent == ben.id


async def test_what_stands_beside_a_conversation_is_forgotten_with_it_and_no_later(
    world: World, anna: Agent
) -> None:
    going, staying = await taken(world, anna), await taken(world, anna)
    for opened in (going, staying):
        world.people.note(opened.conversation, anna, "Asked the warehouse", "n1")
        world.people.keep_draft(opened.conversation, anna, "Hello, I")
    world.people.hand_back(staying.conversation, anna)

    def left() -> dict[str, int]:
        with world.database.read() as tx:
            return {
                table.name: tx.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (hand_over, desk_note, reply_draft, conversation)
            }

    world.clock.move(timedelta(days=31))
    with world.database.write() as tx:  # somebody who comes back every day
        tx.execute(
            update(conversation)
            .where(conversation.c.id == staying.conversation)
            .values(last_seen_at=world.clock.now())
        )
    world.conversations.forget_old()
    assert left() == {"hand_over": 0, "desk_note": 0, "reply_draft": 0, "conversation": 1}

"""Conversations: what is accepted is kept, answered once and in order, whatever dies in between."""

import asyncio

import pytest
from sqlalchemy import select, update

from privacy.clock import FixedClock
from privacy.conversations.brain import BrainAway, BrainFailed, Reading, Reply
from privacy.conversations.doorway import HIDDEN_CODE
from privacy.conversations.wording import Utterance
from privacy.errors import ConversationGone, MessageEmpty, MessageTooLong
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import conversation
from tests.privacy.conversations.conversation_world import Asked, World


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


async def test_a_message_is_answered_and_both_are_in_the_transcript(world: World) -> None:
    opened = world.open()
    await world.say(opened, "hello there", "client-1")
    lines = await world.settled(opened)
    assert [line.author for line in lines] == ["bot", "customer", "bot"]
    assert lines[-1].text == "heard hello there"
    assert lines[1].client_id == "client-1"


async def test_the_same_client_id_is_the_same_message(world: World) -> None:
    opened = world.open()
    first = await world.say(opened, "hello", "client-1")
    await world.settled(opened)
    again = await world.say(opened, "hello", "client-1")
    assert (again.message_id, again.duplicate) == (first.message_id, True)
    lines = await world.settled(opened)
    assert len(lines) == 3
    assert len(world.brain.asked) == 1


async def test_one_message_sent_many_times_at_once_is_stored_once(world: World) -> None:
    opened = world.open()
    accepted = await asyncio.gather(*(world.say(opened, "hello", "client-1") for _ in range(20)))
    assert len({one.message_id for one in accepted}) == 1
    await world.settled(opened)
    assert len(world.brain.asked) == 1


async def test_messages_are_answered_in_their_order(world: World) -> None:
    opened = world.open()
    await asyncio.gather(*(world.say(opened, f"message {i}", f"client-{i}") for i in range(10)))
    await world.settled(opened)
    turns = [int(asked.turn) for asked in world.brain.asked]
    assert turns == sorted(turns)
    assert len(turns) == 10


async def test_nothing_and_too_much_are_refused_before_anything_is_stored(world: World) -> None:
    opened = world.open()
    with pytest.raises(MessageEmpty):
        await world.say(opened, " \n\t ", "client-1")
    with pytest.raises(MessageTooLong):
        await world.say(opened, "x" * 2001, "client-2")
    assert len(world.conversations.history(opened.conversation)) == 1


async def test_contacts_reach_the_brain_as_tokens_and_the_disk_sealed(world: World) -> None:
    opened = world.open()
    await world.say(
        opened, "delete all of Jane.Doe@Example.com or +49 30 901820 please", "client-1"
    )
    await world.settled(opened)
    assert world.brain.asked[0].text == "delete all of email_1 or phone_1 please"
    raw = world.bytes_on_disk().lower()
    assert b"jane.doe" not in raw
    assert b"901820" not in raw
    assert "Jane.Doe@Example.com" in world.conversations.history(opened.conversation)[1].text


async def test_a_bare_contact_is_a_reading(world: World) -> None:
    opened = world.open()
    await world.say(opened, "jane@example.com", "client-1")
    await world.settled(opened)
    assert world.brain.asked[0].reading == Reading("inform", {"contact": "email_1"})


async def test_what_the_bot_says_of_a_value_is_filled_in_here(world: World) -> None:
    opened = world.open()
    world.brain.answer = lambda asked: Reply([Utterance("sent to ⟦email_1:masked⟧, ⟦email_9⟧")])
    await world.say(opened, "jane@example.com", "client-1")
    assert (await world.settled(opened))[-1].text == "sent to j•••@example.com, …"


async def test_a_code_is_checked_here_and_kept_nowhere(world: World) -> None:
    opened = world.open()
    world.verification.right = "482913"
    accepted = await world.say(opened, "482 913", "client-1")
    lines = await world.settled(opened)
    assert world.verification.checked == ["482 913"]
    assert world.brain.asked[0].reading == Reading("inform", {"code": "accepted", "tries": "4"})
    assert lines[1].text == HIDDEN_CODE
    assert b"482 913" not in world.bytes_on_disk()
    assert accepted.new_token is not None


async def test_the_session_changes_with_the_proof(world: World) -> None:
    opened = world.open()
    world.verification.right = "482913"
    accepted = await world.say(opened, "482913", "client-1")
    assert accepted.new_token
    assert world.conversations.enter(opened.token) is None
    assert world.conversations.enter(accepted.new_token) == opened.conversation


async def test_a_lost_new_secret_is_had_again_by_the_very_message_that_made_it(
    world: World,
) -> None:
    opened = world.open()
    world.verification.right = "482913"
    await world.say(opened, "482913", "client-1")
    assert world.conversations.repeating(opened.token, "client-1") == opened.conversation
    assert world.conversations.repeating(opened.token, "client-2") is None
    again = await world.say(opened, "482913", "client-1")
    assert again.duplicate
    assert again.new_token
    assert world.conversations.enter(again.new_token) == opened.conversation
    assert world.verification.checked == ["482913"]


async def test_a_wrong_code_changes_no_session(world: World) -> None:
    opened = world.open()
    world.verification.right = "482913"
    assert (await world.say(opened, "111111", "client-1")).new_token is None
    assert world.conversations.enter(opened.token) == opened.conversation


async def test_digits_when_no_code_is_awaited_do_not_reach_the_brain(world: World) -> None:
    opened = world.open()
    await world.say(opened, "my code 482913 does not work", "client-1")
    await world.say(opened, "482913", "client-2")
    await world.settled(opened)
    assert world.brain.asked[0].text == "my code code_1 does not work"
    assert world.brain.asked[1].reading == Reading("inform", {"code": "none"})


async def test_buttons_are_opaque_and_work_only_while_they_are_the_newest(world: World) -> None:
    opened = world.open()
    greeting = world.conversations.history(opened.conversation)[0]
    see = next(choice for choice in greeting.choices if choice.label == "See my data")
    await world.conversations.choose(opened.conversation, opened.token, see.id, "client-1")
    await world.settled(opened)
    assert world.brain.asked[0].reading == Reading("access", {})
    await world.conversations.choose(opened.conversation, opened.token, see.id, "client-2")
    await world.settled(opened)
    assert (world.brain.asked[1].reading, world.brain.asked[1].text) == (None, "See my data")


async def test_a_button_of_somebody_else_is_none(world: World) -> None:
    mine, other = world.open(), world.open()
    theirs = world.conversations.history(other.conversation)[0].choices[0]
    with pytest.raises(ConversationGone):
        await world.conversations.choose(mine.conversation, mine.token, theirs.id, "client-1")


async def test_while_the_brain_is_away_it_is_said_once_and_answered_later(world: World) -> None:
    opened = world.open()
    tries = iter([BrainAway("x"), BrainAway("x")])

    def answer(asked: Asked) -> Reply:
        if (error := next(tries, None)) is not None:
            raise error
        return Reply([Utterance("here I am")])

    world.brain.answer = answer
    await world.say(opened, "hello", "client-1")
    lines = await world.settled(opened)
    assert [line.author for line in lines[1:]] == ["customer", "notice", "bot"]
    assert "Your message is saved" in lines[2].text
    assert [asked.again for asked in world.brain.asked] == [False, True, True]


async def test_silence_and_failure_become_a_sentence(world: World) -> None:
    opened = world.open()
    world.brain.answer = lambda asked: Reply([])
    await world.say(opened, "hello", "client-1")
    assert "failed just now" in (await world.settled(opened))[-1].text

    def fail(asked: Asked) -> Reply:
        raise BrainFailed("500")

    world.brain.answer = fail
    await world.say(opened, "hello?", "client-2")
    assert "failed just now" in (await world.settled(opened))[-1].text


async def test_what_was_left_waiting_is_taken_up_after_a_restart(world: World) -> None:
    opened = world.open()
    await world.turns.stop()
    await world.say(opened, "hello", "client-1")
    assert world.brain.asked == []
    restarted = world.new_turns()
    assert await restarted.take_up_again() == 1
    assert (await world.settled(opened))[-1].text == "heard hello"


async def test_a_turn_whose_answer_was_lost_is_not_run_twice(world: World) -> None:
    opened = world.open()
    await world.turns.stop()
    accepted = await world.say(opened, "hello", "client-1")
    with world.database.write() as tx:
        world.messages.mark_asked(tx, accepted.message_id)

    def answer(asked: Asked) -> Reply:
        if asked.again:
            return Reply([], answered_before=True)
        return Reply([Utterance("let's go on")])

    world.brain.answer = answer
    await world.new_turns().take_up_again()
    assert (await world.settled(opened))[-1].text == "let's go on"
    assert world.brain.asked[-1].reading == Reading("inform", {"resume": "yes"})


async def test_a_stream_replays_what_was_missed_and_goes_on(world: World) -> None:
    opened = world.open()
    seen: list[int] = []

    async def listen(after: int) -> None:
        async for event in world.conversations.stream(opened.conversation, opened.token, after):
            if event.message is not None:
                seen.append(event.message.id)
            if len(seen) == 3:
                return

    listening = asyncio.create_task(listen(0))
    await asyncio.sleep(0.05)
    await world.say(opened, "hello", "client-1")
    await asyncio.wait_for(listening, 5)
    assert seen == sorted(set(seen))


async def test_a_stream_ends_when_its_secret_does(world: World) -> None:
    opened = world.open()
    world.verification.right = "482913"
    kinds: list[str] = []

    async def listen() -> None:
        async for event in world.conversations.stream(opened.conversation, opened.token, 0):
            kinds.append(event.kind)

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.05)
    await world.say(opened, "482913", "client-1")
    await asyncio.wait_for(listening, 5)
    assert kinds[-1] == "closed"


async def test_old_conversations_are_forgotten(world: World, clock: FixedClock) -> None:
    from datetime import timedelta

    opened = world.open()
    await world.say(opened, "jane@example.com", "client-1")
    await world.settled(opened)
    clock.move(timedelta(days=31))
    assert world.conversations.forget_old() > 0
    assert world.conversations.history(opened.conversation) == []
    assert world.conversations.enter(opened.token) is None


async def test_an_ended_session_opens_nothing_any_more(world: World) -> None:
    opened = world.open()
    world.conversations.end(opened.token)
    assert world.conversations.enter(opened.token) is None


async def test_being_understood_once_starts_the_count_again(world: World) -> None:
    opened = world.open()

    def count() -> int:
        with world.database.read() as tx:
            return int(tx.execute(select(conversation.c.misunderstood)).scalar_one())

    with world.database.write() as tx:
        tx.execute(update(conversation).values(misunderstood=2))
    world.brain.answer = lambda asked: Reply([Utterance("What?", (), {"misunderstood": True})])
    await world.say(opened, "qwx zzkj", "client-1")
    await world.settled(opened)
    assert count() == 2
    world.brain.answer = lambda asked: Reply([Utterance("I see")])
    await world.say(opened, "hello", "client-2")
    await world.settled(opened)
    assert count() == 0

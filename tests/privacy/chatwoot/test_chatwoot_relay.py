"""A conversation goes to Chatwoot and comes back: the whole way, in order, once, whatever breaks on it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from privacy.agents.accounts import Accounts
from privacy.agents.errors import SignInFailed
from privacy.chatwoot import relay, telling
from privacy.chatwoot.api import Api
from privacy.clock import FixedClock
from privacy.conversations.live import DESK
from privacy.mail.outbox import BODY
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent as agents
from privacy.store.tables.chatwoot import chatwoot_conversation
from privacy.store.tables.conversations import conversation
from privacy.store.tables.outbox import mail
from tests.driving.chatwoot import ADA, BEN, VERA, ChatwootStub
from tests.driving.inside import log_of_the_service
from tests.privacy.chatwoot.chatwoot_world import PACE, ChatwootWorld, connection

JOINED = "You're now talking with {}, a person. The assistant is silent until they hand back."


async def _staffed(world: ChatwootWorld) -> None:
    world.stub.online = {ADA}
    await world.staff.look()


async def _handed_over(world: ChatwootWorld) -> None:
    await _staffed(world)
    world.bot_says("Welcome.")
    world.says("My address is sam@example.com and I want a person")
    assert world.asks().wait
    await world.carry()


# -- the whole way -----------------------------------------------------------------------------------------------------


async def test_the_whole_way_there_and_back(world: ChatwootWorld) -> None:
    await _handed_over(world)
    talk = world.stub.talk
    assert world.stub.contacts == {talk.source: "Customer (web)"}
    [opening] = talk.notes()
    assert "They asked for a person. Channel: web." in opening
    assert "Assistant: Welcome." in opening
    assert "Nothing was proven in this conversation." in opening
    [asked] = talk.said()
    assert "I want a person" in asked and "sam@example.com" not in asked
    assert "sam@example.com" not in opening

    world.stub.assign(ADA)
    await world.ring()
    assert (world.holder().holder, world.holder().name) == ("agent", "Ada")
    assert world.texts("notice")[-1] == JOINED.format("Ada")

    world.says("Are you there?")
    world.stub.write(ADA, "I am. What is it about?")
    await world.ring()
    world.says("My parcel")
    world.says("It is late")
    await world.carry()
    assert talk.said()[1:] == ["Are you there?", "My parcel", "It is late"]
    [answer] = [one for one in world.reads() if one.author == "agent"]
    assert (answer.name, answer.text) == ("Ada", "I am. What is it about?")
    assert len(talk.notes()) == 1, "what Ada wrote is not told to her again"

    world.stub.set_status(talk, "resolved")
    await world.ring()
    assert world.holder().holder == "bot"
    assert world.texts("notice")[-1] == "Ada has left the conversation."
    assert world.texts("bot")[-1].startswith("This is the assistant again.")
    assert talk.notes()[1:] == ["The conversation was handed back to the assistant."]
    assert talk.status == "resolved"


async def test_what_our_systems_hold_is_hidden_there(world: ChatwootWorld) -> None:
    await _staffed(world)
    world.bot_says("You were born on the 4th of May.", is_personal=True)
    world.says("A person, now")
    world.asks()
    await world.carry()
    world.bot_says("Your street is Elm Road.", is_personal=True)
    await world.carry()
    told = "\n".join(world.stub.talk.notes())
    assert "Assistant: " in told
    assert "4th of May" not in told and "Elm Road" not in told


async def test_whoever_answers_first_has_it(world: ChatwootWorld) -> None:
    await _handed_over(world)
    world.stub.assign(ADA)
    await world.ring()
    world.stub.write(BEN, "Ben here")
    await world.ring()
    assert world.holder().name == "Ben"
    assert world.texts("notice")[-2:] == [JOINED.format("Ada"), JOINED.format("Ben")]
    world.stub.assign(None)
    await world.ring()
    assert world.holder().holder == "queue"
    assert "You're back in the queue" in world.texts("notice")[-1]


async def test_what_is_held_at_our_own_desk_is_not_taken_from_there_by_a_status(
    world: ChatwootWorld,
) -> None:
    await _handed_over(world)
    own = world.hired("Ida Berg")
    world.people.claim(world.conversation, own)
    world.people.reply(world.conversation, own, "Ida here", "r1")
    await world.carry()
    assert world.stub.talk.notes()[-1] == "Ida Berg: Ida here"
    world.stub.set_status(world.stub.talk, "resolved")
    await world.ring()
    world.stub.assign(None)
    await world.ring()
    assert world.holder().name == "Ida Berg"
    world.stub.write(ADA, "I know this one")
    await world.ring()
    assert (world.holder().name, world.texts("notice")[-1]) == ("Ada", JOINED.format("Ada"))


async def test_only_people_speak_to_the_customer(world: ChatwootWorld) -> None:
    await _handed_over(world)
    bot = {"id": ADA, "name": "Robot", "type": "agent_bot"}
    world.stub.write(ADA, "for us", private=True)
    world.stub.write(ADA, "I answer by myself", sender=bot)
    world.stub.write(ADA, "We are busy", message_type=3)
    world.stub.write(ADA, "Ada was assigned", message_type=2)
    world.stub.write(ADA, "a rule", content_attributes={"automation_rule_id": 4})
    world.stub.write(ADA, "gone", content_attributes={"deleted": True})
    world.stub.write(ADA, "How was it?", content_type="input_csat")
    await world.ring()
    assert world.texts("agent") == []
    assert world.holder().holder == "queue"


async def test_a_file_is_told_of_and_not_passed(world: ChatwootWorld) -> None:
    await _handed_over(world)
    world.stub.write(ADA, "See this", attachments=[{"id": 1, "data_url": "http://x/y"}])
    world.stub.write(ADA, None, attachments=[{"id": 2}])
    await world.ring()
    file = "(A file came with this. Files can't be shown here.)"
    assert world.texts("agent") == [f"See this\n\n{file}", file]
    assert [one for one in world.stub.talk.notes() if one.startswith("Files are not passed on")]


async def test_a_long_answer_comes_in_pieces(world: ChatwootWorld) -> None:
    await _handed_over(world)
    words = [f"word{number}" for number in range(1500)]
    world.stub.write(ADA, " ".join(words))
    await world.ring()
    pieces = world.texts("agent")
    assert len(pieces) > 1 and all(len(one) <= 4000 for one in pieces)
    assert " ".join(pieces).split() == words


async def test_a_name_is_one_line_and_follows(world: ChatwootWorld) -> None:
    await _handed_over(world)
    world.stub.write(ADA, "one", sender={"id": ADA, "name": "Ada\n\u202eO", "type": "user"})
    world.stub.write(ADA, "two", sender={"id": ADA, "name": " ", "type": "user"})
    await world.ring()
    assert [one.name for one in world.reads() if one.author == "agent"] == ["Ada O", "A colleague"]


async def test_nobody_signs_in_with_such_an_account(world: ChatwootWorld) -> None:
    await _handed_over(world)
    world.stub.write(ADA, "Hello")
    await world.ring()
    with world.database.read() as tx:
        row = tx.execute(select(agents)).one()
    assert (row.login, row.state, row.password, row.sealed_totp) == (
        "chatwoot:5",
        "external",
        None,
        None,
    )
    with pytest.raises(SignInFailed):
        Accounts(world.database, world.keyring, world.clock).check("chatwoot:5", "", "000000")


async def test_somebody_who_was_let_in_no_more_does_not_reach_customers(
    world: ChatwootWorld,
) -> None:
    await _handed_over(world)
    world.stub.write(ADA, "Hello")
    await world.ring()
    Accounts(world.database, world.keyring, world.clock).disable("chatwoot:5")
    world.stub.write(ADA, "Still me")
    await world.ring()
    assert world.texts("agent") == ["Hello"]
    assert world.stub.talk.notes()[-1].startswith("This message was not delivered: its author")


# -- its end, and again ------------------------------------------------------------------------------------------------


async def test_the_customer_goes_on_with_the_assistant(world: ChatwootWorld) -> None:
    await _handed_over(world)
    world.goes_on_alone()
    await world.carry()
    talk = world.stub.talk
    assert talk.notes()[1:] == ["The customer went on with the assistant."]
    assert talk.status == "resolved"
    world.stub.write(ADA, "Wait!")
    await world.ring()
    assert world.texts("agent") == []
    assert talk.notes()[-1].startswith("This message was not delivered: the customer is with")


async def test_what_was_not_delivered_stays_undelivered(world: ChatwootWorld) -> None:
    await _handed_over(world)
    world.goes_on_alone()
    await world.carry()
    world.stub.write(ADA, "Wait!")
    await world.ring()
    late, _ = next(one for one in world.stub.rung if b"Wait!" in one[0])
    world.asks()
    assert await world.post(late, world.stub.signed(late, world.clock.now().timestamp())) == 200
    await world.carry()
    assert world.texts("agent") == []
    assert len([one for one in world.stub.talk.notes() if "not delivered" in one]) == 1


async def test_the_second_time_it_is_the_same_conversation_and_nobody_has_joined_yet(
    world: ChatwootWorld,
) -> None:
    await _handed_over(world)
    world.stub.assign(ADA)
    await world.ring()
    world.stub.set_status(world.stub.talk, "resolved")
    await world.ring()
    world.says("One more thing")
    world.asks()
    await world.carry()
    talk = world.stub.talk
    assert (talk.status, talk.assignee, talk.said()[-1]) == ("open", ADA, "One more thing")
    assert world.holder().holder == "queue", "who had it then has not joined by that"
    world.stub.write(ADA, "Yes?")
    await world.ring()
    assert (world.holder().name, world.texts("notice")[-1]) == ("Ada", JOINED.format("Ada"))


async def test_resolved_before_anybody_took_it(world: ChatwootWorld) -> None:
    await _handed_over(world)
    world.stub.set_status(world.stub.talk, "resolved")
    await world.ring()
    assert world.holder().holder == "bot"
    assert world.texts("bot")[-1].startswith("This is the assistant again.")


async def test_a_conversation_that_was_deleted_there_begins_anew(world: ChatwootWorld) -> None:
    await _handed_over(world)
    world.stub.talks.clear()
    world.stub.contacts.clear()
    world.says("Hello?")
    await world.carry()
    assert world.stub.talk.said() == ["Hello?"]
    assert "They asked for a person." in world.stub.talk.notes()[0]


# -- messages that were left -------------------------------------------------------------------------------------------


async def test_a_left_message_is_answered_by_mail_too(world: ChatwootWorld) -> None:
    world.says("Who has my data?")
    world.leaves("Who has my data?", "sam@example.com")
    await world.carry()
    talk = world.stub.talk
    assert talk.said() == ["Who has my data?"]
    assert "They left a message" in talk.notes()[0] and "sam@example.com" not in talk.notes()[0]

    world.clock.move(timedelta(minutes=1))
    world.says("And what can you do, bot?")
    world.leaves("One thing more", "sam@example.com", turn="t2")
    await world.carry()
    assert talk.said() == ["Who has my data?", "One thing more"], "the bot's talk is not theirs"

    world.clock.move(timedelta(minutes=5))
    world.stub.write(BEN, "Nobody but us.")
    await world.ring()
    assert world.texts("agent") == ["Nobody but us."]
    with world.database.read() as tx:
        [body] = tx.execute(
            select(mail.c.body).where(mail.c.kind == "answer_from_person")
        ).scalars()
    assert "Nobody but us." in world.keyring.open(body, BODY)
    assert talk.notes()[1:] == ["Customer: And what can you do, bot?"]


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
    await _staffed(world)
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
    await _staffed(world)
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
    await _handed_over(world)
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
    await _staffed(world)
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
    await _handed_over(world)
    link = world.links.take(world.conversation)
    assert link is not None
    written = world.stub.write(ADA, "Just now")
    assert world.links.ring(world.stub.talk.number, written["id"])
    world.links.keep(link, heard_to=written["id"] + 50)
    world.links.let_go(link, timedelta(seconds=30))
    await world.carry()
    assert world.texts("agent") == ["Just now"]


async def test_it_is_told_at_once_and_the_loop_ends_when_told_to(world: ChatwootWorld) -> None:
    await _staffed(world)
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
    await _staffed(world)
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
    await _staffed(world)
    world.asks()
    world.rounds = world.new_rounds()
    await world.carry()
    assert stub.talk.said() == ["A person"]


async def test_one_conversation_that_fails_holds_no_other_up(world: ChatwootWorld) -> None:
    await _handed_over(world)
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
    await _staffed(world)
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
    await _handed_over(world)
    assert stub.talk.messages == []


async def test_nothing_personal_stands_in_the_log(world: ChatwootWorld) -> None:
    with log_of_the_service() as lines:
        await _handed_over(world)
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
    await _staffed(world)
    world.clock.move(timedelta(seconds=91))
    assert world.asks().wait is None


async def test_rows_go_with_the_conversation(world: ChatwootWorld) -> None:
    await _handed_over(world)
    with world.database.write() as tx:
        tx.execute(delete(conversation).where(conversation.c.id == world.conversation))
    with world.database.read() as tx:
        assert tx.execute(select(chatwoot_conversation)).all() == []
    assert world.links.due() == []

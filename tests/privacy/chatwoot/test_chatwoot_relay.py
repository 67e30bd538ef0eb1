"""A conversation goes to Chatwoot and comes back: who says what, and under whose name."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from privacy.agents.accounts import Accounts
from privacy.agents.errors import SignInFailed
from privacy.mail.outbox import BODY
from privacy.store.tables.agents import agent as agents
from privacy.store.tables.outbox import mail
from tests.driving.chatwoot import ADA, BEN
from tests.privacy.chatwoot.chatwoot_world import ChatwootWorld, handed_over, staffed

JOINED = "You're now talking with {}, a person. The assistant is silent until they hand back."


# -- the whole way -----------------------------------------------------------------------------------------------------


async def test_the_whole_way_there_and_back(world: ChatwootWorld) -> None:
    await handed_over(world)
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
    await staffed(world)
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
    await handed_over(world)
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
    await handed_over(world)
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
    await handed_over(world)
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
    await handed_over(world)
    world.stub.write(ADA, "See this", attachments=[{"id": 1, "data_url": "http://x/y"}])
    world.stub.write(ADA, None, attachments=[{"id": 2}])
    await world.ring()
    file = "(A file came with this. Files can't be shown here.)"
    assert world.texts("agent") == [f"See this\n\n{file}", file]
    assert [one for one in world.stub.talk.notes() if one.startswith("Files are not passed on")]


async def test_a_long_answer_comes_in_pieces(world: ChatwootWorld) -> None:
    await handed_over(world)
    words = [f"word{number}" for number in range(1500)]
    world.stub.write(ADA, " ".join(words))
    await world.ring()
    pieces = world.texts("agent")
    assert len(pieces) > 1 and all(len(one) <= 4000 for one in pieces)
    assert " ".join(pieces).split() == words


async def test_a_name_is_one_line_and_follows(world: ChatwootWorld) -> None:
    await handed_over(world)
    world.stub.write(ADA, "one", sender={"id": ADA, "name": "Ada\n\u202eO", "type": "user"})
    world.stub.write(ADA, "two", sender={"id": ADA, "name": " ", "type": "user"})
    await world.ring()
    assert [one.name for one in world.reads() if one.author == "agent"] == ["Ada O", "A colleague"]


async def test_nobody_signs_in_with_such_an_account(world: ChatwootWorld) -> None:
    await handed_over(world)
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
    await handed_over(world)
    world.stub.write(ADA, "Hello")
    await world.ring()
    Accounts(world.database, world.keyring, world.clock).disable("chatwoot:5")
    world.stub.write(ADA, "Still me")
    await world.ring()
    assert world.texts("agent") == ["Hello"]
    assert world.stub.talk.notes()[-1].startswith("This message was not delivered: its author")


# -- its end, and again ------------------------------------------------------------------------------------------------


async def test_the_customer_goes_on_with_the_assistant(world: ChatwootWorld) -> None:
    await handed_over(world)
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
    await handed_over(world)
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
    await handed_over(world)
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
    await handed_over(world)
    world.stub.set_status(world.stub.talk, "resolved")
    await world.ring()
    assert world.holder().holder == "bot"
    assert world.texts("bot")[-1].startswith("This is the assistant again.")


async def test_a_conversation_that_was_deleted_there_begins_anew(world: ChatwootWorld) -> None:
    await handed_over(world)
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

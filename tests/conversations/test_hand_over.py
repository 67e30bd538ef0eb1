"""From the bot to a person and back, in the same conversation; the person acts from another process than the service."""

import pytest

from tests.conversations.test_verify import begin
from tests.driving.colleague import Colleague
from tests.driving.company import Person
from tests.driving.customer import Customer

ASKED = "I've asked a person to take over. You are next."
BACK = "This is the assistant again. I remember what was said before."


def test_a_person_takes_over_in_the_middle_and_the_bot_goes_on_where_it_was(
    customer: Customer, robin: Colleague, nina: Person
) -> None:
    customer.say("my name is wrong")
    assert "What should your name be from now on?" in customer.prove(nina.email)
    assert ASKED in customer.say("let me talk to a person")
    assert customer.labels == ["Back to the assistant", "Leave a message instead"]
    assert "You are next." in customer.say("It is about my married name.")

    robin.takes(customer)
    customer.reads("You're now talking with Robin, a person.", "notice")
    customer.write("Are you there?")
    robin.answers(customer, "Yes. The assistant can change it, I hand you back.")
    assert customer.reads("The assistant can change it", "agent")["name"] == "Robin"
    robin.hands_back(customer)
    customer.news(BACK)
    said = [line["author"] for line in customer.lines]
    assert said[said.index("agent") - 3 : said.index("agent")] == ["bot", "notice", "customer"]

    told = customer.press("Go on")
    assert "What should your name be from now on?" in told, "and it is still known who asks"
    customer.say("Nina Summer")
    assert "Your reference is PR-" in customer.press("Yes, that's right")
    assert "Nina Winter → Nina Summer" in customer.news("It's changed")


def test_who_waits_no_longer_goes_on_with_what_was_begun(
    customer: Customer, robin: Colleague, nina: Person
) -> None:
    customer.press("Download my data")
    customer.say("I'd like to speak to a human first")
    assert "Which e-mail address" in customer.press("Back to the assistant")
    assert robin.hand_over(customer) is None
    assert "Your reference is PR-" in customer.prove(nina.email)


def test_yes_goes_on_as_well_as_the_button_does(customer: Customer, robin: Colleague) -> None:
    customer.press("See my data")
    customer.say("a human please")
    robin.takes(customer)
    robin.hands_back(customer)
    customer.news(BACK)
    assert "Which e-mail address" in customer.say("yes")


@pytest.mark.parametrize(
    ("words", "first", "reason"),
    [
        ("I'm so afraid, my ex-husband is stalking me", "call the emergency number", "distress"),
        ("I'll see you in court over this", "data protection authority", "complaint"),
    ],
)
def test_some_things_are_for_a_person_without_being_asked_twice(
    customer: Customer, robin: Colleague, words: str, first: str, reason: str
) -> None:
    """In the middle of a form, too."""
    customer.press("See my data")
    told = customer.say(words)
    assert first in told
    assert ASKED in told
    waiting = robin.hand_over(customer)
    assert waiting is not None
    assert (waiting.reason, waiting.holder) == (reason, "queue")


def test_a_person_comes_where_codes_do_not_help(customer: Customer, robin: Colleague) -> None:
    begin(customer, "nobody.three@example.com")
    said = [customer.say("000000") for _ in range(5)]
    assert "I couldn't be sure that it's you, so nothing was filed." in said[4]
    assert ASKED in said[4]
    waiting = robin.hand_over(customer)
    assert waiting is not None
    assert waiting.reason == "unverified"


def test_who_is_not_understood_is_offered_a_person(customer: Customer, robin: Colleague) -> None:
    told = [customer.say("plm okn ijb uhv") for _ in range(3)]
    assert told[2] == "I can't make out what you mean. A person can."
    assert ASKED in customer.press("Talk to a person")
    waiting = robin.hand_over(customer)
    assert waiting is not None
    assert waiting.reason == "misunderstood"


def test_a_message_that_was_left_is_answered_in_the_conversation_and_by_mail(
    customer: Customer, robin: Colleague
) -> None:
    robin.goes()
    told = customer.say("I need a person")
    assert "to talk just now." in told
    assert "Monday to Thursday, 09:00–17:00; Friday, 09:00–16:00" in told
    assert "Write your message now" in told
    customer.say("My parcels go to a neighbour who keeps them.")
    customer.say("sam.left@example.com")
    assert "What would you like to do" in customer.say("hello"), "the bot goes on meanwhile"
    robin.takes(customer)
    robin.answers(customer, "They come to your door from now on.")
    customer.reads("They come to your door from now on.", "agent")
    mail = customer.mailbox.letter("sam.left@example.com", "They come to your door from now on.")
    assert mail["subject"] == "An answer from Robin"

"""To a person: a message and a way to answer, kept and mailed to the company."""

from tests.driving.customer import Customer

INBOX = "privacy@alderfinch.example"


def test_a_message_reaches_the_company_with_the_way_to_answer(customer: Customer) -> None:
    customer.say("I want to talk to a human being")
    customer.say("My invoices show somebody else's name. Call me in the evening.")
    told = customer.say("+49 30 23125101")
    assert "on its way to a person" in told
    mail = customer.mailbox.letter(INBOX, "somebody else's name")
    assert "+493023125101" in mail["text"].replace(" ", "")


def test_a_message_may_speak_of_anything(customer: Customer) -> None:
    customer.say("I need a person")
    asked = customer.say("Delete my data? No! I want to complain that you did.")
    assert "Where can they answer you?" in asked


def test_what_was_begun_goes_along(customer: Customer) -> None:
    customer.press("Download my data")
    customer.press("I no longer have it")
    customer.say("My old provider closed.")
    customer.say("walter.new@example.org")
    mail = customer.mailbox.letter(INBOX, "My old provider closed.")
    assert "download your data" in mail["text"]


def test_a_complaint_is_taken_seriously(customer: Customer) -> None:
    told = customer.say(
        "I will complain to the data protection authority about how you handled this"
    )
    assert "data protection authority" in told
    assert "Write your message now" in told


def test_never_mind_leaves_the_message_unwritten(customer: Customer) -> None:
    customer.say("talk to a person")
    assert "Nothing was filed" in customer.press("Never mind")

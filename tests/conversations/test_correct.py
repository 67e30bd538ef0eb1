"""Correct: which field, the new value, read back, confirmed, proven, filed."""

import pytest

from tests.driving.customer import Customer

JANE = "jane.miller@example.com"


def ask_for_value(customer: Customer, field: str) -> str:
    customer.press("Correct my data")
    return customer.press(field)


def test_a_new_address_is_read_back_and_filed(customer: Customer) -> None:
    ask_for_value(customer, "Address")
    read_back = customer.say("Neue Gasse 12, 10115 Berlin")
    assert (
        "Your address would become:\n\nNeue Gasse 12, 10115 Berlin\n\nIs that right?" in read_back
    )
    customer.press("Yes, that's right")
    assert "Your request to correct your data is filed as PR-" in customer.prove(JANE)


def test_no_to_the_reading_back_asks_for_the_value_again(customer: Customer) -> None:
    ask_for_value(customer, "Name")
    customer.say("Jane Milller")
    assert "What should your name be" in customer.press("No, type it again")
    assert "\n\nJane Miller\n\n" in customer.say("Jane Miller")


def test_why_do_you_ask_is_a_question_even_where_any_text_is_a_value(customer: Customer) -> None:
    ask_for_value(customer, "Name")
    answer = customer.say("why do you need to know that?")
    assert "I need the new value" in answer
    assert "What should your name be" in answer


def test_never_mind_ends_it_even_where_any_text_is_a_value(customer: Customer) -> None:
    ask_for_value(customer, "Name")
    assert "Nothing was filed" in customer.say("never mind")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("E-mail address", "somewhere", "An address looks like name@example.com"),
        ("Phone number", "tomorrow evening", "doesn't read like a phone number"),
        ("Date of birth", "31.02.1990", "doesn't read like a date of birth"),
        ("Name", "IMG_2041.jpg", "can't read files here"),
        ("Name", "🎂🎂", "could not read a value"),
        ("Name", "x" * 400, "longer than this entry can be"),
    ],
)
def test_a_value_that_cannot_stand_there_is_told_and_asked_again(
    customer: Customer, field: str, value: str, told: str
) -> None:
    ask_for_value(customer, field)
    answer = customer.say(value)
    assert told in answer
    assert "Type it exactly as it should stand" in answer


def test_a_new_mail_address_does_not_prove_itself(customer: Customer) -> None:
    ask_for_value(customer, "E-mail address")
    customer.say("jane.new@example.com")
    asked = customer.press("Yes, that's right")
    assert "do we have for you?" in asked
    assert customer.mail("jane.new@example.com") == []

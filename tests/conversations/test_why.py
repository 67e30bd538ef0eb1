"""Why, who, how long, where from: answered out of the data map, in a form and outside of one."""

import pytest

from tests.driving.customer import Customer


@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        (
            "why do you have my phone number?",
            "to reach you when something about an order needs an answer",
        ),
        ("what do you use my date of birth for", "to send you a voucher on your birthday"),
        ("why do you keep my invoices", "tax law tells shops to keep their invoices"),
        ("who gets my address?", "The parcel service that brings your order"),
        ("how long do you keep my orders?", "three years after the end of the year"),
        ("where did you get my email from?", "from you, when you opened your account"),
        ("how long do you store my date of birth?", "as long as you have an account with us"),
    ],
)
def test_a_question_about_one_thing_is_answered_without_a_code(
    customer: Customer, asked: str, heard: str
) -> None:
    answer = customer.say(asked)
    assert heard in answer
    assert "e-mail address or phone number do we have" not in answer
    assert customer.labels == ["See my data", "Correct my data", "Stop marketing"]


@pytest.mark.parametrize("asked", ["why do you keep data about me?", "why?", "why my unicorns?"])
def test_a_question_about_nothing_in_particular_has_a_general_answer(
    customer: Customer, asked: str
) -> None:
    answer = customer.say(asked)
    assert "We keep what we need to deliver what you buy" in answer
    assert "See my data" in customer.labels


def test_in_a_form_why_is_about_the_form_and_who_about_the_data(customer: Customer) -> None:
    customer.press("See my data")
    question = "Which e-mail address or phone number do we have for you?"
    why = customer.say("why do you want my email address?")
    assert "only you can reach your data" in why
    who = customer.say("who gets my email address?")
    assert "the parcel service that brings your order" in who
    long = customer.say("how long do you keep my orders?")
    assert "three years after the end of the year" in long
    assert all(answer.endswith(question) for answer in (why, who, long))


def test_the_answer_is_of_the_map_and_never_about_a_person(customer: Customer) -> None:
    """Nobody has proven anything: the words are the same for everybody."""
    answer = customer.say("why do you have the phone number of jane.miller@example.com?")
    for value in ("23125101", "Jane", "AF-1001"):
        assert value not in answer

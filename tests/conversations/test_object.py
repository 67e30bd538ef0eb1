"""Say no: no code where none is needed, the same words for everybody, and done a moment later."""

import re

import pytest

from tests.driving.company import Company, Person
from tests.driving.customer import Customer
from tests.driving.house import House


def neutral(said: str) -> str:
    return re.sub(r"PR-\w{4}-\w{4}", "PR", said)


def test_stopping_marketing_needs_no_code_and_is_done_at_once(
    customer: Customer, company: Company, nina: Person
) -> None:
    customer.say("stop sending me your newsletter and ads")
    assert "no more marketing" in customer.say(nina.email)
    reference = customer.last_reference()
    told = customer.news(f"It's done ({reference})")
    assert "switched off in all our systems" in told
    assert company.held(
        "newsletter", "SELECT status FROM subscriptions WHERE email = ?", nina.email
    ) == [("stopped",)]
    customer.say("where is my request?")
    status = customer.prove(nina.email)
    assert f"{reference}: stop a use of your data. Done on" in status


def test_consent_is_withdrawn_at_once(customer: Customer, company: Company, nina: Person) -> None:
    customer.say("I withdraw my consent")
    assert "your consent counts as withdrawn from now on" in customer.say(nina.email)
    customer.news(f"It's done ({customer.last_reference()})")
    taken_back = company.held(
        "newsletter",
        "SELECT c.withdrawn_at FROM consents c JOIN subscriptions s ON s.id = c.subscription_id "
        "WHERE s.email = ?",
        nina.email,
    )
    assert taken_back and all(moment for (moment,) in taken_back)


def test_why_do_you_ask_and_never_mind(customer: Customer) -> None:
    customer.say("stop sending me your newsletter")
    why = customer.say("why do you ask?")
    assert "I need it to find the entry" in why
    assert why.endswith("Which e-mail address or phone number is it about?")
    assert "Nothing was filed" in customer.say("never mind")


@pytest.mark.parametrize("wish", ["no more advertising mails", "I withdraw my consent"])
def test_a_stranger_is_answered_word_for_word_as_a_customer_is(
    house: House, nina: Person, wish: str
) -> None:
    """At once and afterwards."""
    answers = []
    for address in (nina.email, nina.email.replace("guest", "nobody")):
        customer = house.customer()
        customer.say(wish)
        at_once = customer.say(address)
        answers.append(
            neutral(at_once) + neutral(customer.news(f"It's done ({customer.last_reference()})"))
        )
    assert answers[0] == answers[1]


def test_pausing_the_use_of_data_needs_one_code(
    customer: Customer, company: Company, nina: Person
) -> None:
    customer.say("freeze my data while we argue about it, do not use it meanwhile")
    told = customer.prove(nina.email)
    reference = customer.last_reference()
    assert f"I'm pausing the use of your data now. Your reference is {reference}." in told
    assert "your data is only stored from now on" in customer.news(f"It's done ({reference})")
    [(paused,)] = company.held("shop", "SELECT use_paused_at FROM customers WHERE id = ?", nina.row)
    assert paused
    assert f"{reference}: pause the use of your data. Done on" in customer.say(
        "where is my request?"
    )

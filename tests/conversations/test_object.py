"""Say no: no code where none is needed, and the same words for everybody."""

import re

from tests.driving.customer import Customer
from tests.driving.house import House


def neutral(said: str) -> str:
    return re.sub(r"PR-\w{4}-\w{4}", "PR", said)


def test_stopping_marketing_needs_no_code(customer: Customer) -> None:
    customer.say("stop sending me your newsletter and ads")
    assert "no more marketing" in customer.say("reads.only@example.com")


def test_consent_is_withdrawn_at_once(customer: Customer) -> None:
    customer.say("I withdraw my consent")
    assert "your consent counts as withdrawn from now on" in customer.say(
        "karl.sammler@example.com"
    )


def test_a_stranger_is_answered_word_for_word_as_a_customer_is(house: House) -> None:
    answers = []
    for address in ("karl.sammler@example.com", "nobody@example.com"):
        customer = house.customer()
        customer.say("no more advertising mails")
        answers.append(neutral(customer.say(address)))
    assert answers[0] == answers[1]


def test_pausing_the_use_of_data_needs_one_code(customer: Customer) -> None:
    customer.say("freeze my data while we argue about it, do not use it meanwhile")
    assert "pause the use of your data is filed as PR-" in customer.prove("odd.case@example.com")

"""How far is it, in this conversation and in a later one; and stop it."""

import pytest

from tests.driving.company import Company, Person
from tests.driving.customer import Customer
from tests.driving.house import House


@pytest.fixture
def family(company: Company) -> str:
    """An address that two people share: what is filed for it stays open, since a person looks first."""
    one = company.welcomes("Ada Winter")
    company.welcomes("Ben Winter", email=one.email)
    return one.email


def test_status_is_told_in_a_second_conversation(house: House, nina: Person) -> None:
    first = house.customer()
    first.press("Download my data")
    first.prove(nina.email)
    first.news("Your copy is ready")
    second = house.customer()
    second.say("how far is my request?")
    told = second.prove(nina.email)
    assert f"{first.last_reference()}: download your data. Done on" in told


def test_the_news_are_told_where_the_request_was_filed(house: House, nina: Person) -> None:
    first, second = house.customer(), house.customer()
    for customer in (first, second):
        customer.press("See my data")
    first.prove(nina.email)
    first.news("Everything in detail")
    second.prove_again(nina.email, lambda: second.say(nina.email))
    second.news("Everything in detail")
    assert len([line for line in first.history() if "Everything in detail" in line["text"]]) == 1


def test_a_reference_alone_shows_nothing(house: House, company: Company, nina: Person) -> None:
    first = house.customer()
    first.press("See my data")
    first.prove(nina.email)
    reference = first.last_reference()
    stranger = house.customer()
    asked = stranger.say(reference.lower())
    assert "I first need to be sure that it's you" in asked
    told = stranger.prove(company.welcomes("Ben Other").email)
    assert reference not in told


def test_after_one_code_status_needs_no_second(customer: Customer, nina: Person) -> None:
    customer.press("See my data")
    customer.prove(nina.email)
    assert "PR-" in customer.say("where is my request?")


def test_a_request_is_cancelled_after_a_yes(customer: Customer, family: str) -> None:
    customer.press("Download my data")
    customer.prove(family)
    reference = customer.last_reference()
    asked = customer.say("cancel my request")
    assert f"Shall I cancel {reference}?" in asked
    assert "stopped by mistake" in customer.say("why do you ask?")
    assert f"{reference} is cancelled" in customer.press("Yes, cancel it")
    assert f"{reference}: download your data. Cancelled on" in customer.say("where is my request?")


def test_cancelling_asks_which_when_there_are_several(customer: Customer, family: str) -> None:
    customer.press("Download my data")
    customer.prove(family)
    customer.prove_again(family, lambda: customer.say("show me my data as well"))
    assert "Which request should be cancelled?" in customer.say("I want to cancel a request")
    assert all(label.startswith("PR-") for label in customer.labels)
    chosen = customer.labels[0]
    assert "Shall I cancel" in customer.press(chosen)
    assert "nothing was cancelled" in customer.press("No, leave it")
    assert "Checking it's you" in customer.say("where is my request?")


def test_what_is_done_cannot_be_cancelled(customer: Customer, nina: Person) -> None:
    customer.press("See my data")
    customer.prove(nina.email)
    customer.news("Everything in detail")
    assert "no open request that could be cancelled" in customer.say("cancel my request")


def test_cancel_in_the_middle_of_asking_ends_the_asking(customer: Customer) -> None:
    customer.press("See my data")
    assert "I've stopped. Nothing was filed" in customer.say("cancel that")


def test_open_requests_are_told_before_closed_ones_and_each_with_its_date(
    customer: Customer, nina: Person
) -> None:
    customer.press("See my data")
    customer.prove(nina.email)
    seen = customer.last_reference()
    customer.news("Everything in detail")
    customer.say("delete my data")
    customer.prove_again(nina.email, lambda: customer.press("Yes, on that day"))
    planned = customer.last_reference()
    told = customer.say("where is my request?")
    assert told.index(planned) < told.index(seen)
    assert f"{planned}: delete your data. Planned for " in told
    assert f"{seen}: see your data. Done on " in told

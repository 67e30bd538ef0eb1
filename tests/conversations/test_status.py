"""How far is it, in this conversation and in a later one; and stop it."""

from tests.driving.customer import Customer
from tests.driving.house import House


def test_status_is_told_in_a_second_conversation(house: House) -> None:
    first = house.customer()
    first.press("Download my data")
    first.prove("dana.kowalski@example.com")
    second = house.customer()
    second.say("how far is my request?")
    told = second.prove("dana.kowalski@example.com")
    assert first.last_reference() in told
    assert "Received" in told


def test_a_reference_alone_shows_nothing(house: House) -> None:
    first = house.customer()
    first.press("See my data")
    first.prove("dana.work@example.com")
    reference = first.last_reference()
    stranger = house.customer()
    asked = stranger.say(reference.lower())
    assert "I first need to be sure that it's you" in asked
    told = stranger.prove("karl.sammler@example.com")
    assert reference not in told


def test_after_one_code_status_needs_no_second(customer: Customer) -> None:
    customer.press("See my data")
    customer.prove("bobby.tables@example.com")
    assert "PR-" in customer.press("Where is my request?")


def test_a_request_is_cancelled_after_a_yes(customer: Customer) -> None:
    customer.press("Download my data")
    customer.prove("no.more.mail@example.com")
    reference = customer.last_reference()
    asked = customer.say("cancel my request")
    assert f"Shall I cancel {reference}?" in asked
    assert f"{reference} is cancelled" in customer.press("Yes, cancel it")
    assert "Cancelled" in customer.say("where is my request?")


def test_cancelling_asks_which_when_there_are_several(customer: Customer) -> None:
    address = "odd.case@example.com"
    customer.press("Download my data")
    customer.prove(address)
    customer.prove_again(address, lambda: customer.say("show me my data as well"))
    assert "Which request should be cancelled?" in customer.say("I want to cancel a request")
    assert all(label.startswith("PR-") for label in customer.labels)
    chosen = customer.labels[0]
    assert "Shall I cancel" in customer.press(chosen)
    assert "nothing was cancelled" in customer.press("No, leave it")


def test_cancel_in_the_middle_of_asking_ends_the_asking(customer: Customer) -> None:
    customer.press("See my data")
    assert "I've stopped. Nothing was filed" in customer.say("cancel that")

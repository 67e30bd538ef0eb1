"""See: from the wish, over a detour, to a filed request."""

from tests.driving.customer import Customer

JANE = "jane.miller@example.com"


def test_a_wish_in_own_words_becomes_a_filed_request_with_a_date(customer: Customer) -> None:
    asked = customer.say("what do you know about me?")
    assert "e-mail address or phone number" in asked
    filed = customer.prove(JANE)
    assert "Your request to see your data is filed as PR-" in filed
    assert "at the latest" in filed
    confirmation = customer.letter(JANE, customer.last_reference())
    assert "see your data" in confirmation["text"]


def test_why_do_you_ask_is_answered_and_the_question_comes_again(customer: Customer) -> None:
    customer.press("See my data")
    answer = customer.say("why do you need my email?")
    assert "only you can reach your data" in answer
    assert answer.endswith("Which e-mail address or phone number do we have for you?")
    assert "is filed as PR-" in customer.prove("karl.sammler@example.com")


def test_why_do_you_hold_my_data_outside_of_a_form(customer: Customer) -> None:
    answer = customer.say("why do you have my phone number?")
    assert "why we hold it" in answer


def test_asking_again_shows_the_request_that_is_open(
    house_customer_pair: tuple[Customer, Customer],
) -> None:
    first, second = house_customer_pair
    first.press("See my data")
    first.prove("o.shevchuk@example.com")
    second.press("See my data")
    again = second.prove("o.shevchuk@example.com")
    assert "You asked for this already" in again
    assert first.last_reference() == second.last_reference()


def test_changing_the_mind_to_another_right_files_only_the_second(customer: Customer) -> None:
    customer.press("See my data")
    switched = customer.say("no wait, I'd rather delete everything you have")
    assert "I've put your wish to see your data aside" in switched
    assert "Shall I file the deletion?" in switched
    customer.press("Yes, delete my data")
    customer.prove("emoji.fan@example.com")
    listed = customer.press("Where is my request?")
    assert "delete your data" in listed
    assert "see your data" not in listed

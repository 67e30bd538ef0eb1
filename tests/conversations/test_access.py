"""See: from the wish, over a detour, to what is held."""

import re

from tests.driving.company import Company, Person
from tests.driving.customer import Customer
from tests.driving.house import House


def test_a_wish_in_own_words_is_filed_at_once_and_answered_a_moment_later(
    customer: Customer, nina: Person
) -> None:
    asked = customer.say("what do you know about me?")
    assert "First I need to be sure that it's you" in asked
    assert "e-mail address or phone number" in asked
    filed = customer.prove(nina.email)
    assert "I'm looking in all our systems now" in filed
    reference = customer.last_reference()
    assert f"Your reference is {reference}" in filed
    found = customer.news("Everything in detail")
    for held in ("2 orders since May 2022", "1 question to our support desk", "your newsletter"):
        assert held in found
    assert "Your name: Nina Winter" in found
    assert "Your date of birth: 31 March 1990" in found
    assert found.endswith(f"/requests/{reference}/data")
    assert customer.labels == [
        "Correct something",
        "Download a copy",
        "Delete my data",
        "That's all",
    ]
    assert f"{reference}: see your data. Done on" in customer.say("where is my request?")


def test_the_receipt_comes_by_mail_and_holds_nothing_of_what_is_held(
    customer: Customer, nina: Person
) -> None:
    customer.press("See my data")
    customer.prove(nina.email)
    reference = customer.last_reference()
    assert "see your data" in customer.mailbox.letter(nina.email, "We have your request")["text"]
    letter = customer.mailbox.letter(nina.email, f"/requests/{reference}")
    for value in ("Nina", "Winter", "Lindenweg", "1990", nina.phone):
        assert value not in letter["text"]


def test_why_do_you_ask_is_answered_and_the_question_comes_again(
    customer: Customer, nina: Person
) -> None:
    customer.press("See my data")
    answer = customer.say("why do you need my email?")
    assert "only you can reach your data" in answer
    assert answer.endswith("Which e-mail address or phone number do we have for you?")
    customer.say(nina.email)
    answer = customer.say("why do you ask?")
    assert "Only the owner of the mailbox can read the code" in answer
    assert answer.endswith("Type the 6 digits here.")
    assert "Your reference is PR-" in customer.say(customer.code_from_mail(nina.email))


def test_never_mind_ends_it_at_each_question(customer: Customer, nina: Person) -> None:
    customer.press("See my data")
    assert "Nothing was filed" in customer.say("never mind")
    customer.press("See my data")
    customer.say(nina.email)
    assert "Nothing was filed" in customer.press("Never mind")
    code = customer.code_from_mail(nina.email)
    assert "I'm not waiting for a code now" in customer.say(code)


def test_asking_again_while_it_is_open_shows_the_request_that_is_there(
    house: House, company: Company
) -> None:
    """Two people share the address, so a person looks first, and it stays open."""
    one = company.welcomes("Ada Winter")
    company.welcomes("Ben Winter", email=one.email)
    first, second = house.customer(), house.customer()
    for customer in (first, second):
        customer.press("See my data")
    first.prove(one.email)
    again = second.prove(one.email)
    assert "You asked for this already" in again
    assert "I didn't file it twice" in again
    assert first.last_reference() == second.last_reference()


def test_asking_again_once_it_is_done_looks_again(customer: Customer, nina: Person) -> None:
    references = []
    for ask in (lambda: customer.prove(nina.email), lambda: again(customer, nina.email)):
        if not references:
            customer.press("See my data")
        ask()
        references.append(customer.last_reference())
        customer.news(f"/requests/{references[-1]}/data")
    assert references[0] != references[1]


def again(customer: Customer, address: str) -> str:
    return customer.prove_again(address, lambda: customer.say("show me my data"))


def test_changing_the_mind_to_another_right_files_only_the_second(
    customer: Customer, nina: Person
) -> None:
    customer.press("See my data")
    switched = customer.say("no wait, I'd rather delete everything you have")
    assert "I've put your wish to see your data aside" in switched
    customer.prove(nina.email)
    customer.prove_again(nina.email, lambda: customer.press("Yes, on that day"))
    listed = customer.say("where is my request?")
    assert "delete your data" in listed
    assert "see your data" not in listed


def test_only_a_part_is_read_back_and_shown(customer: Customer, nina: Person) -> None:
    told = customer.say("show me only my orders since 2023")
    assert "I take only this: your orders and what you ordered, from 1 January 2023." in told
    customer.prove(nina.email)
    found = customer.news("Everything in detail")
    assert found.startswith("We hold 1 order from June 2024.")
    for other in ("newsletter", "support", "Nina", "Lindenweg"):
        assert other not in found


def test_everything_but_a_part(customer: Customer, nina: Person) -> None:
    told = customer.say("show me everything except my newsletter")
    assert "I take only this: everything except your newsletter" in told
    customer.prove(nina.email)
    found = customer.news("Everything in detail")
    assert "2 orders" in found
    assert "newsletter" not in found


def test_a_part_of_which_two_are_open_is_another_request(house: House, company: Company) -> None:
    """The whole and a part are two wishes: neither stands in the other's way."""
    one = company.welcomes("Ada Winter")
    company.welcomes("Ben Winter", email=one.email)
    first, second = house.customer(), house.customer()
    first.press("See my data")
    first.prove(one.email)
    second.say("show me only my orders")
    assert "A person has to look at it" in second.prove(one.email)
    assert first.last_reference() != second.last_reference()


def test_what_is_held_of_others_is_not_shown(customer: Customer, company: Company) -> None:
    one = company.welcomes("Ada Lonely", addresses=("Own Lane 1",))
    company.welcomes("Ben Other", addresses=("Their Street 2",))
    customer.press("See my data")
    customer.prove(one.email)
    found = customer.news("Everything in detail")
    assert "Own Lane 1" in found
    assert not re.search("Ben|Their Street", found)


def test_news_of_values_that_look_like_places_of_ours_say_them_as_they_are(
    customer: Customer, company: Company
) -> None:
    """What comes out of a system is text: no token of the conversation, no place of a wording."""
    one = company.welcomes("⟦email_1⟧ {link} {reference} <b>")
    customer.press("See my data")
    customer.prove(one.email)
    assert "Your name: [email_1] {link} {reference} <b>" in customer.news("Everything in detail")

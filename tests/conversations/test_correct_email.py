"""A new e-mail address: the old one proves who asks, the new one proves itself, and the old one hears of it."""

import re
from collections.abc import Callable

import pytest

from tests.driving.company import Company, Person
from tests.driving.customer import Customer
from tests.driving.house import House

ASKED = "Type the 6 digits of that second code."


@pytest.fixture
def new(nina: Person) -> str:
    return nina.email.replace("guest", "nina.new")


def ask_for_code(customer: Customer, person: Person, new: str) -> str:
    """Everything up to the question for the second code; returns what is said then."""
    customer.say("I want to change my e-mail address")
    stands = customer.prove(person.email)
    assert f"Your e-mail address stands with us as:\n\n{person.email}" in stands
    assert f"would become:\n\n{new}" in customer.say(new)
    return customer.press("Yes, that's right")


def email_of(company: Company, person: Person) -> str:
    [(found,)] = company.held("shop", "SELECT email FROM customers WHERE id = ?", person.row)
    return str(found)


def test_it_is_changed_once_both_addresses_are_proven(
    customer: Customer, company: Company, nina: Person, new: str
) -> None:
    asked = ask_for_code(customer, nina, new)
    assert f"a second code with 6 digits is on its way to {new}" in asked
    assert asked.endswith(ASKED)
    assert "couldn't read" not in asked
    assert email_of(company, nina) == nina.email
    filed = customer.say(customer.code_from_mail(new))
    assert "I'm changing it now" in filed
    told = customer.news("It's changed")
    assert f"{nina.email} → {new} (our shop, our support desk, our newsletter)" in told
    assert email_of(company, nina) == new
    warned = customer.mailbox.letter(nina.email, "If it was not you")
    assert f"/requests/{customer.last_reference()}/not-me" in warned["text"]
    assert new not in warned["text"], "masked"
    confirmed = customer.mailbox.letter(new, "We have corrected your e-mail address")
    assert nina.email not in confirmed["text"]


def test_a_wrong_code_counts_down_and_a_new_one_can_be_had(
    customer: Customer, nina: Person, new: str, time_passes: Callable[..., None]
) -> None:
    ask_for_code(customer, nina, new)
    first = customer.code_from_mail(new)
    wrong = customer.say("000000" if first != "000000" else "111111")
    assert "You have 4 tries left" in wrong
    assert wrong.endswith(ASKED)
    assert "A code was sent a moment ago" in customer.press("Send a new code")
    time_passes(sent=True)
    assert "A new code is on its way" in customer.press("Send a new code")
    newer = customer.code_from_mail(new, after=1)
    assert "I'm changing it now" in customer.say(newer)


def test_five_wrong_codes_end_it_and_nothing_is_filed(
    customer: Customer, company: Company, nina: Person, new: str
) -> None:
    ask_for_code(customer, nina, new)
    wrong = "000000" if customer.code_from_mail(new) != "000000" else "111111"
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        assert f"You have {left} left" in customer.say(wrong)
    ended = customer.say(wrong)
    assert "nothing was filed" in ended
    assert "I've stopped" not in ended, "told once"
    assert "There is no request" in customer.say("where is my request?")
    assert email_of(company, nina) == nina.email


def test_an_expired_code_is_replaced(
    customer: Customer, nina: Person, new: str, time_passes: Callable[..., None]
) -> None:
    ask_for_code(customer, nina, new)
    code = customer.code_from_mail(new)
    time_passes(codes=True)
    assert "That code has ended. A new one is on its way" in customer.say(code)
    assert "I'm changing it now" in customer.say(customer.code_from_mail(new, after=1))


def test_why_never_mind_and_start_over_at_the_second_code(
    customer: Customer, company: Company, nina: Person, new: str
) -> None:
    ask_for_code(customer, nina, new)
    why = customer.say("why do you ask?")
    assert "What we send you goes there from now on" in why
    assert why.endswith(ASKED)
    assert "Nothing was filed" in customer.press("Never mind")
    code = customer.code_from_mail(new)
    assert "I'm not waiting for a code now" in customer.say(code)
    customer.say("I want to change my e-mail address")
    customer.say(customer.code_from_mail(nina.email, after=1))
    customer.say(new)
    customer.press("Yes, that's right")
    assert "Nothing was filed" in customer.say("start over")
    assert email_of(company, nina) == nina.email


def test_an_address_of_somebody_else_is_answered_word_for_word_like_any_other(
    house: House, company: Company, nina: Person, new: str
) -> None:
    """Who types it learns nothing; who has it gets a code, and decides."""
    other = company.welcomes("Ben Other")
    heard = []
    for address in (new, other.email):
        customer = house.customer()
        heard.append(
            [
                ask_for_code(customer, nina, address).replace(address, "NEW"),
                customer.say("why do you ask?"),
                customer.say("never mind"),
            ]
        )
    assert heard[0] == heard[1]
    assert customer.codes_mailed(other.email) == 1


def test_an_address_of_somebody_else_that_proves_itself_never_makes_two_people_one(
    customer: Customer, company: Company, nina: Person
) -> None:
    """A person finds out whether both accounts are one human being's."""
    other = company.welcomes("Ben Other")
    ask_for_code(customer, nina, other.email)
    filed = customer.say(customer.code_from_mail(other.email))
    assert re.search(r"Your reference is PR-", filed)
    customer.news(f"For {customer.last_reference()} a person has to do a part by hand")
    assert email_of(company, nina) == nina.email


def test_a_new_address_is_not_written_to_before_the_old_one_is_proven(
    customer: Customer, nina: Person, new: str
) -> None:
    customer.say(f"change my e-mail address to {new}")
    customer.say(nina.email)
    customer.say("000000")
    assert customer.mailbox.mails(new) == []


def test_the_new_address_alone_proves_nothing(customer: Customer, nina: Person, new: str) -> None:
    """Whoever reads a mailbox of their own choice may see no more than before."""
    ask_for_code(customer, nina, new)
    customer.say(customer.code_from_mail(new))
    customer.news("It's changed")
    asked = customer.say("show me my data")
    assert "a code with 6 digits is on its way" in asked

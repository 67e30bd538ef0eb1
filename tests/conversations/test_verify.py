"""Proving who asks: every way a code can be typed, missed, mistyped or not exist."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.driving.company import Company, Person
from tests.driving.customer import Customer
from tests.driving.house import House

FILED = "Your reference is PR-"


def begin(customer: Customer, address: str) -> str:
    customer.press("See my data")
    return customer.say(address)


def test_codes_are_taken_as_people_type_them(customer: Customer, nina: Person) -> None:
    begin(customer, nina.email)
    code = customer.code_from_mail(nina.email)
    assert FILED in customer.say(f"my code is {code[:3]} {code[3:]}")


def test_full_width_digits_are_digits(customer: Customer, nina: Person) -> None:
    begin(customer, nina.email)
    code = customer.code_from_mail(nina.email)
    assert FILED in customer.say("".join(chr(ord(digit) + 0xFEE0) for digit in code))


def test_a_wrong_code_counts_down_and_the_fifth_ends_it(customer: Customer) -> None:
    begin(customer, "nobody.one@example.com")
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        assert f"You have {left} left" in customer.say("000000")
    assert "nothing was filed" in customer.say("000000")


def test_five_wrong_codes_after_a_right_one_for_something_else_end_it_as_well(
    customer: Customer, nina: Person
) -> None:
    """What was proven before says nothing about this wish, and nothing else is claimed about it."""
    begin(customer, nina.email)
    customer.say(customer.code_from_mail(nina.email))
    customer.say("and download my data")
    wrong = "000000" if customer.code_from_mail(nina.email, after=1) != "000000" else "111111"
    for _ in range(4):
        customer.say(wrong)
    told = customer.say(wrong)
    assert "I couldn't be sure that it's you, so nothing was filed." in told
    assert "The code was right" not in told


def test_a_date_or_a_short_number_costs_no_try(customer: Customer) -> None:
    begin(customer, "nobody.two@example.com")
    assert "That looks like a date" in customer.say("12/05/1990")
    assert "exactly 6 digits" in customer.say("12345")
    assert "You have 4 tries left" in customer.say("123456")


@pytest.mark.parametrize("wish", ["See my data", "Delete my data", "Download my data"])
def test_known_and_unknown_addresses_hear_the_same(house: House, nina: Person, wish: str) -> None:
    told = []
    for address in (nina.email, nina.email.replace("guest", "gast")):
        customer = house.customer()
        customer.press(wish)
        told.append(
            [customer.say(address), customer.say("000000"), customer.say("why do you ask?")]
        )
    assert told[0] == told[1]


def test_an_expired_code_is_replaced_and_the_new_one_works(
    customer: Customer, nina: Person, time_passes: Callable[..., None]
) -> None:
    begin(customer, nina.email)
    code = customer.code_from_mail(nina.email)
    time_passes(codes=True)
    assert "That code has ended. A new one is on its way" in customer.say(code)
    assert FILED in customer.say(customer.code_from_mail(nina.email, after=1))


def test_a_new_code_can_be_asked_for_but_not_at_once(
    customer: Customer, nina: Person, time_passes: Callable[..., None]
) -> None:
    begin(customer, nina.email)
    code = customer.code_from_mail(nina.email)
    assert "A code was sent a moment ago" in customer.say("no code came, send another one")
    time_passes(sent=True)
    assert "A new code is on its way" in customer.press("Send a new code")
    newer = customer.code_from_mail(nina.email, after=1)
    if code != newer:
        assert "That isn't the code" in customer.say(code)
    assert FILED in customer.say(newer)


def test_a_mistyped_address_is_replaced_by_the_next_one(customer: Customer, nina: Person) -> None:
    begin(customer, nina.email.replace("guest", "gest"))
    customer.say(f"sorry, {nina.email}")
    assert FILED in customer.say(customer.code_from_mail(nina.email))


def test_a_phone_number_finds_the_address_on_file(customer: Customer, nina: Person) -> None:
    begin(customer, nina.phone)
    assert FILED in customer.say(customer.code_from_mail(nina.email))


@pytest.mark.parametrize(
    "wish", ["See my data", "Download my data", "I married, change my name", "Delete my data"]
)
def test_an_address_changed_days_ago_goes_to_a_person(
    customer: Customer, company: Company, wish: str
) -> None:
    """It proves enough for a plan and for how far a request is, and for nothing more."""
    days_ago = (datetime.now(UTC) - timedelta(days=5)).date().isoformat()
    noor = company.welcomes("Noor Test", changed=days_ago)
    customer.say(wish)
    told = customer.prove(noor.email)
    if wish == "Delete my data":
        assert "This goes:" in told
        told = customer.prove_again(noor.email, lambda: customer.press("Yes, now"))
    assert "The code was right. But this contact was changed in the last 30 days" in told
    assert "Write your message now" in told
    customer.say("It is really me.")
    customer.say(noor.email)
    passed_on = customer.mailbox.letter("privacy@alderfinch.example", noor.email)["text"]
    assert "In the chat they were about to ask" in passed_on
    assert company.name_of(noor) == "Noor Test"


def test_a_lost_address_leads_to_a_person(customer: Customer) -> None:
    customer.press("See my data")
    told = customer.press("I no longer have it")
    assert "A person can check in another way" in told


def test_who_has_no_address_on_file_gets_no_code(customer: Customer, company: Company) -> None:
    walter = company.welcomes("Walter Test")
    company.changes("shop", "UPDATE customers SET email = NULL WHERE id = ?", walter.row)
    told = begin(customer, walter.phone)
    assert "is on its way to the e-mail address that we hold" in told, "as for everybody"
    assert customer.mailbox.mails(walter.email) == []


def test_a_proof_that_ran_out_is_asked_for_again_and_nothing_is_lost(
    customer: Customer, nina: Person, time_passes: Callable[..., None]
) -> None:
    customer.say("my name is wrong")
    customer.prove(nina.email)
    customer.say("Nina Summer")
    time_passes(proofs=True)
    asked = customer.press("Yes, that's right")
    assert "First I need to be sure that it's you" in asked
    filed = (
        customer.say(customer.code_from_mail(nina.email, after=1))
        if asked.endswith("Type the 6 digits here.")
        else customer.prove(nina.email)
    )
    assert FILED in filed
    assert "Nina Winter → Nina Summer" in customer.news("It's changed")


def test_a_code_out_of_place_is_not_needed(customer: Customer) -> None:
    answer = customer.say("123456")
    assert answer
    assert "PR-" not in answer

"""Proving who asks: every way a code can be typed, missed, mistyped or not exist."""

import sqlite3

from tests.driving.customer import Customer
from tests.driving.house import House

KARL = "karl.sammler@example.com"


def begin(customer: Customer, address: str) -> str:
    customer.press("See my data")
    return customer.say(address)


def test_codes_are_taken_as_people_type_them(customer: Customer) -> None:
    before = customer.codes_mailed(KARL)
    begin(customer, KARL)
    code = customer.code_from_mail(KARL, after=before)
    assert "PR-" in customer.say(f"my code is {code[:3]} {code[3:]}")


def test_full_width_digits_are_digits(customer: Customer) -> None:
    before = customer.codes_mailed(KARL)
    begin(customer, KARL)
    code = customer.code_from_mail(KARL, after=before)
    assert "PR-" in customer.say("".join(chr(ord(digit) + 0xFEE0) for digit in code))


def test_a_wrong_code_counts_down_and_the_fifth_ends_it(customer: Customer) -> None:
    begin(customer, "nobody.one@example.com")
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        assert f"You have {left} left" in customer.say("000000")
    assert "nothing was filed" in customer.say("000000")


def test_a_date_or_a_short_number_costs_no_try(customer: Customer) -> None:
    begin(customer, "nobody.two@example.com")
    assert "That looks like a date" in customer.say("12/05/1990")
    assert "exactly 6 digits" in customer.say("12345")
    assert "You have 4 tries left" in customer.say("123456")


def test_known_and_unknown_addresses_hear_the_same(house: House) -> None:
    told = []
    for address in ("jane.miller@example.com", "jane.nobody@example.com"):
        customer = house.customer()
        told.append(
            [begin(customer, address), customer.say("000000"), customer.say("why do you ask?")]
        )
    assert told[0] == told[1]


def test_an_expired_code_is_replaced_and_the_new_one_works(
    house: House, customer: Customer
) -> None:
    address = "l.fontaine@example.com"
    before = customer.codes_mailed(address)
    begin(customer, address)
    code = customer.code_from_mail(address, after=before)
    let_codes_expire(house)
    assert "That code has ended. A new one is on its way" in customer.say(code)
    assert "PR-" in customer.say(customer.code_from_mail(address, after=before + 1))


def test_a_new_code_can_be_asked_for_but_not_at_once(house: House, customer: Customer) -> None:
    address = "just.asking@example.com"
    before = customer.codes_mailed(address)
    begin(customer, address)
    code = customer.code_from_mail(address, after=before)
    assert "A code was sent a moment ago" in customer.say("no code came, send another one")
    let_half_a_minute_pass(house)
    assert "A new code is on its way" in customer.press("Send a new code")
    newer = customer.code_from_mail(address, after=before + 1)
    assert "That isn't the code" in customer.say(code) if code != newer else True
    assert "PR-" in customer.say(newer)


def test_a_mistyped_address_is_replaced_by_the_next_one(customer: Customer) -> None:
    begin(customer, "jane.miler@example.com")
    before = customer.codes_mailed("jane.miller@example.com")
    customer.say("sorry, jane.miller@example.com")
    assert "PR-" in customer.say(customer.code_from_mail("jane.miller@example.com", after=before))


def test_a_phone_number_finds_the_address_on_file(customer: Customer) -> None:
    before = customer.codes_mailed(KARL)
    begin(customer, "+49 30 23125113")
    assert "PR-" in customer.say(customer.code_from_mail(KARL, after=before))


def test_an_address_changed_days_ago_goes_to_a_person(customer: Customer) -> None:
    customer.press("Download my data")
    told = customer.prove("noor.haddad@example.com")
    assert "this contact was changed in the last 30 days" in told
    assert "Write your message now" in told


def test_a_lost_address_leads_to_a_person(customer: Customer) -> None:
    customer.press("See my data")
    told = customer.press("I no longer have it")
    assert "A person can check in another way" in told


def test_a_code_out_of_place_is_not_needed(customer: Customer) -> None:
    answer = customer.say("123456")
    assert answer
    assert "PR-" not in answer


def let_codes_expire(house: House) -> None:
    """Move every challenge into the past: the only thing about it that changes with time."""
    change(
        house,
        "UPDATE challenge SET expires_at = '2020-01-01 00:10:00.000000', sent_at = '2020-01-01 00:00:00.000000'",
    )


def let_half_a_minute_pass(house: House) -> None:
    change(house, "UPDATE challenge SET sent_at = '2020-01-01 00:00:00.000000'")


def change(house: House, statement: str) -> None:
    with sqlite3.connect(house.data / "vera.db", timeout=10) as database:
        assert database.execute(statement).rowcount > 0

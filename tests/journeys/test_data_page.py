"""The page with everything that is held: what is wrong is corrected from there, and it is all there without a mouse and
without JavaScript.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.driving.browser import Visitor
from tests.driving.company import Company, Person
from tests.driving.house import House
from tests.journeys.conftest import Newcomer
from tests.journeys.test_plain import walk_to

PHONE = "SELECT phone FROM customers WHERE id = ?"


@pytest.fixture
def company(house: House) -> Company:
    return Company(house.data)


@pytest.fixture
def nina(company: Company) -> Person:
    """A customer with orders, an old question and the newsletter."""
    days = [f"2024-{month:02}-05" for month in range(1, 13)]
    return company.welcomes(orders=days, newsletter="Nina", tickets=["2025-05-05"])


def sees(visitor: Visitor, person: Person) -> str:
    """Ask to see everything; the reference."""
    visitor.presses("See my data")
    visitor.proves(person.email)
    visitor.hears("Everything in detail, with why we hold it")
    return visitor.reference


def correct(page: Page, what: str) -> None:
    page.get_by_role("button", name=re.compile(f"Correct this.*{what}")).first.click()


def test_a_value_is_corrected_from_where_it_stands(
    visitor: Visitor, company: Company, nina: Person
) -> None:
    [(old,)] = company.held("shop", PHONE, nina.row)
    reference = sees(visitor, nina)
    page = visitor.opens(f"/requests/{reference}/data").page
    expect(page.get_by_text(old)).to_be_visible()
    # To look at the page, or at the address of its forms, says nothing in the chat.
    said = visitor.opens_the_chat().transcript
    assert "Correct my phone number" not in str(said)

    visitor.opens(f"/requests/{reference}/data")
    codes = len(visitor.mailbox.codes(nina.email))
    correct(page, "your phone number")
    expect(visitor.own.last).to_have_text("Correct my phone number")
    visitor.hears("Type the 6 digits here.")
    visitor.writes(visitor.mailbox.next_code(nina.email, codes))
    visitor.hears("Your phone number stands with us as:")
    visitor.writes("+49 171 3920042")
    visitor.presses("Yes, that's right")
    visitor.hears("as a text message")
    visitor.writes(visitor.mailbox.next_code("+491713920042", 0))
    visitor.hears("It's changed (PR-")
    assert company.held("shop", PHONE, nina.row) == [("+49 171 3920042",)]

    # The page reads the systems anew each time, and leads to no old value.
    visitor.opens(f"/requests/{reference}/data")
    expect(page.get_by_text("+49 171 3920042")).to_be_visible()
    expect(page.get_by_text(old)).to_have_count(0)


def test_an_address_is_corrected_as_one_thing(visitor: Visitor, nina: Person) -> None:
    reference = sees(visitor, nina)
    page = visitor.opens(f"/requests/{reference}/data").page
    address = page.get_by_role("region", name="Your addresses")
    expect(
        address.get_by_role("button", name=re.compile("Correct this.*your address"))
    ).to_have_count(1)
    correct(page, "your address")
    expect(visitor.own.last).to_have_text("Correct my address")
    visitor.hears("Type the 6 digits here.")


def test_all_of_it_without_javascript(newcomer: Newcomer, nina: Person) -> None:
    visitor = newcomer(java_script_enabled=False).opens_the_chat()
    reference = sees_without_script(visitor, nina)
    page = visitor.opens(f"/requests/{reference}/data").page
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(page.get_by_text("Lindenweg 3", exact=True)).to_be_visible()
    orders = page.get_by_role("region", name="Your orders")
    expect(orders.get_by_text("12 entries")).to_be_visible()
    orders.get_by_text("Show all 12").click()
    expect(orders.get_by_text("24.00 EUR").first).to_be_visible()
    orders.get_by_text("Why we hold this").click()
    expect(orders.get_by_text("To bring your orders to you").first).to_be_visible()
    correct(page, "your name")
    expect(visitor.own.last).to_have_text("Correct my name")
    expect(visitor.bubbles.filter(has_text="Type the 6 digits here.").last).to_be_visible()


def sees_without_script(visitor: Visitor, person: Person) -> str:
    """The same, where news need a look of one's own."""
    visitor.presses("See my data")
    visitor.proves(person.email)
    visitor.hears("I'm looking in all our systems now.")
    reference = visitor.reference
    done = visitor.page.locator(".state", has_text="Done")
    for _ in range(60):
        visitor.opens(f"/requests/{reference}")
        if done.count():
            break
    expect(done).to_be_visible()
    return reference


def test_all_of_it_by_keyboard(visitor: Visitor, nina: Person) -> None:
    reference, keys = sees(visitor, nina), visitor.page.keyboard
    visitor.opens(f"/requests/{reference}/data")
    walk_to(visitor.page, "Tab", "Go to the page itself")
    walk_to(visitor.page, "Tab", "Our shop")
    keys.press("Enter")
    expect(visitor.page).to_have_url(re.compile("#shop$"))
    walk_to(visitor.page, "Tab", "Correct this: your name")
    walk_to(visitor.page, "Tab", "Why we hold this, until when, and who received it: your account")
    keys.press("Enter")
    expect(visitor.page.get_by_text("As long as you have an account with us").first).to_be_visible()
    walk_to(visitor.page, "Tab", "Show all 12: your orders")
    keys.press("Space")
    expect(visitor.page.get_by_text("24.00 EUR").first).to_be_visible()
    walk_to(visitor.page, "Shift+Tab", "Correct this: your phone number")
    keys.press("Enter")
    expect(visitor.own.last).to_have_text("Correct my phone number")

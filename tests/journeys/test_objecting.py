"""Somebody changed my e-mail address: the letter to the old one leads to a page, its button puts the old one back."""

import re

import pytest
from playwright.sync_api import expect

from tests.driving.browser import Visitor
from tests.driving.company import Company, Person
from tests.driving.house import House
from tests.journeys.conftest import Newcomer

NOT_ME = re.compile(r"https?://\S+?(/requests/PR-[0-9A-Z]{4}-[0-9A-Z]{4}/not-me\S+)")
CONTACT = "SELECT email, contact_changed_at FROM customers WHERE id = ?"
NEWSLETTER = "SELECT count(*) FROM subscriptions WHERE email = ?"


@pytest.fixture
def company(house: House) -> Company:
    return Company(house.data)


@pytest.fixture
def nina(company: Company) -> Person:
    return company.welcomes(newsletter="Nina")


def changes_the_address(visitor: Visitor, person: Person, new: str) -> None:
    """Both addresses prove themselves."""
    visitor.writes("change my e-mail address")
    visitor.proves(person.email)
    visitor.hears("Your e-mail address stands with us as:")
    visitor.writes(new)
    visitor.presses("Yes, that's right")
    visitor.hears("Type the 6 digits of that second code.")
    visitor.writes(visitor.mailbox.next_code(new, 0))
    visitor.hears("It's changed (PR-")


@pytest.mark.parametrize("script", [True, False], ids=["live", "without JavaScript"])
def test_the_old_address_comes_back_by_the_button_of_its_letter(
    newcomer: Newcomer, visitor: Visitor, company: Company, nina: Person, script: bool
) -> None:
    before = company.held("shop", CONTACT, nina.row)
    new = nina.email.replace("guest.", "taken.")
    changes_the_address(visitor, nina, new)
    assert company.held("shop", CONTACT, nina.row)[0][0] == new
    assert company.held("newsletter", NEWSLETTER, new) == [(1,)]

    letter = visitor.mailbox.letter(nina.email, "If it was not you, open this page")["text"]
    [path] = NOT_ME.findall(letter)
    owner = newcomer(java_script_enabled=script)
    for _ in range(3):  # a scanner of mails looks, too
        owner.opens(path)
        expect(owner.heading).to_have_text("Did you not ask for this change?")
    assert company.held("shop", CONTACT, nina.row)[0][0] == new
    assert nina.email not in owner.page.content() and new not in owner.page.content()
    owner.page.get_by_role("button", name="It wasn't me").click()
    expect(owner.heading).to_have_text("Thank you, we put the old one back")
    assert company.held("shop", CONTACT, nina.row) == before
    assert company.held("newsletter", NEWSLETTER, nina.email) == [(1,)]
    assert company.held("newsletter", NEWSLETTER, new) == [(0,)]


def test_a_link_that_was_cut_off_says_so(visitor: Visitor) -> None:
    for key in ("", "?key=short", "?key=" + "x" * 22):
        visitor.opens(f"/requests/PR-7K4M-29XH/not-me{key}")
        button = visitor.page.get_by_role("button", name="It wasn't me")
        if button.count():
            button.click()
        expect(visitor.page.get_by_text("This link has ended or is not whole.")).to_be_visible()

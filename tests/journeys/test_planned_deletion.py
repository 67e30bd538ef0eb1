"""A deletion that waits for its day: undone by the link of the letter, undone in the chat, or begun at once; and what its
page tells all the while.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.driving.browser import Visitor
from tests.driving.company import Company, Person
from tests.driving.house import House
from tests.journeys.conftest import Newcomer

LINK = re.compile(r"https?://\S+(/requests/PR-[0-9A-Z]{4}-[0-9A-Z]{4}\S*)")


@pytest.fixture
def company(house: House) -> Company:
    return Company(house.data)


@pytest.fixture
def nina(company: Company) -> Person:
    """A customer with an account and an old order."""
    return company.welcomes(orders=["2025-03-03"])


def plans(visitor: Visitor, person: Person) -> str:
    """Ask for the deletion on its day; its reference."""
    visitor.writes("delete everything you have about me")
    visitor.proves(person.email)
    visitor.hears("Shall I delete it? It happens on")
    codes = len(visitor.mailbox.codes(person.email))
    visitor.presses("Yes, on that day")
    visitor.hears("Type the 6 digits here.")
    visitor.writes(visitor.mailbox.next_code(person.email, codes))
    visitor.hears("Until then you can undo it here, or by the link in the e-mail")
    return visitor.reference


def test_undone_by_the_link_of_the_letter_in_another_browser(
    visitor: Visitor, newcomer: Newcomer, company: Company, nina: Person
) -> None:
    reference = plans(visitor, nina)
    letter = visitor.mailbox.letter(nina.email, "Your deletion is planned.")["text"]
    [path] = LINK.findall(letter)
    assert path == f"/requests/{reference}"

    other = newcomer().opens(path)
    other.passes_the_door(nina.email)
    expect(other.heading).to_have_text("Your request to delete your data")
    expect(
        other.page.get_by_text("Until then nothing is gone and you can undo it.")
    ).to_be_visible()
    expect(other.page.locator(".left")).to_have_text(
        re.compile("^(7 days|6 days and 23 hours) left$")
    )
    expect(other.page.locator(".timeline li")).to_contain_text(
        ["The deletion was scheduled.", "Your request arrived and was confirmed."]
    )
    other.page.get_by_role("link", name="Undo the deletion").click()
    expect(other.heading).to_have_text("Undo the deletion?")
    assert company.name_of(nina), "looking at the question changes nothing"
    other.page.get_by_role("button", name="Undo the deletion").click()
    expect(other.page.locator(".state")).to_have_text("Cancelled")
    expect(other.page.locator(".timeline li").first).to_contain_text("You took it back.")
    assert company.name_of(nina) == "Nina Winter"

    # Who filed it sees the same.
    visitor.writes("where is my request?")
    visitor.hears(f"{reference}: delete your data. Cancelled on")


def test_undone_in_the_chat(visitor: Visitor, company: Company, nina: Person) -> None:
    reference = plans(visitor, nina)
    visitor.writes("where is my request?")
    visitor.hears(f"{reference}: delete your data. Planned for")
    visitor.writes("undo the deletion")
    visitor.hears(reference)
    visitor.presses("Yes, cancel it")
    visitor.hears("cancelled")
    visitor.opens(f"/requests/{reference}")
    expect(visitor.page.locator(".state")).to_have_text("Cancelled")
    assert company.name_of(nina) == "Nina Winter"


def test_begun_at_once_from_its_page_which_tells_each_step_without_a_reload(
    visitor: Visitor, company: Company, nina: Person
) -> None:
    reference = plans(visitor, nina)
    page = visitor.opens(f"/requests/{reference}").page
    page.get_by_role("link", name="Delete it now").click()
    visitor.passes_the_door(nina.email)
    expect(visitor.heading).to_have_text("Delete your data now?")
    page.get_by_role("button", name="Delete my data now").click()
    page.evaluate("window.same = true")
    expect(page.get_by_role("link", name="Undo the deletion")).to_be_hidden()
    expect(page.locator(".state")).to_have_text("Done")
    assert page.evaluate("window.same") is True, "the news came without a reload"
    expect(page.locator(".sentence")).to_contain_text("apart from what a law makes us keep")
    expect(page.locator(".systems li")).to_have_text(
        [re.compile(r"Our shop\s+Done\s+2 entries deleted, 4 entries kept by law")]
    )
    told = page.locator(".timeline li p").all_text_contents()
    assert told == [
        "The deletion was done and checked in every system.",
        "Deleted in our shop, and checked.",
        "The first data was deleted. From here on it can't be undone.",
        "You asked us not to wait any longer, and work on it began.",
        "The deletion was scheduled. Until its date you can undo it.",
        "Your request arrived and was confirmed.",
    ]
    account = "SELECT name, email, phone, birth_date FROM customers WHERE id = ?"
    assert company.held("shop", account, nina.row) == [(None, None, None, None)]
    visitor.opens_the_chat()
    visitor.hears("It's done (PR-")

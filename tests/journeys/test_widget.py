"""The chat on a website that is not ours: one tag, and a whole conversation."""

from playwright.sync_api import expect

from tests.driving.browser import Visitor
from tests.journeys.conftest import Newcomer
from tests.journeys.shop import Shop


def test_a_whole_journey_on_a_shops_website(newcomer: Newcomer, shop: Shop) -> None:
    visitor = newcomer(framed=True)
    shop.shows(f"{visitor.chat}/widget.js")
    visitor.page.goto(shop.origin)
    opens_the_widget(visitor)
    visitor.writes("show me what you have stored about me")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.proves("reads.only@example.com")
    visitor.hears("Everything in detail, with why we hold it")

    # What is held is shown in a tab of its own, never in the frame; the frame's visit is not known there.
    page = visitor.follows("Open your data")
    expect(page.heading).to_have_text("Open your data")
    page.passes_the_door("reads.only@example.com")
    expect(page.heading).to_have_text("Your data")
    expect(page.page.get_by_text("Pia", exact=True)).to_be_visible()
    assert page.page.evaluate("window.opener") is None

    visitor.page.goto(f"{shop.origin}/another-page")
    opens_the_widget(visitor)
    visitor.writes("where is my request?")
    visitor.hears(f"{visitor.reference}: see your data. Done on")


def opens_the_widget(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Your privacy").click()
    expect(visitor.bubbles.first).to_be_visible()

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
    visitor.hears("is filed as PR-")

    visitor.page.goto(f"{shop.origin}/another-page")
    opens_the_widget(visitor)
    visitor.presses("Where is my request?")
    visitor.hears(f"{visitor.reference}: see your data. Received on")


def opens_the_widget(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Your privacy").click()
    expect(visitor.bubbles.first).to_be_visible()

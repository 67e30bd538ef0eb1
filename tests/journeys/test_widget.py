"""The chat on a website that is not ours: one tag, and a whole conversation."""

from pathlib import Path

from playwright.sync_api import expect

from tests.driving.browser import Visitor
from tests.journeys.conftest import SHOP, Newcomer

PAGE = (Path(__file__).parents[1] / "web" / "host.html").read_text()


def test_a_whole_journey_on_a_shops_website(newcomer: Newcomer) -> None:
    visitor = newcomer(framed=True)
    page = PAGE.replace("WIDGET", f"{visitor.chat}/widget.js")
    visitor.page.route(f"{SHOP}/", lambda route: route.fulfill(body=page, content_type="text/html"))
    visitor.page.goto(f"{SHOP}/")
    opens_the_widget(visitor)
    visitor.writes("show me what you have stored about me")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.proves("reads.only@example.com")
    visitor.hears("is filed as PR-")

    visitor.page.goto(f"{SHOP}/")
    opens_the_widget(visitor)
    visitor.presses("Where is my request?")
    visitor.hears(f"{visitor.reference}: see your data. Received.")


def opens_the_widget(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Your privacy").click()
    expect(visitor.bubbles.first).to_be_visible()

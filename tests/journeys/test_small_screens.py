"""320 pixels wide: everything fits, and nothing hides behind the bars above and below."""

import pytest
from playwright.sync_api import Locator, expect

from tests.driving.browser import Visitor
from tests.journeys.conftest import Newcomer

QUESTION = "Which e-mail address or phone number do we have for you?"


@pytest.fixture
def visitor(newcomer: Newcomer) -> Visitor:
    """Somebody with an old phone."""
    return newcomer(viewport={"width": 320, "height": 640}).opens_the_chat()


def test_a_long_conversation_never_scrolls_sideways(visitor: Visitor) -> None:
    address = "a-rather-long-name-in-front-of-the-sign@customers.example.com"
    visitor.presses("Correct my data")
    visitor.hears("What should be corrected?")
    visitor.presses("E-mail address")
    visitor.hears(QUESTION)
    visitor.proves("siobhan.o'connor@example.com")
    visitor.hears("Your e-mail address stands with us as:")
    visitor.writes(address)
    visitor.hears(address)
    visitor.presses("Yes, that's right")
    visitor.hears("Type the 6 digits of that second code.")
    assert visitor.page.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_a_message_that_waits_is_in_sight(visitor: Visitor) -> None:
    visitor.presses("See my data")
    visitor.hears(QUESTION)
    visitor.page.context.set_offline(True)
    visitor.writes("greta.voss@example.com")
    expect(visitor.page.get_by_text("No connection now.")).to_be_visible()
    expect(visitor.page.get_by_text("Not sent yet")).to_be_visible()
    is_in_sight(visitor.own.last)


def test_the_word_about_an_ended_conversation_is_in_sight(visitor: Visitor) -> None:
    visitor.page.context.add_cookies(
        [{"name": "vera_session", "value": "of-another-day", "url": visitor.chat}]
    )
    visitor.page.reload()
    expect(visitor.banner).to_contain_text("That conversation has ended.")
    is_in_sight(visitor.banner)


def is_in_sight(found: Locator) -> None:
    """Wait until nothing covers the middle of it."""
    found.page.wait_for_function(
        """(it) => {
        const box = it.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return top !== null && it.contains(top); }""",
        arg=found.element_handle(),
        timeout=10_000,
    )

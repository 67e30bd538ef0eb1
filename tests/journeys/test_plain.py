"""Without JavaScript, and without a mouse."""

from playwright.sync_api import Page, expect

from tests.driving.browser import Visitor
from tests.journeys.conftest import Newcomer

QUESTION = "Which e-mail address or phone number do we have for you?"


def test_a_whole_journey_without_javascript(newcomer: Newcomer) -> None:
    visitor = newcomer(java_script_enabled=False).opens_the_chat()
    visitor.writes("please delete all of my data")
    visitor.hears("Shall I file the deletion?")
    visitor.presses("Yes, delete my data")
    visitor.hears(QUESTION)
    expect(visitor.box).to_have_attribute("autocomplete", "email")
    code = visitor.gives("orders@cafe-morgenrot.example")
    expect(visitor.box).to_have_attribute("autocomplete", "one-time-code")
    visitor.writes(code)
    visitor.hears("Your request to delete your data is filed as PR-")
    assert code not in visitor.page.content()
    visitor.presses("Where is my request?")
    visitor.hears(f"{visitor.reference}: delete your data. Received on")


def test_a_whole_journey_by_keyboard(visitor: Visitor) -> None:
    address, keys = "no.more.mail@example.com", visitor.page.keyboard
    walk_to(visitor.page, "Tab", "Download my data")
    keys.press("Enter")
    visitor.hears(QUESTION)
    before = len(visitor.mailbox.codes(address))
    expect(visitor.box).to_be_focused()
    keys.type(f"{address}\n")
    visitor.hears("Type the 6 digits here.")
    keys.type(f"{visitor.mailbox.next_code(address, before)}\n")
    visitor.hears("is filed as PR-")
    expect(visitor.quick_replies).to_have_count(2)
    walk_to(visitor.page, "Shift+Tab", "Where is my request?")
    keys.press("Space")
    visitor.hears(f"{visitor.reference}: download your data. Received on")


def walk_to(page: Page, key: str, label: str) -> None:
    """Press a key until this button has the focus, and see the focus at every stop."""
    for _ in range(12):
        page.keyboard.press(key)
        name, outline = page.evaluate(
            """() => { const it = document.activeElement, ring = it.closest(".box") ?? it;
            return [it.textContent.trim(), getComputedStyle(ring).outlineStyle] }"""
        )
        assert outline != "none", f"the focus on {name!r} cannot be seen"
        if name == label:
            return
    raise AssertionError(f"{label!r} is not reached with {key}")

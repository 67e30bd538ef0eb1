"""Without JavaScript, and without a mouse."""

from playwright.sync_api import Page, expect

from tests.driving.browser import Visitor
from tests.journeys.conftest import Newcomer

QUESTION = "Which e-mail address or phone number do we have for you?"


def test_a_whole_journey_without_javascript(newcomer: Newcomer) -> None:
    visitor = newcomer(java_script_enabled=False).opens_the_chat()
    address = "orders@cafe-morgenrot.example"
    visitor.writes("please delete all of my data")
    visitor.hears(QUESTION)
    expect(visitor.box).to_have_attribute("autocomplete", "email")
    code = visitor.gives(address)
    expect(visitor.box).to_have_attribute("autocomplete", "one-time-code")
    visitor.writes(code)
    visitor.hears("This stays for a time:")
    assert code not in visitor.page.content()
    visitor.presses("Yes, on that day")
    visitor.hears("Type the 6 digits here.")
    second = visitor.mailbox.next_code(address, before=1)
    visitor.writes(second)
    visitor.hears("It's planned as PR-")
    assert second not in visitor.page.content()
    visitor.writes("where is my request?")
    visitor.hears(f"{visitor.reference}: delete your data. Planned for")


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
    visitor.hears("Your copy is ready (PR-")
    expect(visitor.quick_replies).to_have_count(2)
    walk_to(visitor.page, "Shift+Tab", "That's all")
    reference = visitor.reference
    walk_to(visitor.page, "Shift+Tab", "Open your file")
    with visitor.page.context.expect_page() as opened:
        keys.press("Enter")
    package, keys = opened.value, opened.value.keyboard
    expect(package.get_by_role("heading", name="Your file is ready")).to_be_visible()
    walk_to(package, "Tab", "Download with a code")
    keys.press("Enter")
    expect(package.get_by_role("heading", name="Download your file")).to_be_visible()
    walk_to(package, "Tab", "Send a code to n•••@example.com")
    keys.press("Enter")
    code = visitor.mailbox.next_code(address, before + 1)
    expect(package.get_by_label("The 6 digits")).to_be_visible()
    walk_to(package, "Tab", "The 6 digits")
    keys.type(f"{code}\n")
    expect(package.get_by_role("button", name="Download (")).to_be_visible()
    walk_to(package, "Tab", "Download (")
    with package.expect_download() as saved:
        keys.press("Enter")
    assert saved.value.suggested_filename == f"{reference}-your-data.zip"


def walk_to(page: Page, key: str, label: str) -> None:
    """Press a key until what begins with these words has the focus, and see the focus at every stop."""
    for _ in range(16):
        page.keyboard.press(key)
        name, outline = page.evaluate(
            """() => { const it = document.activeElement, ring = it.closest(".box") ?? it;
            const words = (it.labels?.[0] ?? it).textContent.trim();
            return [words, getComputedStyle(ring).outlineStyle] }"""
        )
        assert outline != "none", f"the focus on {name!r} cannot be seen"
        if name.startswith(label):
            return
    raise AssertionError(f"{label!r} is not reached with {key}")

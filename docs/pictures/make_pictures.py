"""Makes the README's pictures: a Vera of its own, a short conversation in real Chromium, and the page that it leads to.

.venv/bin/python -m docs.pictures.make_pictures
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.driving.agent import AgentAtDesk
from tests.driving.browser import Mailbox, Visitor, chromium
from tests.driving.house import House

HERE = Path(__file__).parent
WIDTH, SHARPNESS = 960, 1.5
LARGEST = 300_000  # bytes: a README is read over slow lines, too
ADDRESS = "jane.miller@example.com"
AGENT = "robin@alderfinch.example"
DETAIL = "Everything in detail"

# How high the window must be for the picture to begin with that message, a little below the header.
HIGH_ENOUGH = """(words) => {
  const found = [...document.querySelectorAll("#messages > li")].find((it) => it.textContent.includes(words));
  const begin = found.getBoundingClientRect().top + scrollY;
  const header = document.querySelector("header").getBoundingClientRect().height;
  return Math.ceil(document.documentElement.scrollHeight - begin + header + 12);
}"""


def main() -> None:
    """Leaves chat.png, page.png and desk.png beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder)).start()
        try:
            with chromium() as browser:
                pictures = dict(photographs(browser, house))
        finally:
            house.stop()
    for name, picture in pictures.items():
        if len(picture) > LARGEST:
            raise SystemExit(f"{name} has {len(picture):,} bytes; at most {LARGEST:,} are wanted.")
        (HERE / name).write_bytes(picture)


def photographs(browser: Browser, house: House) -> Iterator[tuple[str, bytes]]:
    """See my data, the address, the code: the summary. Then its link."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 860},
        device_scale_factor=SHARPNESS,
        color_scheme="light",
        reduced_motion="reduce",
    )
    visitor = Visitor(context.new_page(), house.chat, Mailbox(house.mailbox)).opens_the_chat()
    visitor.presses("See my data")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.proves(ADDRESS)
    visitor.bubbles.filter(has_text=DETAIL).last.wait_for()
    visitor.quick_replies.first.wait_for()
    visitor.page.mouse.move(0, 0)
    begin_with(visitor.page, ADDRESS)
    yield "chat.png", visitor.page.screenshot()
    reference = visitor.reference  # as high as the first one: they stand side by side
    visitor.page.goto(f"{house.chat}/requests/{reference}/data")
    visitor.page.get_by_text("Jane Miller").first.wait_for()
    yield "page.png", visitor.page.screenshot()
    yield "desk.png", desk(browser, house)


def desk(browser: Browser, house: House) -> bytes:
    """A customer who asks for a person, and the agent who has taken the conversation and writes."""
    page = browser.new_context(viewport={"width": 1360, "height": 800}).new_page()
    printed = house.vera("agent", "add", AGENT, "--name", "Robin Vale", "--role", "officer")
    agent = AgentAtDesk(page, house.desk, AGENT, "Robin Vale").sets_up(printed)
    customer = Visitor(browser.new_page(), house.chat, Mailbox(house.mailbox)).opens_the_chat()
    customer.writes("what do you know about me?")
    customer.proves(ADDRESS)
    customer.hears(DETAIL)
    customer.writes("Can I talk to a person?")
    customer.hears("I've asked a person to take over.")
    other = Visitor(browser.new_page(), house.chat, Mailbox(house.mailbox)).opens_the_chat()
    other.writes("I'm going to complain to the data protection authority about you")
    other.hears("I've asked a person to take over.")
    agent.takes_the_first()
    customer.writes("My invoices go to an old address. Write to jane.private@example.org about it.")
    agent.reads("My invoices go to an old address.")
    page.get_by_role("link", name="Waiting 1").click()
    page.locator("[data-row]").first.wait_for()
    page.goto(f"{house.desk}/conversations?view=mine")
    agent.rows.first.click()
    page.goto(page.url.replace("view=mine", "view=waiting"))
    agent.types("I see it here. I'll have it changed today and tell you in this chat.")
    page.locator("#draft-bubble").wait_for()
    page.mouse.move(0, 0)
    return page.screenshot()


def begin_with(page: Page, words: str) -> None:
    """Make the window as high as it takes to show everything from this message on, and no more."""
    height = int(page.evaluate(HIGH_ENOUGH, words))
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")


if __name__ == "__main__":
    main()

"""Makes the README's picture: a Vera of its own, a short conversation in real Chromium, one screenshot.

.venv/bin/python -m docs.pictures.make_pictures
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.driving.browser import Mailbox, Visitor, chromium
from tests.driving.house import House

CHAT = Path(__file__).parent / "chat.png"
WIDTH, SHARPNESS = 1440, 4 / 3
LARGEST = 300_000  # bytes: a README is read over slow lines, too
ADDRESS = "jane.miller@example.com"
QUESTION = "why do you ask?"

# How high the window must be for the picture to begin with that message, a little below the header.
HIGH_ENOUGH = """(words) => {
  const found = [...document.querySelectorAll("#messages > li")].find((it) => it.textContent.includes(words));
  const begin = found.getBoundingClientRect().top + scrollY;
  const header = document.querySelector("header").getBoundingClientRect().height;
  return Math.ceil(document.documentElement.scrollHeight - begin + header + 12);
}"""


def main() -> None:
    """Leaves chat.png beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder)).start()
        try:
            with chromium() as browser:
                picture = photograph(browser, house)
        finally:
            house.stop()
    if len(picture) > LARGEST:
        raise SystemExit(f"The picture has {len(picture):,} bytes; at most {LARGEST:,} are wanted.")
    CHAT.write_bytes(picture)


def photograph(browser: Browser, house: House) -> bytes:
    """See my data, a question in between, the address, the code: filed."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 860},
        device_scale_factor=SHARPNESS,
        color_scheme="light",
        reduced_motion="reduce",
    )
    visitor = Visitor(context.new_page(), house.chat, Mailbox(house.mailbox)).opens_the_chat()
    visitor.presses("See my data")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.writes(QUESTION)
    visitor.hears("so that only you can reach your data")
    visitor.proves(ADDRESS)
    visitor.hears("is filed as PR-")
    visitor.quick_replies.first.wait_for()
    visitor.page.mouse.move(0, 0)
    begin_with(visitor.page, QUESTION)
    return visitor.page.screenshot()


def begin_with(page: Page, words: str) -> None:
    """Make the window as high as it takes to show everything from this message on, and no more."""
    height = int(page.evaluate(HIGH_ENOUGH, words))
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")


if __name__ == "__main__":
    main()

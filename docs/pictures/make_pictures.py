"""Makes the README's picture: a Vera of its own, a short conversation in real Chromium, one screenshot.

python -m docs.pictures.make_pictures
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize

from tests.driving.browser import Mailbox, Visitor, chromium
from tests.driving.house import House

CHAT = Path(__file__).parent / "chat.png"
SIZE: ViewportSize = {"width": 1280, "height": 860}
LARGEST = 300_000  # bytes: a README is read over slow lines, too
ADDRESS = "jane.miller@example.com"


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
    context = browser.new_context(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
    visitor = Visitor(context.new_page(), house.chat, Mailbox(house.mailbox)).opens_the_chat()
    visitor.presses("See my data")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.writes("why do you ask?")
    visitor.hears("so that only you can reach your data")
    visitor.proves(ADDRESS)
    visitor.hears("is filed as PR-")
    visitor.quick_replies.first.wait_for()
    visitor.page.mouse.move(0, 0)
    return visitor.page.screenshot()


if __name__ == "__main__":
    main()

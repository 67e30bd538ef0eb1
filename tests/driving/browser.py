"""A customer at the chat and at the pages of a request in real Chromium: types, presses, reads the mail. Waits for
words, never for time.

It knows what is on the screen and in the mailbox, and nothing else of the house.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect, sync_playwright

from tests.driving.mailbox import PATIENCE, Mailbox
from tools.browser import find_browser

REFERENCE = re.compile(r"PR-[0-9A-Z]{4}-[0-9A-Z]{4}")

# Chromium of its own accord calls home, and asks for a sandbox that containers do not have.
CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, closed at the end; a slow machine gets the patience that the other tests have."""
    expect.set_options(timeout=PATIENCE * 1_000)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM)
            yield browser
            browser.close()
    finally:
        expect.set_options(timeout=5_000)


class Visitor:
    """Somebody with the chat in front of them: a tab, or the frame in which another website shows it."""

    def __init__(
        self, page: Page, chat: str, mailbox: Mailbox, *, framed: bool = False, live: bool = True
    ) -> None:
        self.page = page
        self.chat = chat
        self.mailbox = mailbox
        self.view: Page | FrameLocator = page.frame_locator("iframe") if framed else page
        self._live = live
        self._before = 0

    def opens_the_chat(self) -> "Visitor":
        """Load the page and read the greeting, or whatever was said so far."""
        self.page.goto(f"{self.chat}/chat")
        expect(self.bubbles.first).to_be_visible()
        return self

    def writes(self, text: str) -> None:
        """Type a message and send it: with Enter, or with the button where the page has no script."""
        self._remember()
        self.box.fill(text)
        if self._live:
            self.box.press("Enter")
        else:
            self.view.get_by_role("button", name="Send", exact=True).click()

    def presses(self, label: str) -> None:
        """Press a button."""
        button = self.view.get_by_role("button", name=label, exact=True)
        expect(button).to_be_visible()
        self._remember()
        button.click()

    def hears(self, words: str) -> None:
        """The assistant answers the latest message with these words."""
        expect(self.answers.filter(has_text=words).last).to_be_visible()

    def is_with(self, name: str) -> None:
        """The head of the chat says that a person holds the conversation."""
        expect(self.view.locator("#holder")).to_contain_text(name)

    def is_told(self, words: str, *, by: str) -> None:
        """Somebody wrote this, under this name."""
        line = self.view.locator(".message").filter(has_text=words).last
        expect(line.locator(".author")).to_have_text(by)

    def sees_writing(self, name: str) -> None:
        expect(self.view.locator("#typing")).to_contain_text(name)

    def types_offline(self, text: str) -> None:
        """Send without a line: it waits in the page."""
        self.box.fill(text)
        self.box.press("Enter")
        expect(self.bubbles.filter(has_text=text)).to_be_visible()

    def shows_a_key_for_another_device(self) -> str:
        """Ask for a key; the page with it stays open."""
        self.view.get_by_role("button", name="Go on with another device").click()
        return self.view.locator(".move-key").inner_text()

    def goes_on_with(self, key: str) -> None:
        """Type the key that another device shows."""
        self.page.goto(f"{self.chat}/chat/continue")
        self.page.get_by_label("Key that your other device shows").fill(key.lower())
        self.page.get_by_role("button", name="Go on here").click()
        self.page.wait_for_url(re.compile(r"/chat$"))
        expect(self.bubbles.first).to_be_visible()

    def gives(self, address: str) -> str:
        """Type an address and wait for the question for the code; returns the code that was mailed there."""
        before = len(self.mailbox.codes(address))
        self.writes(address)
        self.hears("Type the 6 digits here.")
        return self.mailbox.next_code(address, before)

    def proves(self, address: str) -> None:
        """Type an address, and the code that is mailed to it."""
        self.writes(self.gives(address))

    def follows(self, link: str) -> "Visitor":
        """Open a link of the conversation; it opens in a tab of its own."""
        with self.page.context.expect_page() as opened:
            self.view.get_by_role("link", name=link).last.click()
        return Visitor(opened.value, self.chat, self.mailbox, live=self._live)

    def opens(self, path: str) -> "Visitor":
        """Load a page of the service."""
        self.page.goto(f"{self.chat}{path}")
        return self

    def passes_the_door(self, address: str) -> None:
        """Have a code sent for the page that is asked for, and type it: to whoever is known here already, or to this
        address."""
        before = len(self.mailbox.codes(address))
        digits = self.page.get_by_label("The 6 digits")
        expect(self.page.get_by_text("First we need to be sure that it's you.")).to_be_visible()
        known = self.page.get_by_role("button", name="Send a code to")
        if known.count():
            known.click()
        else:
            self.page.get_by_label("Which e-mail address or phone number").fill(address)
            self.page.get_by_role("button", name="Send me a code").click()
        digits.fill(self.mailbox.next_code(address, before))
        self.page.get_by_role("button", name="Go on").click()
        expect(digits).to_have_count(0)

    @property
    def heading(self) -> Locator:
        """What a page is called."""
        return self.page.get_by_role("heading", level=1)

    @property
    def bubbles(self) -> Locator:
        """Everything said, whoever said it."""
        return self.view.locator("#messages > .message .bubble")

    @property
    def own(self) -> Locator:
        """What this visitor said."""
        return self.view.locator("#messages > .message[data-author=customer] .bubble")

    @property
    def answers(self) -> Locator:
        """What the assistant said since the latest message."""
        since = f"#messages > li:nth-child(n+{self._before + 1})"
        return self.view.locator(f"{since}[data-author=bot] .bubble")

    @property
    def answer(self) -> list[str]:
        """The words of the answer, one entry a bubble."""
        return self.answers.all_text_contents()

    @property
    def transcript(self) -> list[str]:
        """Everything on the screen in order, with who said it."""
        lines: list[str] = self.view.locator("#messages > .message").evaluate_all(
            "lines => lines.map(it => `${it.dataset.author}: ${it.querySelector('.bubble').textContent}`)"
        )
        return lines

    @property
    def box(self) -> Locator:
        return self.view.get_by_label("Your message")

    @property
    def problem(self) -> Locator:
        """Words beside the box."""
        return self.view.locator("#problem")

    @property
    def banner(self) -> Locator:
        """Words above the conversation."""
        return self.view.locator("#banner")

    @property
    def quick_replies(self) -> Locator:
        """The buttons under the conversation."""
        return self.view.locator("#replies button:visible")

    @property
    def reference(self) -> str:
        """The newest reference on the screen."""
        named = self.bubbles.filter(has_text=REFERENCE).last
        expect(named).to_be_visible()
        return str(REFERENCE.findall(named.text_content() or "")[-1])

    def _remember(self) -> None:
        self._before = self.view.locator("#messages > li").count()

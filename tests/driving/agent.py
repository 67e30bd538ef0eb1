"""An agent at the desk in real Chromium: sets an account up with an authenticator, takes conversations, answers.

Knows what is on the screen, and nothing else of the house.
"""

import re
import time

import pyotp
from playwright.sync_api import Locator, Page, expect

PASSWORD = "four calm words a day"
_KEY = re.compile(r"\b(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5}\b")


class AgentAtDesk:
    """Somebody with the desk in front of them."""

    def __init__(self, page: Page, desk: str, login: str, name: str) -> None:
        self.page = page
        self.desk = desk
        self.login = login
        self.name = name
        self._secret = ""
        self._step = 0

    def sets_up(self, printed: str) -> "AgentAtDesk":
        """With the key that `vera agent add` printed; is signed in afterwards."""
        key = _KEY.search(printed)
        assert key, printed
        self.page.goto(f"{self.desk}/set-up")
        self.page.get_by_label("Login").fill(self.login)
        self.page.get_by_label("Set-up key").fill(key[0])
        self.page.get_by_role("button", name="Go on").click()
        self._secret = self.page.locator(".secret").inner_text().replace(" ", "")
        self.page.get_by_label("New password").fill(PASSWORD)
        self.page.get_by_label("The same password again").fill(PASSWORD)
        self.page.get_by_label("The 6 digits that the app shows now").fill(self.code())
        self.page.get_by_role("button", name="Finish").click()
        expect(self.page.get_by_role("navigation", name="Desk")).to_be_visible()
        return self

    def signs_in(self) -> "AgentAtDesk":
        """With password and the next code."""
        self.page.goto(f"{self.desk}/sign-in")
        self.page.get_by_label("Login").fill(self.login)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_label("Code").fill(self.code())
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation", name="Desk")).to_be_visible()
        return self

    def code(self) -> str:
        """A code that was not used yet, as the authenticator shows it (or shows next: clocks may be off by a step)."""
        now = int(time.time()) // 30
        self._step = max(self._step + 1, now - 1)
        return pyotp.TOTP(self._secret).generate_otp(self._step)

    def opens(self, path: str) -> "AgentAtDesk":
        self.page.goto(f"{self.desk}{path}")
        return self

    @property
    def rows(self) -> Locator:
        """What is in the queue."""
        return self.page.locator("[data-row]")

    def takes_the_first(self) -> None:
        """Open the first conversation that waits, and claim it."""
        self.rows.first.click()
        self.page.get_by_role("button", name="Take it").click()
        expect(self.page.get_by_role("heading", name="You have this conversation")).to_be_visible()

    def reads(self, words: str) -> None:
        """The transcript says this."""
        expect(self.lines.filter(has_text=words).last).to_be_visible()

    @property
    def lines(self) -> Locator:
        return self.page.locator("#lines > li")

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Answer to the customer")

    def types(self, text: str) -> None:
        """Write without sending; it is kept as a draft."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/draft")):
            self.box.press_sequentially(text)

    def answers(self, text: str) -> None:
        """Write to the customer."""
        self.box.fill(text)
        self.page.get_by_role("button", name="Send").click()
        expect(self.lines.filter(has_text=text)).to_be_visible()

    def reveals(self, masked: str, why: str) -> None:
        """Show one hidden value, for a reason."""
        value = self.lines.locator("details").filter(has_text=masked).last
        value.locator("summary").click()
        value.get_by_label("Why?").select_option(label=why)
        value.get_by_role("button", name="Reveal").click()

    def signs_out(self) -> None:
        self.opens("/saved-replies")
        self.page.get_by_text(self.name).click()
        self.presses("Sign out")
        expect(
            self.page.get_by_label("Set-up key").or_(self.page.get_by_label("Password"))
        ).to_be_visible()

    def presses(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

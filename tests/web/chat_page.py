"""The chat page as a person sees it, for browser tests."""

from playwright.sync_api import Locator, Page, expect


class ChatPage:
    """One tab with the chat open."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.goto(f"{url}/chat")
        expect(self.bubbles.first).to_be_visible()

    @property
    def bubbles(self) -> Locator:
        return self.page.locator(".message .bubble")

    @property
    def texts(self) -> list[str]:
        return self.bubbles.all_text_contents()

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Your message")

    @property
    def focus(self) -> str:
        return str(
            self.page.evaluate(
                "document.activeElement.id || document.activeElement.textContent.trim()"
            )
        )

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def write(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def sees(self, text: str) -> None:
        expect(self.bubbles.filter(has_text=text).last).to_be_visible()

    def scrolls_sideways(self) -> bool:
        return bool(
            self.page.evaluate(
                "document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"
            )
        )

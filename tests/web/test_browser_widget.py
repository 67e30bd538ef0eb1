"""The widget on a website that is not ours: another origin, hostile CSS, a strict content policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.web.conftest import Door, opened, served
from tests.web.test_browser_access import findings

HOST = (Path(__file__).parent / "host.html").read_text()


@pytest.fixture
def shop() -> Iterator[tuple[str, Door]]:
    """A shop's website (localhost) with the widget of a chat elsewhere (127.0.0.1)."""
    page: list[str] = []
    policy: list[str] = []
    app = Starlette(
        routes=[
            Route(
                "/", lambda _: HTMLResponse(page[0], headers={"Content-Security-Policy": policy[0]})
            )
        ]
    )
    with served(app) as (port, _), opened(allowed_origins=f"http://localhost:{port}") as door:
        page.append(HOST.replace("WIDGET", f"{door.url}/widget.js"))
        policy.append(f"style-src 'unsafe-inline'; script-src {door.url}; frame-src {door.url}")
        yield f"http://localhost:{port}", door


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def test_a_journey_on_a_foreign_page(shop: tuple[str, Door], page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(shop[0])
    launcher = page.get_by_role("button", name="Your privacy")
    expect(launcher).to_have_attribute("aria-expanded", "false")
    expect(page.locator("iframe")).to_be_hidden()
    assert not shop[1].twin.said, "nothing is opened before somebody asks for it"
    launcher.click()
    expect(launcher).to_have_attribute("aria-expanded", "true")
    chat(page).get_by_role("button", name="See my data").click()
    expect(chat(page).get_by_text("Which e-mail address")).to_be_visible()
    page.keyboard.type("jane@example.com\n")
    expect(chat(page).get_by_text("a code is on its way")).to_be_visible()
    page.keyboard.type("123456\n")
    expect(chat(page).get_by_text("PR-7K4M-29XD")).to_be_visible()
    page.reload()
    launcher.click()
    expect(chat(page).get_by_text("PR-7K4M-29XD")).to_be_visible()
    expect(chat(page).locator(".message[data-author=customer]")).to_have_count(3)
    chat(page).get_by_text("New conversation").click()
    chat(page).get_by_role("button", name="Start new").click()
    expect(chat(page).locator(".message")).to_have_count(1)
    assert complaints == []


def test_by_keyboard_in_and_out(shop: tuple[str, Door], page: Page) -> None:
    page.goto(shop[0])
    launcher = page.get_by_role("button", name="Your privacy")
    focused = "document.activeElement.shadowRoot?.activeElement?.textContent"
    for _ in range(3):
        page.keyboard.press("Tab")
    page.wait_for_function(f"{focused} === 'Your privacy'")
    page.keyboard.press("Enter")
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    assert page.evaluate(focused) == "Your privacy"
    page.keyboard.press("Space")
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    chat(page).get_by_role("button", name="Close chat").click()
    expect(launcher).to_be_focused()
    expect(launcher).to_have_attribute("aria-expanded", "false")


def test_the_websites_style_stays_outside(shop: tuple[str, Door], page: Page) -> None:
    page.goto(shop[0])
    launcher = page.get_by_role("button", name="Your privacy")
    style = launcher.evaluate(
        "(it) => { const s = getComputedStyle(it); return [s.position, s.backgroundColor, s.fontSize, s.letterSpacing] }"
    )
    assert style == ["fixed", "rgb(122, 62, 0)", "16px", "normal"]
    box = launcher.bounding_box()
    assert box and box["height"] >= 44 and box["width"] >= 44


def test_a_phone_gets_the_whole_screen(shop: tuple[str, Door], chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(shop[0])
    page.get_by_role("button", name="Your privacy").click()
    expect(chat(page).get_by_role("button", name="Close chat")).to_be_visible()
    page.wait_for_timeout(300)
    assert page.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    context.close()


def test_axe_finds_nothing_open_or_closed(shop: tuple[str, Door], page: Page) -> None:
    page.goto(shop[0])
    launcher = page.get_by_role("button", name="Your privacy")
    expect(launcher).to_be_visible()
    assert findings(page) == []
    launcher.click()
    expect(chat(page).get_by_text("What would you like to do")).to_be_visible()
    assert findings(page) == []


def test_an_ended_conversation_starts_again_with_a_word(shop: tuple[str, Door], page: Page) -> None:
    page.goto(shop[0])
    page.get_by_role("button", name="Your privacy").click()
    chat(page).get_by_role("button", name="See my data").click()
    expect(chat(page).get_by_text("Which e-mail address")).to_be_visible()
    shop[1].twin.tokens.clear()
    chat(page).get_by_label("Your message").fill("jane@example.com")
    page.keyboard.press("Enter")
    expect(chat(page).locator("#banner")).to_contain_text("That conversation has ended")
    expect(chat(page).locator(".message")).to_have_count(1)


def test_a_website_that_is_not_listed_cannot_show_it(page: Page) -> None:
    app = Starlette(routes=[Route("/", lambda _: HTMLResponse(HOST.replace("WIDGET", "")))])
    with opened() as door, served(app) as (port, _):
        page.goto(f"http://localhost:{port}")
        page.evaluate(
            f"document.body.insertAdjacentHTML('beforeend', '<iframe style=\"display:block !important\" src=\"{door.url}/chat\"></iframe>')"
        )
        page.wait_for_timeout(500)
        assert not door.twin.said or page.frames[-1].url.startswith("chrome-error")
        expect(page.frame_locator("iframe").get_by_text("What would you like")).to_have_count(0)

"""WCAG 2.2 AA as far as a machine can tell: axe on every state, sizes, small screens, large text, colours, motion."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.web.chat_page import ChatPage
from tests.web.conftest import WORDS, Door, opened
from tests.web.twin import Twin

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def findings(page: Page) -> list[str]:
    """What axe has to say against this page: all of it by day, and of its colours by night."""
    found = []
    for scheme, rules in (("light", RULES), ("dark", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.wait_for_timeout(
            200
        )  # arriving messages fade in: a half-faded one has no contrast yet
        for violation in Axe().run(page, options=rules).response["violations"]:
            found += [
                f"{scheme} {violation['id']}: {node['html'][:120]}" for node in violation["nodes"]
            ]
    return found


def start(chat: ChatPage) -> None: ...


def replies(chat: ChatPage) -> None:
    chat.press("See my data")
    chat.sees("Which e-mail address")
    expect(chat.page.get_by_role("button", name="Why do you need this?")).to_be_visible()


def code(chat: ChatPage) -> None:
    chat.write("jane@example.com")
    chat.sees("a code is on its way")


def filed(chat: ChatPage) -> None:
    chat.write("123456")
    chat.sees("PR-7K4M-29XD")


def person(chat: ChatPage) -> None:
    chat.press("Talk to a person")
    chat.sees("Hello, this is Robin.")


def too_long(chat: ChatPage) -> None:
    chat.box.fill("x" * 2_100)


def nearly_too_long(chat: ChatPage) -> None:
    chat.box.fill("x" * 1_900)


def offline(chat: ChatPage) -> None:
    chat.page.context.set_offline(True)
    chat.write("hello")
    expect(chat.page.get_by_text("Not sent yet")).to_be_visible()


def menu_open(chat: ChatPage) -> None:
    chat.page.get_by_text("New conversation").click()


def gone(chat: ChatPage) -> None:
    chat.page.context.add_cookies([{"name": "vera_session", "value": "x", "url": chat.url}])
    chat.page.reload()
    expect(chat.page.get_by_text(WORDS["conversation_gone"])).to_be_visible()


def unread(chat: ChatPage) -> None:
    for text in ("a long text " * 120, "another " * 150):
        chat.write(text)
    chat.sees("You said: another")
    chat.page.evaluate("document.getElementById('jump').hidden = false")


def unbroken(chat: ChatPage) -> None:
    chat.write("unbroken" * 60)
    chat.sees("You said: unbroken")


def missing_page(chat: ChatPage) -> None:
    chat.page.goto(f"{chat.url}/nothing")


def api_docs(chat: ChatPage) -> None:
    chat.page.goto(f"{chat.url}/api/v1/docs")


def embedded(chat: ChatPage) -> None:
    chat.page.goto(f"{chat.url}/chat?embedded=1")
    expect(chat.page.get_by_role("button", name="Close chat")).to_be_visible()
    chat.sees("Hello.")


STATES: list[Callable[[ChatPage], None]] = [
    start, replies, code, filed, person, too_long, nearly_too_long, offline, menu_open, gone, unread, unbroken, missing_page,
    api_docs, embedded,
]  # fmt: skip


@pytest.fixture(scope="module")
def house() -> Iterator[Door]:
    with opened(twin=Twin(delay=0.05)) as door:
        yield door


@pytest.fixture
def small(house: Door, chromium: Browser) -> Iterator[ChatPage]:
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    context.set_default_timeout(6_000)
    yield ChatPage(context.new_page(), house.url)
    context.close()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    small: ChatPage, state: Callable[[ChatPage], None]
) -> None:
    state(small)
    assert findings(small.page) == []
    assert not small.scrolls_sideways()


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_text_at_twice_the_size_fits(house: Door, chromium: Browser, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    chat = ChatPage(page, house.url)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    person(chat)
    code(chat)
    assert not chat.scrolls_sideways()
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
    context.close()


def test_every_target_is_large_enough(house: Door, page: Page) -> None:
    for path in ("/chat", "/chat?embedded=1"):
        page.goto(house.url + path)
        expect(page.locator(".bubble").first).to_be_visible()
        for target in page.locator("button:visible, textarea:visible, summary:visible").all():
            box = target.bounding_box()
            assert box and box["height"] >= 43.9 and box["width"] >= 43.9, target.inner_text()


def test_a_low_window_keeps_the_conversation_in_sight(house: Door, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 700, "height": 360})
    chat = ChatPage(context.new_page(), house.url)
    assert (
        chat.page.evaluate("getComputedStyle(document.querySelector('.bottom')).position")
        == "static"
    )
    context.close()


def test_what_has_focus_is_never_covered(house: Door, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 640})
    chat = ChatPage(context.new_page(), house.url)
    for n in range(6):
        chat.write(f"message {n} " * 20)
        chat.sees(f"You said: message {n}")
    filed(chat)
    chat.page.evaluate("scrollTo(0, 0)")
    chat.page.locator("body").press("Tab")
    for _ in range(8):
        chat.page.keyboard.press("Tab")
        chat.page.wait_for_timeout(50)
        covered = chat.page.evaluate(
            """() => { const it = document.activeElement; if (it === document.body) return false;
            const box = it.getBoundingClientRect();
            const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return !(top && (it.contains(top) || top.contains(it))); }"""
        )
        assert not covered, chat.focus
    context.close()


def test_without_motion_nothing_moves(house: Door, chromium: Browser) -> None:
    context = chromium.new_context(reduced_motion="reduce")
    chat = ChatPage(context.new_page(), house.url)
    chat.write("hello")
    chat.sees("You said: hello")
    assert chat.page.evaluate("document.getAnimations().length") == 0
    context.close()


def test_with_the_systems_own_colours_speakers_stay_apart(house: Door, chromium: Browser) -> None:
    context = chromium.new_context(forced_colors="active")
    chat = ChatPage(context.new_page(), house.url)
    chat.write("hello")
    chat.sees("You said: hello")
    own = chat.page.locator(".message[data-author=customer] .bubble")
    assert own.evaluate("(it) => getComputedStyle(it).borderTopWidth") == "2px"
    context.close()


def test_language_and_direction_are_told(house: Door, page: Page) -> None:
    chat = ChatPage(page, house.url)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    chat.write("مرحبا، أريد بياناتي")
    own = page.locator(".message[data-author=customer] .bubble")
    assert own.evaluate("(it) => getComputedStyle(it).direction") == "rtl"

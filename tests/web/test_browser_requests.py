"""The pages of a request in real Chromium: news without a reload, the count-down, axe on every state, paper."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import Door, opened, until
from tests.web.requests_twin import (
    CODE,
    DELETE,
    DONE,
    EXPORT,
    JANE,
    NOBODYS,
    NOW,
    SEE,
    RequestsTwin,
)
from tests.web.test_browser_access import findings as axe
from tests.web.twin import Twin
from web.chat.requests.views import SystemView


@pytest.fixture
def twin() -> RequestsTwin:
    return RequestsTwin(Twin())


@pytest.fixture
def door(twin: RequestsTwin) -> Iterator[Door]:
    with opened(twin=twin.twin, requests=twin) as door:
        yield door


def prove(page: Page, address: str) -> None:
    """Through the door with the keyboard alone, from where the page puts the focus."""
    page.goto(address)
    send, digits = page.get_by_role("button", name="Send a code to"), page.get_by_label("The 6")
    if send.count():
        send.press("Enter")
    elif not digits.count():
        page.get_by_label("Which e-mail address or phone number").fill(JANE)
        page.keyboard.press("Enter")
    digits.fill(CODE)
    page.keyboard.press("Enter")
    expect(digits).to_have_count(0)


def findings(page: Page) -> list[str]:
    return [*axe(page), *sideways(page)]


def sideways(page: Page) -> list[str]:
    """Whether this page is wider than its window."""
    wider = "document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"
    return ["scrolls sideways"] if page.evaluate(wider) else []


@pytest.mark.parametrize(("text", "findings"), [(16, findings), (32, sideways)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    twin: RequestsTwin,
    door: Door,
    chromium: Browser,
    text: int,
    findings: Callable[[Page], list[str]],
) -> None:
    """Large text fits as well; to axe it is the same page."""
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": text, "fixed": text}})
    home, found = f"{door.url}/requests", {}
    page.goto(home)
    found["look up"] = findings(page)
    page.goto(f"{home}/{SEE}")
    found["door"] = findings(page)
    page.get_by_label("Which e-mail address or phone number").fill(JANE)
    page.keyboard.press("Enter")
    page.get_by_label("The 6 digits").fill("111111")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have 4 tries left.")).to_be_visible()
    found["wrong code"] = findings(page)
    prove(page, f"{home}/{SEE}")
    for ref in (SEE, EXPORT, DELETE, DONE, NOBODYS):
        page.goto(f"{home}/{ref}")
        page.evaluate("document.querySelectorAll('details').forEach((it) => (it.open = true))")
        found[ref] = findings(page)
    prove(page, f"{home}/{SEE}/data")
    page.evaluate("document.querySelectorAll('details').forEach((it) => (it.open = true))")
    found["data"] = findings(page)
    targets = page.locator("a.button:visible, button:visible, summary:visible").all()
    assert len(targets) > 10
    for target in targets:
        box = target.bounding_box()
        assert box and box["height"] >= 43.9, target.inner_text()
    for path in (f"{SEE}/data/shop-orders?skip=20", f"{DELETE}/undo", f"{EXPORT}/package"):
        page.goto(f"{home}/{path}")
        found[path] = findings(page)
    prove(page, f"{home}/{EXPORT}/download")
    found["download"] = findings(page)
    page.goto(f"{home}/{SEE}/not-me?key={twin.secret}")
    found["not me"] = findings(page)
    context.close()
    assert {state: told for state, told in found.items() if told} == {}


def test_news_arrive_without_a_reload_and_leave_the_focus_alone(
    twin: RequestsTwin, door: Door, page: Page
) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    prove(page, f"{door.url}/requests/{SEE}")
    page.evaluate("window.same = true")
    summary = page.get_by_text("Why this date")
    summary.focus()
    twin.views[SEE] = replace(twin.views[SEE], systems=(SystemView("our shop", "working"),))
    expect(page.locator(".systems")).to_contain_text("Our shop Being worked on", timeout=15_000)
    expect(page.locator(".sentence")).to_contain_text("We are collecting your data.")
    expect(summary).to_be_focused()
    twin.views[SEE] = replace(
        twin.views[SEE], status="done", closed_at=NOW, systems=(), tasks=(), acts=frozenset()
    )
    expect(page.locator(".state")).to_have_text("Done", timeout=15_000)
    expect(page.get_by_text("Closed", exact=True)).to_be_visible()
    assert page.title().startswith("Done")
    assert page.evaluate("window.same") is True
    assert twin.quiet_looks >= 2
    looks = twin.quiet_looks
    page.wait_for_timeout(6_000)  # longer than the pause between two looks
    assert twin.quiet_looks == looks, "a closed request is not looked at again"
    assert not faults


def test_a_page_whose_proof_is_over_goes_back_to_the_door(
    twin: RequestsTwin, door: Door, page: Page
) -> None:
    prove(page, f"{door.url}/requests/{SEE}")
    twin.proofs.clear()
    expect(page.get_by_text("First we need to be sure that it's you.")).to_be_visible(
        timeout=15_000
    )


def test_the_count_down_goes_on_by_itself(twin: RequestsTwin, door: Door, page: Page) -> None:
    page.clock.install()
    prove(page, f"{door.url}/requests/{DELETE}")
    left = page.locator(".left")
    expect(left).to_have_text("4 days and 21 hours left")
    page.context.set_offline(True)
    page.clock.run_for((3 * 3600 + 120) * 1000)
    expect(left).to_have_text("4 days and 17 hours left")


def test_a_download_is_a_file(twin: RequestsTwin, door: Door, page: Page) -> None:
    prove(page, f"{door.url}/requests/{EXPORT}/download")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download (4.2 MB)").click()
    assert saved.value.suggested_filename == f"{EXPORT}-your-data.zip"
    assert len(saved.value.path().read_bytes()) == 3000
    until(lambda: twin.closed == 1)
    expect(page.get_by_text("2 of 3")).to_be_visible(timeout=25_000)


def test_everything_is_on_paper(twin: RequestsTwin, door: Door, page: Page) -> None:
    prove(page, f"{door.url}/requests/{SEE}/data")
    message = page.get_by_text("the lamp arrived with a crack")
    expect(message).to_be_hidden()
    page.emulate_media(media="print")
    expect(message).to_be_visible()
    expect(page.get_by_role("link", name="Correct this").first).to_be_hidden()


def test_a_wish_for_a_person_leads_into_the_chat(
    twin: RequestsTwin, door: Door, page: Page
) -> None:
    prove(page, f"{door.url}/requests/{SEE}")
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.get_by_text("Hello, this is Robin.")).to_be_visible()


def test_our_own_links_look_the_same_live_and_after_a_reload(
    twin: RequestsTwin, chromium: Browser
) -> None:
    with opened(twin=twin.twin, requests=twin, port=0, public_url="http://own.example") as door:
        page = chromium.new_page()
        page.goto(f"{door.url}/chat")
        said = f"see http://own.example/requests/{SEE}/data, http://own.example/chat and https://a.example/"
        page.get_by_label("Your message").fill(said)
        page.keyboard.press("Enter")
        links = page.locator("[data-author=bot] .bubble a")
        expect(links).to_have_text(["Open your data", "https://a.example/"])
        live = page.locator(".bubble").all_inner_texts()
        page.reload()
        expect(links).to_have_text(["Open your data", "https://a.example/"])
        assert page.locator(".bubble").all_inner_texts() == live
        assert links.first.get_attribute("href") == f"http://own.example/requests/{SEE}/data"
        page.close()

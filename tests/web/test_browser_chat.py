"""The live page in a real browser: said once, shown once, in order, whatever the line does."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, Route, expect

from tests.web.chat_page import ChatPage
from tests.web.conftest import WORDS, Door, opened
from tests.web.test_headers import XSS
from tests.web.twin import CHOICES, Twin


def own(twin: Twin) -> list[str]:
    """What customers said, as the house has it."""
    return [m.text for said in twin.said.values() for m in said if m.author == "customer"]


def test_a_whole_journey_without_a_reload(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    page.evaluate("window.same = true")
    chat.press("See my data")
    chat.sees("Which e-mail address")
    expect(page.get_by_role("button", name="Correct my data")).to_be_hidden()
    chat.write("jane@example.com")
    chat.sees("If this address is on file")
    expect(chat.box).to_have_attribute("autocomplete", "one-time-code")
    expect(chat.box).to_have_attribute("inputmode", "numeric")
    chat.write("123456")
    chat.sees("PR-7K4M-29XD")
    expect(chat.box).to_have_attribute("autocomplete", "off")
    assert "123456" not in page.content()
    page.get_by_role("button", name="Talk to a person").click()
    chat.sees("Hello, this is Robin.")
    expect(page.get_by_text("Person at Alder & Finch")).to_be_visible()
    assert page.evaluate("window.same") is True
    live = chat.texts
    page.reload()
    assert chat.texts == live
    assert len(set(live)) == len(live)


def test_a_code_is_hidden_whichever_way_the_news_comes(door: Door, page: Page) -> None:
    page.route("**/chat/stream", lambda route: route.abort())
    chat = ChatPage(page, door.url)
    with page.expect_response("**/chat/messages"):
        chat.write("123456")
    page.unroute("**/chat/stream")
    chat.sees("PR-7K4M-29XD")
    assert "123456" not in page.content()


def test_typing_is_told_and_ends(page: Page) -> None:
    with opened(twin=Twin(delay=0.6)) as door:
        chat = ChatPage(page, door.url)
        chat.write("hello")
        expect(page.locator("#typing")).to_have_text("The assistant is writing")
        chat.sees("You said: hello")
        expect(page.locator("#typing")).to_be_empty()


def test_a_draft_survives_a_reload_and_a_code_does_not(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    chat.box.press_sequentially("half a sent")
    page.reload()
    expect(chat.box).to_have_value("half a sent")
    chat.write("jane@example.com")
    chat.sees("a code is on its way")
    chat.box.press_sequentially("1234")
    assert "1234" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_enter_sends_and_shift_enter_makes_a_line(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    chat.box.press_sequentially("one")
    chat.box.press("Shift+Enter")
    chat.box.press_sequentially("two")
    assert own(door.twin) == []
    chat.box.press("Enter")
    chat.sees("You said: one")
    assert own(door.twin) == ["one\ntwo"]
    chat.box.press("Enter")
    page.wait_for_timeout(200)
    assert own(door.twin) == ["one\ntwo"]


def test_offline_and_back_loses_and_doubles_nothing(
    door: Door, page: Page, context: BrowserContext
) -> None:
    chat = ChatPage(page, door.url)
    chat.write("before")
    chat.sees("You said: before")
    context.set_offline(True)
    chat.write("first while away")
    chat.write("second while away")
    expect(page.get_by_text("Not sent yet")).to_have_count(2)
    expect(page.locator("#connection")).to_contain_text("No connection now")
    assert own(door.twin) == ["before"]
    context.set_offline(False)
    chat.sees("You said: second while away")
    expect(page.get_by_text("Not sent yet")).to_have_count(0)
    expect(page.locator("#connection")).to_be_empty()
    assert own(door.twin) == ["before", "first while away", "second while away"]
    page.wait_for_timeout(300)
    assert len(chat.texts) == len(set(chat.texts)) == 7
    assert page.evaluate("sessionStorage.length") == 0


def test_a_reload_while_offline_messages_wait_sends_them_once(
    door: Door, page: Page, context: BrowserContext
) -> None:
    chat = ChatPage(page, door.url)
    page.route("**/chat/messages", lambda route: route.abort())
    chat.write("on its way")
    expect(page.get_by_text("Not sent yet")).to_have_count(1)
    page.unroute("**/chat/messages")
    page.reload()
    chat.sees("You said: on its way")
    assert own(door.twin) == ["on its way"]
    assert chat.texts.count("on its way") == 1


def test_an_answer_that_is_lost_on_the_way_doubles_nothing(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    lost = 0

    def lose(route: Route) -> None:
        nonlocal lost
        route.fetch()
        lost += 1
        if lost <= 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/chat/messages", lose)
    chat.write("only once")
    chat.sees("You said: only once")
    page.wait_for_timeout(500)
    assert own(door.twin) == ["only once"]
    assert chat.texts.count("only once") == 1


def test_the_server_comes_back_and_the_page_goes_on(page: Page) -> None:
    twin = Twin()
    with opened(twin=twin) as door:
        chat = ChatPage(page, door.url)
        chat.write("one")
        chat.sees("You said: one")
        port = door.port
    chat.write("two")
    expect(page.get_by_text("Not sent yet")).to_be_visible()
    twin.listeners = {conversation: [] for conversation in twin.said}
    with opened(twin=twin, port=port):
        expect(chat.bubbles.filter(has_text="You said: two")).to_be_visible(timeout=20_000)
    assert own(twin) == ["one", "two"]
    assert len(chat.texts) == len(set(chat.texts))


def test_two_tabs_see_the_same_and_both_survive_a_new_key(
    door: Door, page: Page, context: BrowserContext
) -> None:
    first = ChatPage(page, door.url)
    second = ChatPage(context.new_page(), door.url)
    first.write("from the first")
    second.sees("You said: from the first")
    first.write("123456")
    first.sees("PR-7K4M-29XD")
    second.sees("PR-7K4M-29XD")
    second.write("from the second")
    first.sees("You said: from the second")
    assert first.texts == second.texts
    assert len(door.twin.said) == 1


def test_an_ended_conversation_keeps_what_was_not_sent(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    chat.write("old words")
    chat.sees("You said: old words")
    door.twin.tokens.clear()
    chat.write("new words")
    expect(page.locator("#banner")).to_have_text(WORDS["conversation_gone"])
    expect(chat.box).to_have_value("new words")
    assert len(chat.texts) == 1
    chat.box.press("Enter")
    chat.sees("You said: new words")


def test_a_page_that_is_out_of_date_loads_again_and_sends(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    page.route(
        "**/chat/messages",
        lambda route: route.fulfill(status=403, json={"code": "page_out_of_date"}),
        times=1,
    )
    chat.write("hello again")
    chat.sees("You said: hello again")
    assert own(door.twin) == ["hello again"]


def test_too_long_is_told_while_typing_and_keeps_the_text(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    chat.box.fill("x" * 2_040)
    expect(page.locator("#problem")).to_contain_text("40 characters too many")
    chat.box.press("Enter")
    expect(chat.box).to_have_value("x" * 2_040)
    chat.box.fill("x" * 1_950)
    expect(page.locator("#problem")).to_be_empty()
    expect(page.locator("#left")).to_have_text("50 characters left")
    assert own(door.twin) == []


def test_what_the_house_refuses_comes_back_into_the_box(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    told = {"code": "message_too_long", "detail": WORDS["message_too_long"]}
    page.route("**/chat/messages", lambda route: route.fulfill(status=422, json=told), times=1)
    chat.write("not this one")
    expect(page.locator("#problem")).to_have_text(WORDS["message_too_long"])
    expect(chat.box).to_have_value("not this one")
    assert len(chat.texts) == 1


def test_an_assistant_that_is_away_is_told_and_tried_again(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    told = {"code": "assistant_away", "detail": WORDS["assistant_away"]}
    page.route("**/chat/messages", lambda route: route.fulfill(status=503, json=told), times=1)
    chat.write("are you there")
    expect(page.locator("#connection")).to_contain_text(WORDS["assistant_away"])
    chat.sees("You said: are you there")
    expect(page.locator("#connection")).to_be_empty()


def test_focus_never_moves_when_something_arrives(page: Page) -> None:
    with opened(twin=Twin(delay=0.5)) as door:
        chat = ChatPage(page, door.url)
        chat.write("jane@example.com")
        page.get_by_role("button", name="Talk to a person").focus()
        chat.sees("a code is on its way")
        assert chat.focus == "Talk to a person"
        chat.write("hello")
        chat.box.press_sequentially("still typ")
        chat.sees("You said: hello")
        assert chat.focus == "text"
        expect(chat.box).to_have_value("still typ")


def test_the_log_is_only_ever_appended_to(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    page.evaluate(
        """() => { window.removed = 0; new MutationObserver((changes) => {
        for (const change of changes) window.removed += [...change.removedNodes].filter((n) => n.nodeType === 1).length;
        }).observe(document.querySelector("[role=log]"), { childList: true, subtree: true }); }"""
    )
    chat.press("See my data")
    chat.sees("Which e-mail address")
    chat.write("123456")
    chat.sees("PR-7K4M-29XD")
    assert page.evaluate("window.removed") == 0
    assert page.locator("[role=log] button, [role=log] form").count() == 0


def test_reading_further_up_is_not_disturbed(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    chat.write("a long text " * 120)
    chat.write("and another " * 120)
    expect(chat.bubbles).to_have_count(5)
    page.evaluate("scrollTo(0, 0)")
    (conversation,) = door.twin.said
    place = page.evaluate("scrollY")
    from_loop = door.server.servers[0].get_loop()
    from_loop.call_soon_threadsafe(lambda: door.twin._add(conversation, "agent", "a person writes"))
    expect(page.get_by_role("button", name="New messages below")).to_be_visible()
    assert page.evaluate("scrollY") == place
    chat.press("New messages below")
    expect(page.get_by_role("button", name="New messages below")).to_be_hidden()
    expect(page.get_by_text("a person writes")).to_be_in_viewport()


def test_the_whole_journey_by_keyboard(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(chat.focus)
    assert order == ["Go to the message box", "Talk to a person", *CHOICES, "text", "Send"]
    page.keyboard.press("Tab")
    assert chat.focus == "Go on with another device"
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert chat.focus == "Download my data"
    page.keyboard.press("Enter")
    chat.sees("You said: Download my data")
    assert chat.focus == "text"
    page.keyboard.type("jane@example.com\n")
    chat.sees("a code is on its way")
    page.keyboard.press("Shift+Tab")
    assert chat.focus == "I no longer have that address"
    page.keyboard.press("Space")
    chat.sees("You said: I no longer have that address")


def test_starting_over(door: Door, page: Page) -> None:
    chat = ChatPage(page, door.url)
    chat.write("hello")
    chat.sees("You said: hello")
    page.get_by_text("New conversation").click()
    chat.press("Start new")
    expect(chat.bubbles).to_have_count(1)
    expect(page.get_by_role("button", name="See my data")).to_be_visible()


def test_hostile_text_does_nothing(door: Door, page: Page) -> None:
    dialogs: list[str] = []
    foreign: list[str] = []
    complaints: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    def on_request(request: Request) -> None:
        if not request.url.startswith(door.url):
            foreign.append(request.url)

    page.on("dialog", on_dialog)
    page.on("request", on_request)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    chat = ChatPage(page, door.url)
    for text in XSS:
        chat.write(text)
        expect(chat.bubbles.last).to_have_text(f"You said: {text}", use_inner_text=False)
    live = chat.texts
    page.reload()
    assert chat.texts == live
    page.wait_for_timeout(300)
    assert (dialogs, foreign, complaints) == ([], [], [])


def test_without_javascript(door: Door, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(8_000)
    page = context.new_page()
    chat = ChatPage(page, door.url)
    chat.press("See my data")
    chat.sees("Which e-mail address")
    for text, answer in (("jane@example.com", "a code is on its way"), ("123456", "PR-7K4M-29XD")):
        chat.box.fill(text)
        chat.press("Send")
        chat.sees(answer)
    chat.press("Where is my request?")
    chat.sees("You said: Where is my request?")
    chat.box.fill("x" * 3_000)
    chat.press("Send")
    expect(page.get_by_role("alert")).to_have_text(WORDS["message_too_long"])
    expect(chat.box).to_have_value("x" * 3_000)
    page.get_by_role("link", name="Check for new messages").click()
    chat.sees("You said: Where is my request?")
    chat.press("Talk to a person")
    chat.sees("Hello, this is Robin.")
    context.close()


@pytest.mark.parametrize(
    "text", ["😀", "مرحبا، أريد بياناتي", "/restart", '/access{"x":true}', "<b>x</b>"]
)
def test_awkward_text(door: Door, page: Page, text: str) -> None:
    chat = ChatPage(page, door.url)
    chat.write(text)
    expect(chat.bubbles.last).to_have_text(f"You said: {text}")
    assert own(door.twin) == [text]

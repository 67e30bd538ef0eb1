"""The page with plain forms: cookies, forged calls, words beside the box, nothing lost, nothing doubled."""

import re
import time

import httpx
import pytest

from tests.web.conftest import WORDS, Door, opened
from tests.web.forms import PlainBrowser
from tests.web.twin import CHOICES, GREETING, Twin
from web.chat.talk import Limits
from web.form_tokens import form_token as token_for
from web.rate_limits import Rate


def test_the_first_visit_greets_with_buttons_and_one_safe_cookie(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    assert browser.bubbles == [GREETING]
    for label in CHOICES:
        assert re.search(rf"<button [^>]*>{label}</button>", browser.page)
    (cookie,) = browser.response.headers.get_list("set-cookie")
    assert cookie.startswith("vera_session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie and "Domain" not in cookie
    again = client.get("/chat")
    assert "set-cookie" not in again.headers


def test_the_cookie_is_secure_where_the_company_says_so() -> None:
    with opened(secure_cookies=True) as door, door.client() as client:
        answer = client.get("/chat")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_a_new_conversation_ends_the_session_of_the_old_one(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    browser.write("hello")
    former = client.cookies["vera_session"]
    client.post("/chat/new", data={"form_token": token_for(former)})
    assert client.cookies["vera_session"] != former
    stale = client.get("/chat", cookies={"vera_session": former})
    assert "hello" not in stale.text


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/widget.js", "/api/v1/docs", "/chat?embedded=1"]
)
def test_nothing_but_the_page_makes_a_cookie_or_a_conversation(door: Door, path: str) -> None:
    with door.client() as client:
        assert "set-cookie" not in client.get(path).headers
        assert "set-cookie" not in client.head("/chat").headers
    assert not door.twin.said


def test_a_conversation_without_javascript(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    assert browser.press("See my data").status_code == 303
    assert browser.bubbles[1:] == [
        "See my data",
        "I can show you what we hold about you. First I check that it is you.",
        "Which e-mail address do you use with us? I send a code to it.",
    ]
    assert 'autocomplete="email"' in browser.page
    browser.write("jane@example.com")
    assert 'autocomplete="one-time-code" inputmode="numeric"' in browser.page
    before = client.cookies["vera_session"]
    answer = browser.write("123456")
    assert "vera_session=" in answer.headers["set-cookie"]
    assert client.cookies["vera_session"] != before
    assert "PR-7K4M-29XD" in browser.bubbles[-1]
    assert "123456" not in browser.page
    assert '<a href="https://alderfinch.example/privacy" rel="noopener noreferrer"' in browser.page


def test_the_page_looks_again_by_itself_while_the_answer_is_on_its_way() -> None:
    with opened(twin=Twin(delay=60)) as door, door.client() as client:
        browser = PlainBrowser(client)
        assert "http-equiv" not in browser.page
        door.twin.thinking.update(door.twin.said)
        browser.response = client.get("/chat")
        assert '<noscript><meta http-equiv="refresh"' in browser.page
        assert "Check for new messages" in browser.page


def test_a_message_that_nobody_answers_now_keeps_nobody_waiting(
    door: Door, client: httpx.Client
) -> None:
    browser = PlainBrowser(client)
    began = time.monotonic()
    browser.write("nothing")
    assert time.monotonic() - began < 6, "so long it waits for an answer that is on its way"
    assert browser.bubbles[-1] == "nothing"


def test_pressing_send_twice_says_it_once(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    for _ in range(3):
        browser.write("hello there", client_id="same-message-1")
    assert browser.bubbles.count("hello there") == 1


@pytest.mark.parametrize(
    ("headers", "form_token"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "same-site"}, None),
        ({"Origin": "https://evil.example"}, None),
        ({"Sec-Fetch-Site": "same-origin"}, "0" * 32),
        ({}, ""),
        ({"Origin": "null"}, "ä"),
    ],
)
def test_a_forged_form_says_nothing_and_keeps_the_text(
    door: Door, client: httpx.Client, headers: dict[str, str], form_token: str | None
) -> None:
    browser = PlainBrowser(client)
    answer = browser.write("delete everything", headers=headers, form_token=form_token)
    assert answer.status_code == 403
    assert browser.draft == "delete everything"
    assert "out of date" in browser.problem
    assert all(len(said) == 1 for said in door.twin.said.values())


def test_another_site_cannot_start_over_or_listen(door: Door, client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    before = client.cookies["vera_session"]
    assert (
        browser.post("/chat/new", {}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert client.get("/chat/stream", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.cookies["vera_session"] == before
    assert len(door.twin.said) == 1


def test_starting_over_opens_another_conversation(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    browser.write("one")
    before = client.cookies["vera_session"]
    browser.post("/chat/new", {})
    assert client.cookies["vera_session"] != before
    assert browser.bubbles == [GREETING]


def test_an_old_key_gets_a_fresh_conversation_and_a_calm_word(client: httpx.Client) -> None:
    client.cookies.set("vera_session", "not-a-key", domain="127.0.0.1", path="/")
    browser = PlainBrowser(client)
    assert browser.notice == WORDS["conversation_gone"]
    assert browser.bubbles == [GREETING]
    assert not PlainBrowser(client).notice


def test_writing_into_a_conversation_that_is_over_keeps_the_text(
    door: Door, client: httpx.Client
) -> None:
    browser = PlainBrowser(client)
    door.twin.tokens.clear()
    browser.write("a long text that I typed")
    assert browser.notice == WORDS["conversation_gone"]
    assert browser.draft == "a long text that I typed"
    assert browser.bubbles == [GREETING]


def test_a_browser_that_keeps_no_cookie_is_told_so(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    client.cookies.clear()
    browser.write("hello")
    assert "Allow cookies" in browser.notice
    assert browser.draft == "hello"


def test_the_new_key_survives_a_lost_answer(door: Door, client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    old = client.cookies["vera_session"]
    browser.write("123456", client_id="the-code-message")
    client.cookies.set("vera_session", old, domain="127.0.0.1", path="/")
    again = browser.write("123456", client_id="the-code-message", form_token=token_for(old))
    assert again.status_code == 303
    new = again.headers["set-cookie"].split(";")[0].removeprefix("vera_session=")
    assert door.twin.enter(new)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "message_empty"),
        ("  \n\t ", "message_empty"),
        ("\x00\x07", "message_empty"),
        ("x" * 10_000, "message_too_long"),
        ("😀" * 10_000, "message_too_long"),
        ("x" * 2_001, "message_too_long"),
    ],
)
def test_what_cannot_be_taken_is_told_beside_the_box(
    client: httpx.Client, text: str, code: str
) -> None:
    browser = PlainBrowser(client)
    answer = browser.write(text)
    assert answer.status_code == 422
    assert browser.problem == WORDS[code]
    assert 'aria-invalid="true"' in browser.page
    if code == "message_too_long":
        assert browser.draft == text
    assert browser.bubbles == [GREETING]


def test_a_body_over_the_cap_gets_calm_words(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    answer = browser.write("x" * 400_000)
    assert answer.status_code == 422
    assert WORDS["message_too_long"] in browser.page


def test_two_thousand_characters_are_taken(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    assert browser.write("ü" * 2_000).status_code == 303


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        '/access{"x":true}',
        "IMG_2041.jpeg",
        "🙂",
        "שלום, מה יש לכם עליי?",
        "<b>bold</b>",
    ],
)
def test_awkward_text_is_only_text(client: httpx.Client, text: str) -> None:
    browser = PlainBrowser(client)
    browser.write(text)
    assert browser.bubbles[-2:] == [text, f"You said: {text}"]


def test_a_fast_sender_is_told_to_wait_and_keeps_the_text() -> None:
    limits = Limits(per_session=Rate(burst=2, per_second=0.1))
    with opened(limits) as door, door.client() as client:
        browser = PlainBrowser(client)
        browser.write("one")
        browser.write("two")
        answer = browser.write("three")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        assert browser.problem == WORDS["too_many_messages"]
        assert browser.draft == "three"


def test_a_wish_for_a_person_is_a_message(client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    hidden = re.search(r'name="text" value="([^"]+)"', browser.page)
    assert hidden and hidden.group(1) == "Talk to a person"
    browser.write("Talk to a person")
    assert "Person at Alder &amp; Finch" in browser.page


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_unknown_ways_in_get_calm_words(client: httpx.Client, method: str) -> None:
    for path in ("/chat", "/nothing", "/chat/messages"):
        answer = client.request(method, path)
        assert answer.status_code in (404, 405)
        assert "<h1>" in answer.text and "Traceback" not in answer.text

"""Whatever breaks, the person gets calm words and an id, and the log tells nothing about anybody."""

import io
import json
import re

import httpx
import pytest
import structlog

from privacy.logging import configure_logging
from tests.web.conftest import WORDS, Door
from tests.web.forms import PlainBrowser

ROUTES = [
    ("GET", "/chat"),
    ("GET", "/chat/stream"),
    ("POST", "/chat/messages"),
    ("POST", "/chat/choices"),
    ("GET", "/api/v1/conversations/current/messages"),
    ("GET", "/api/v1/conversations/current/events"),
    ("POST", "/api/v1/conversations/current/messages"),
    ("POST", "/api/v1/conversations/current/choices"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_broken_house_shows_words_and_a_number(
    door: Door, client: httpx.Client, method: str, path: str
) -> None:
    lines = io.StringIO()
    configure_logging("debug", lines)
    try:
        browser = PlainBrowser(client)
        door.twin.broken = True
        if path.startswith("/api"):
            body = (
                {"text": "x", "choice_id": "x", "client_id": "message-0001"}
                if method == "POST"
                else None
            )
            answer = client.request(method, path, json=body, headers={"Authorization": "Bearer x"})
        elif method == "POST":
            answer = browser.post(path, {"text": "my own words", "choice_id": "x"})
        else:
            answer = client.get(path)
    finally:
        structlog.reset_defaults()
    assert answer.status_code == 500
    assert WORDS["unexpected"] in answer.text
    assert not re.search(r"Traceback|RuntimeError|\.py|jane@example", answer.text)
    assert answer.headers["content-security-policy"]
    log = lines.getvalue()
    assert "jane@example" not in log and "my own words" not in log
    (line,) = [
        entry for entry in map(json.loads, log.splitlines()) if entry["event"] == "door failed"
    ]
    assert line["error"] == "RuntimeError"
    assert line["code"] in answer.text


def test_words_that_are_missing_do_not_break_the_answer(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(WORDS, "message_empty")
    browser = PlainBrowser(client)
    assert browser.write("").status_code == 422
    assert "kept" in browser.problem

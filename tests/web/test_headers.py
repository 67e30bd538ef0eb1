"""What every answer says to the browser."""

import re

import httpx
import pytest

from tests.web.conftest import Door
from tests.web.forms import PlainBrowser

ALWAYS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path",
    ["/", "/chat", "/chat?embedded=1", "/nothing", "/widget.js", "/api/v1/docs", "/api/v1/nothing"],
)
def test_every_answer_carries_the_headers(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value
    assert "camera=()" in answer.headers["permissions-policy"]
    policy = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'self' https://shop.example"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "server" not in answer.headers or answer.headers["server"] == "uvicorn"


@pytest.mark.parametrize("path", ["/chat", "/chat?embedded=1", "/nothing", "/api/v1/openapi.json"])
def test_nothing_with_a_conversation_is_kept_by_caches(client: httpx.Client, path: str) -> None:
    assert client.get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/chat", "/chat?embedded=1", "/nothing", "/api/v1/docs"])
def test_pages_hold_no_inline_script_or_style_and_nothing_foreign(
    client: httpx.Client, path: str
) -> None:
    page = client.get(path).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all(re.search(r'src="/static/', tag) for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r'(?:src|href)="https?://', page)


def test_static_files_are_kept_for_good_and_change_their_address(client: httpx.Client) -> None:
    page = client.get("/chat").text
    files = sorted(set(re.findall(r'"(/static/[0-9a-f]{12}/[^"]+)"', page)))
    assert len(files) > 10
    for path in files:
        answer = client.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    stale = re.sub(r"/static/[0-9a-f]+/", "/static/000000000000/", files[0])
    assert client.get(stale).headers["cache-control"] == "no-cache"
    assert client.get(files[0].rsplit("/", 1)[0] + "/../../../web/chat/app.py").status_code == 404


def test_the_widget_may_be_read_by_other_sites(client: httpx.Client) -> None:
    answer = client.get("/widget.js")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert len(answer.content) < 4_000


XSS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    'https://x.example/"onmouseover=alert(1)',
    "https://x.example/'><script>alert(1)</script>",
    "{{7*7}} ${7*7} <%= 7 %>",
    "</textarea><script>alert(1)</script>",
    "</template><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "data:text/html,<script>alert(1)</script>",
    "<a href=https://evil.example>x</a>",
    "https://good.example@evil.example/",
    "\u202ehttps://evil.example\u202c",
)


@pytest.mark.parametrize("text", XSS)
def test_markup_stays_text(door: Door, client: httpx.Client, text: str) -> None:
    browser = PlainBrowser(client)
    browser.write(text)
    assert browser.bubbles[-2:] == [text, f"You said: {text}"]
    scripts = re.findall(r"<script[^>]*>", browser.page)
    assert scripts and all("src=" in script for script in scripts)
    links = re.findall(r'<a href="(https:[^"]*)"', browser.page)
    assert set(links) <= {"https://x.example/", "https://evil.example"}

"""The page as a browser without JavaScript uses it: reads the forms, fills them in, posts them."""

import html
import re
import secrets
from typing import Any

import httpx


class PlainBrowser:
    """One visitor without JavaScript."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.response = client.get("/chat")

    @property
    def page(self) -> str:
        return self.response.text

    @property
    def form_token(self) -> str:
        found = re.search(r'name="form_token" value="([^"]*)"', self.page)
        assert found, "no form on this page"
        return found.group(1)

    @property
    def bubbles(self) -> list[str]:
        found = re.findall(
            r'data-id="\d+".*?<div class="bubble" dir="auto">(.*?)</div>', self.page, re.S
        )
        return [html.unescape(re.sub(r"<[^>]+>", "", text)) for text in found]

    @property
    def problem(self) -> str:
        found = re.search(r'id="problem" role="alert">(.*?)</p>', self.page, re.S)
        return html.unescape(found.group(1)) if found else ""

    @property
    def draft(self) -> str:
        found = re.search(r"<textarea[^>]*>(.*?)</textarea>", self.page, re.S)
        return html.unescape(found.group(1)).removeprefix("\n") if found else ""

    @property
    def notice(self) -> str:
        found = re.search(r'id="banner">(.*?)</p>', self.page, re.S)
        return html.unescape(found.group(1)) if found else ""

    def write(self, text: str, client_id: str = "", **more: Any) -> httpx.Response:
        return self.post("/chat/messages", {"text": text}, client_id, **more)

    def press(self, label: str) -> httpx.Response:
        found = re.search(
            rf'<button name="choice_id" value="([^"]+)"[^>]*>{re.escape(label)}<', self.page
        )
        assert found, f"no button {label!r}"
        return self.post("/chat/choices", {"choice_id": found.group(1)})

    def post(
        self,
        path: str,
        fields: dict[str, str],
        client_id: str = "",
        form_token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        token = self.form_token if form_token is None else form_token
        filled = {"form_token": token, "client_id": client_id or secrets.token_hex(8), **fields}
        # Browsers send this form as multipart/form-data.
        parts = [
            (name, (None, value.encode("utf-8", "surrogatepass"))) for name, value in filled.items()
        ]
        self.response = self.client.post(path, files=parts, headers=headers or {})
        answer = self.response
        if answer.status_code == 303:
            self.response = self.client.get(answer.headers["location"])
        return answer

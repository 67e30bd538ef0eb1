"""A visitor of the pages of requests, without JavaScript: reads a page, fills in one of its forms, sends it."""

import html
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx


@dataclass
class Form:
    """A form as it stands on a page."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            self.forms.append(Form(given["action"]))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "a":
            self.links.append(given["href"])

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class Visitor:
    """One browser."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.answer: httpx.Response | None = None

    @property
    def page(self) -> str:
        assert self.answer is not None
        return self.answer.text

    @property
    def status(self) -> int:
        assert self.answer is not None
        return self.answer.status_code

    @property
    def read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.page)
        return reader

    @property
    def text(self) -> str:
        """All words of the page, as they are read."""
        return " ".join(html.unescape(" ".join(self.read.words)).split())

    @property
    def links(self) -> list[str]:
        return self.read.links

    def opens(self, path: str, **more: Any) -> "Visitor":
        self.answer = self.client.get(path, **more)
        return self

    def form(self, action: str) -> Form:
        """The form that is sent there."""
        return next(form for form in self.read.forms if form.action == action)

    def sends(
        self, action: str, headers: dict[str, str] | None = None, **typed: str
    ) -> httpx.Response:
        """Send a form of this page with what was typed, and go where it leads; the form's own answer."""
        return self.posts(action, {**self.form(action).fields, **typed}, headers)

    def posts(
        self, action: str, fields: dict[str, str], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send fields that no page offered."""
        parts = [(name, (None, value.encode())) for name, value in fields.items()]
        answer = self.client.post(action, files=parts, headers=headers or {})
        self.answer = answer
        if answer.status_code == 303:
            self.opens(answer.headers["location"])
        return answer

    def proves(self, path: str, contact: str, code: str = "123456") -> "Visitor":
        """Go through the door of a page."""
        page = path.removeprefix("/requests/").partition("/")[2] or "status"
        door = "/".join(path.split("/")[:3]) + f"/{page}"
        self.opens(path)
        if any(form.action == f"{door}/contact" for form in self.read.forms):
            self.sends(f"{door}/contact", known="", contact=contact)
        self.sends(f"{door}/code", code=code)
        return self

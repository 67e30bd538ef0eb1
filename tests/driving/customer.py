"""A customer at the JSON API: says things, presses buttons, reads the mail. Waits for answers, never for time."""

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.driving.mailbox import PATIENCE, Mailbox

# What is told when it has happened, not when it was asked for: never the answer to a message.
NEWS = re.compile(
    r"Everything in detail, with why we hold it"
    r"|^We hold nothing about you in our systems"
    r"|^It's (?:changed|done) \(PR-"
    r"|^Your copy is ready \(PR-"
    r"|^One of our systems can't be reached just now"
    r"|^For PR-\S+ a person has to do a part"
    r"|^A part of what you asked for under PR-"
    r"|^The change that you asked for under PR-"
)


class NoAnswer(AssertionError):
    """The bot did not answer in time."""


@dataclass
class Customer:
    """One conversation over HTTP, and the mail of whoever has it."""

    chat: str
    mailbox: Mailbox
    token: str = ""
    seen: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.chat, timeout=PATIENCE, trust_env=False)
        opened = self._ok(self.http.post("/api/v1/conversations", json={}))
        self.token = opened["token"]
        self._take(opened["messages"])

    def say(self, text: str, client_id: str | None = None) -> str:
        """Write a message and wait for the answer; returns what was said to it (for other words see `news`)."""
        mine = client_id or uuid.uuid4().hex
        before = self.seen
        answer = self._ok(self._post("messages", {"text": text, "client_id": mine}))
        self.token = answer.get("token") or self.token
        return self._wait(before, mine)

    def write(self, text: str, client_id: str | None = None) -> None:
        """Write a message that is for somebody else than the bot: nobody answers at once."""
        self._ok(self._post("messages", {"text": text, "client_id": client_id or uuid.uuid4().hex}))

    def press(self, label: str) -> str:
        """Press the newest button with this label."""
        choice = next((c for c in self.choices if c["label"] == label), None)
        assert choice is not None, f"no button {label!r} among {[c['label'] for c in self.choices]}"
        mine = uuid.uuid4().hex
        before = self.seen
        answer = self._ok(self._post("choices", {"choice_id": choice["id"], "client_id": mine}))
        self.token = answer.get("token") or self.token
        return self._wait(before, mine)

    def news(self, words: str) -> str:
        """What the bot says without having been asked, once it holds these words; the answers of before count, too."""
        return str(self.reads(words, "bot")["text"])

    def reads(self, words: str, author: str) -> dict[str, Any]:
        """The newest line of somebody with these words; waits for it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in reversed(self.lines):
                if line["author"] == author and words in line["text"]:
                    return line
            self._look()
            time.sleep(0.02)
        raise NoAnswer(f"{author} did not say {words!r}")

    @property
    def choices(self) -> list[dict[str, str]]:
        """The buttons that are live now."""
        return next(
            (line["choices"] for line in reversed(self.lines) if line["author"] != "notice"), []
        )

    def last_reference(self) -> str:
        """The newest reference that the bot named."""
        for line in reversed(self.lines):
            found = (
                re.findall(r"PR-[0-9A-Z]{4}-[0-9A-Z]{4}", line["text"])
                if line["author"] == "bot"
                else []
            )
            if found:
                return str(found[-1])
        raise NoAnswer("no reference was named")

    @property
    def labels(self) -> list[str]:
        return [choice["label"] for choice in self.choices]

    def code_from_mail(self, address: str, *, after: int = 0) -> str:
        """The newest code that was mailed to this address; waits until there are more than `after` of them."""
        return self.mailbox.next_code(address, after)

    def code_from_phone(self, number: str, *, after: int = 0) -> str:
        """The same of a text message to a number, written as people write it."""
        return self.code_from_mail(number.replace(" ", ""), after=after)

    def prove(self, address: str) -> str:
        """Give an address, read the code that comes there, and type it."""
        before = self.codes_mailed(address)
        self.say(address)
        return self.say(self.code_from_mail(address, after=before))

    def prove_again(self, address: str, last_act: Callable[[], str]) -> str:
        """Do something that sends a code to an address the bot knows already, and type the code."""
        before = self.codes_mailed(address)
        last_act()
        return self.say(self.code_from_mail(address, after=before))

    def codes_mailed(self, address: str) -> int:
        """How many codes this address was mailed so far."""
        return len(self.mailbox.codes(address))

    def history(self) -> list[dict[str, Any]]:
        """The whole transcript as the server has it."""
        answer = self._ok(
            self.http.get("/api/v1/conversations/current/messages", headers=self._auth())
        )
        return list(answer["messages"])

    def _post(self, what: str, body: dict[str, str]) -> httpx.Response:
        return self.http.post(
            f"/api/v1/conversations/current/{what}", json=body, headers=self._auth()
        )

    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _wait(self, before: int, mine: str) -> str:
        """Until the bot has answered this message and is done."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._look()
            said = [
                line
                for line in self.lines
                if line["id"] > before
                and line["author"] in ("bot", "agent")
                and not NEWS.search(line["text"])
            ]
            if said and any(line.get("client_id") == mine for line in self.lines):
                return "\n".join(line["text"] for line in said)
            time.sleep(0.02)
        raise NoAnswer("the bot did not answer")

    def _look(self) -> None:
        page = self._ok(
            self.http.get(
                "/api/v1/conversations/current/messages",
                params={"after": self.seen},
                headers=self._auth(),
            )
        )
        self._take(page["messages"])

    def _take(self, lines: list[dict[str, Any]]) -> None:
        self.lines.extend(lines)
        if lines:
            self.seen = max(line["id"] for line in self.lines)

    @staticmethod
    def _ok(response: httpx.Response) -> dict[str, Any]:
        assert response.status_code < 300, (response.status_code, response.text)
        parsed: dict[str, Any] = response.json()
        return parsed

"""A throw-away twin of `privacy.conversations`: keeps everything in memory and answers by a small script."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from privacy.errors import AssistantAway, ConversationGone
from web.chat.port import Author, EventKind, Expects, Holder

GREETING = "Hello. I'm the automated privacy assistant of Alder & Finch. What would you like to do with your data?"
CHOICES = ("See my data", "Correct my data", "Download my data", "Delete my data", "Something else")


@dataclass(frozen=True)
class Choice:
    id: str
    label: str


@dataclass(frozen=True)
class Message:
    id: int
    author: Author
    text: str
    choices: Sequence[Choice] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    client_id: str | None = None
    expects: Expects | None = None
    name: str = ""


@dataclass(frozen=True)
class Wait:
    ahead: int
    minutes: int | None = None


@dataclass(frozen=True)
class HolderNow:
    holder: Holder = "bot"
    name: str = ""
    wait: Wait | None = None
    is_staffed: bool = True


@dataclass(frozen=True)
class Event:
    kind: EventKind
    message: Message | None = None
    on: bool = False
    holder: HolderNow | None = None


@dataclass(frozen=True)
class Move:
    key: str
    until: datetime


@dataclass(frozen=True)
class Opened:
    conversation: str
    token: str


@dataclass(frozen=True)
class Accepted:
    message_id: int
    duplicate: bool
    new_token: str | None = None


class Twin:
    """The conversations of one test."""

    def __init__(self, delay: float = 0.15) -> None:
        self.delay = delay
        self.tokens: dict[str, str] = {}
        self.said: dict[str, list[Message]] = {}
        self.listeners: dict[str, list[tuple[str, asyncio.Queue[Event]]]] = {}
        self.renewed: dict[tuple[str, str], str] = {}
        self.thinking: set[str] = set()
        self.moves: dict[str, str] = {}
        self.holders: dict[str, HolderNow] = {}
        self.broken = False
        self._next = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, channel: str, language: str) -> Opened:
        conversation, token = f"{channel}:{secrets.token_hex(8)}", secrets.token_urlsafe(24)
        self.tokens[token] = conversation
        self.said[conversation] = []
        self.listeners[conversation] = []
        self._add(conversation, "bot", GREETING, _choices(*CHOICES))
        return Opened(conversation, token)

    def enter(self, token: str) -> str | None:
        if self.broken:
            raise RuntimeError("jane@example.com was here")
        return self.tokens.get(token)

    def end(self, token: str) -> None:
        self.tokens.pop(token, None)

    def offer_move(self, token: str) -> Move | None:
        if token not in self.tokens:
            return None
        key = secrets.token_hex(6)
        self.moves[key] = token
        return Move(key, datetime.now(UTC) + timedelta(minutes=10))

    async def take_over(self, key: str) -> Opened | None:
        former = self.moves.pop(key, "")
        conversation = self.tokens.pop(former, None)
        if conversation is None:
            return None
        token = secrets.token_urlsafe(24)
        self.tokens[token] = conversation
        for held, queue in self.listeners[conversation]:
            if held == former:
                queue.put_nowait(Event("closed"))
        return Opened(conversation, token)

    def repeating(self, token: str, client_id: str) -> str | None:
        return self.tokens.get(self.renewed.get((token, client_id), ""))

    def is_thinking(self, conversation: str) -> bool:
        return conversation in self.thinking

    def holder(self, conversation: str) -> HolderNow:
        return self.holders.get(conversation, HolderNow())

    def hold(self, conversation: str, now: HolderNow) -> None:
        """Somebody else holds the conversation from now on."""
        self.holders[conversation] = now
        for _, queue in self.listeners[conversation]:
            queue.put_nowait(Event("holder", holder=now))

    async def accept(self, conversation: str, token: str, text: str, client_id: str) -> Accepted:
        renewed = self.renewed.get((token, client_id))
        if self.tokens.get(token) != conversation and renewed is None:
            raise ConversationGone("gone")
        for message in self.said[conversation]:
            if message.client_id == client_id:
                return Accepted(message.id, True, renewed)
        if text == "away":
            raise AssistantAway("away")
        shown = "••••••" if text == "123456" else text
        message = self._add(conversation, "customer", shown, client_id=client_id)
        new_token = None
        if text == "123456":
            new_token = secrets.token_urlsafe(24)
            del self.tokens[token]
            self.tokens[new_token] = conversation
            self.renewed[token, client_id] = new_token
            for key, queue in self.listeners[conversation]:
                if key == token:
                    queue.put_nowait(Event("closed"))
        self.thinking.add(conversation)
        task = asyncio.create_task(self._answer(conversation, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Accepted(message.id, False, new_token)

    async def choose(
        self, conversation: str, token: str, choice_id: str, client_id: str
    ) -> Accepted:
        label = next(
            (c.label for m in self.said[conversation] for c in m.choices if c.id == choice_id),
            "Something else",
        )
        return await self.accept(conversation, token, label, client_id)

    def history(self, conversation: str, after: int = 0) -> Sequence[Message]:
        return [message for message in self.said[conversation] if message.id > after]

    async def stream(self, conversation: str, token: str, after: int) -> AsyncIterator[Event]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        entry = (token, queue)
        self.listeners[conversation].append(entry)
        try:
            for message in self.history(conversation, after):
                yield Event("message", message)
                after = message.id
            while True:
                event = await queue.get()
                if event.message is not None and event.message.id <= after:
                    continue
                yield event
                if event.kind == "closed":
                    return
        finally:
            self.listeners[conversation].remove(entry)

    async def _answer(self, conversation: str, text: str) -> None:
        self._tell(conversation, Event("typing", on=True))
        await asyncio.sleep(self.delay)
        for author, words, choices, expects in script(text):
            self._add(conversation, author, words, _choices(*choices), expects=expects)
        self.thinking.discard(conversation)
        self._tell(conversation, Event("typing", on=False))

    def _add(
        self,
        conversation: str,
        author: Author,
        text: str,
        choices: Sequence[Choice] = (),
        client_id: str | None = None,
        expects: Expects | None = None,
    ) -> Message:
        self._next += 1
        message = Message(self._next, author, text, choices, client_id=client_id, expects=expects)
        self.said[conversation].append(message)
        self._tell(conversation, Event("message", message))
        return message

    def _tell(self, conversation: str, event: Event) -> None:
        for _, queue in self.listeners[conversation]:
            queue.put_nowait(event)


def _choices(*labels: str) -> list[Choice]:
    return [Choice(hashlib.sha256(label.encode()).hexdigest()[:12], label) for label in labels]


def script(text: str) -> list[tuple[Author, str, tuple[str, ...], Expects | None]]:
    """What the twin's bot says."""
    match text:
        case "See my data":
            return [
                (
                    "bot",
                    "I can show you what we hold about you. First I check that it is you.",
                    (),
                    None,
                ),
                (
                    "bot",
                    "Which e-mail address do you use with us? I send a code to it.",
                    ("Why do you need this?",),
                    "email",
                ),
            ]
        case "jane@example.com":
            words = "If this address is on file, a code is on its way to j•••@example.com. It works until 14:37."
            return [("bot", words, ("Send a new code", "I no longer have that address"), "code")]
        case "123456":
            words = (
                "Thank you. It's you.\n\nYour request is filed as PR-7K4M-29XD. You see your data by Sunday 6 December."
                "\nHow we handle it: https://alderfinch.example/privacy."
            )
            return [("bot", words, ("Where is my request?", "That's all"), None)]
        case "Talk to a person":
            return [
                ("notice", "You are in the queue for a person. Usual wait: 5 minutes.", (), None),
                (
                    "agent",
                    "Hello, this is Robin. I have read what you wrote, so you need not repeat it.",
                    (),
                    None,
                ),
            ]
        case "nothing":
            return []
        case _:
            return [("bot", f"You said: {text}", (), None)]

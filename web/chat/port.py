"""What the chat needs from the rest of the house, as protocols.

It knows shapes only: who answers, and where things are kept, is `privacy.conversations`' business.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Literal, Protocol

Author = Literal["customer", "bot", "agent", "notice"]
Expects = Literal["code", "email", "text"]
EventKind = Literal["message", "typing", "holder", "closed"]
Holder = Literal["bot", "queue", "agent"]


class Choice(Protocol):
    """A quick reply: an opaque id that we issued, and its words."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...


class Message(Protocol):
    """Something said. `id` grows within a conversation and is the id of its event."""

    @property
    def id(self) -> int: ...
    @property
    def author(self) -> Author: ...
    @property
    def text(self) -> str: ...
    @property
    def choices(self) -> Sequence[Choice]: ...
    @property
    def at(self) -> datetime: ...
    @property
    def client_id(self) -> str | None: ...
    @property
    def expects(self) -> Expects | None: ...
    @property
    def name(self) -> str:
        """Of the agent who wrote it."""


class Wait(Protocol):
    """How many are before somebody, and how many minutes it took lately; None where nobody can say."""

    @property
    def ahead(self) -> int: ...
    @property
    def minutes(self) -> int | None: ...


class HolderNow(Protocol):
    """Who holds the conversation: the bot, the queue of people, or an agent by name."""

    @property
    def holder(self) -> Holder: ...
    @property
    def name(self) -> str: ...
    @property
    def wait(self) -> Wait | None: ...
    @property
    def is_staffed(self) -> bool:
        """In the queue: whether somebody is there who could take it."""


class Event(Protocol):
    """`message` carries one; `typing` says whether somebody writes; `holder`: who holds the conversation now; `closed`:
    this token is over, reload."""

    @property
    def kind(self) -> EventKind: ...
    @property
    def message(self) -> Message | None: ...
    @property
    def on(self) -> bool: ...
    @property
    def holder(self) -> HolderNow | None: ...


class Move(Protocol):
    """A key for another device, and until when it works."""

    @property
    def key(self) -> str: ...
    @property
    def until(self) -> datetime: ...


class Opened(Protocol):
    """A fresh conversation and the only copy of its token."""

    @property
    def conversation(self) -> str: ...
    @property
    def token(self) -> str: ...


class Accepted(Protocol):
    """A message that is stored durably. `new_token` replaces the session's token at once."""

    @property
    def message_id(self) -> int: ...
    @property
    def duplicate(self) -> bool: ...
    @property
    def new_token(self) -> str | None: ...


class Conversations(Protocol):
    """The conversations of the house, as a door sees them. Errors are `privacy.errors.Problem`."""

    def open(self, channel: str, language: str) -> Opened: ...

    def enter(self, token: str) -> str | None: ...

    def end(self, token: str) -> None:
        """Close the session of this token for good."""

    def offer_move(self, token: str) -> Move | None:
        """A key with which another device takes this conversation over; None for a session that is over."""

    async def take_over(self, key: str) -> Opened | None:
        """The conversation of a key, for this device from now on."""

    def repeating(self, token: str, client_id: str) -> str | None:
        """The conversation of a message that comes again because the answer with its new token was lost."""

    async def accept(
        self, conversation: str, token: str, text: str, client_id: str
    ) -> Accepted: ...

    async def choose(
        self, conversation: str, token: str, choice_id: str, client_id: str
    ) -> Accepted: ...

    def history(self, conversation: str, after: int = 0) -> Sequence[Message]: ...

    def is_thinking(self, conversation: str) -> bool: ...

    def holder(self, conversation: str) -> HolderNow: ...

    def stream(self, conversation: str, token: str, after: int) -> AsyncIterator[Event]: ...


class Say(Protocol):
    """Words for the code of a problem, in a language (from `data/`)."""

    def __call__(self, code: str, language: str) -> str: ...

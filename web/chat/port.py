"""What the chat needs from the rest of the house, as protocols.

It knows shapes only: who answers, and where things are kept, is `privacy.conversations`' business.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Literal, Protocol

Author = Literal["customer", "bot", "agent", "notice"]
Expects = Literal["code", "email", "text"]
EventKind = Literal["message", "typing", "closed"]


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


class Event(Protocol):
    """`message` carries one; `typing` says whether the bot writes; `closed`: this token is over, reload."""

    @property
    def kind(self) -> EventKind: ...
    @property
    def message(self) -> Message | None: ...
    @property
    def on(self) -> bool: ...


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

    def stream(self, conversation: str, token: str, after: int) -> AsyncIterator[Event]: ...


class Say(Protocol):
    """Words for the code of a problem, in a language (from `data/`)."""

    def __call__(self, code: str, language: str) -> str: ...

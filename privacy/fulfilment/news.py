"""Telling the customer what became of a request: one line in the conversation and one mail, both in the
transaction of what they tell, each once. Wordings and letters are named, never written here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from privacy.mail.port import Outbox
from privacy.policy import Policy


class About(Protocol):
    """The request that the news is about (`Job` is one)."""

    @property
    def request(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def conversation(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def mail_to(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...


class Announce(Protocol):
    """The conversations, as far as news need them (`privacy.conversations.announcements`)."""

    def tell(
        self,
        tx: Connection,
        conversation: str,
        wording: str,
        values: Mapping[str, str],
        key: str,
    ) -> None:
        """Say something in a conversation, once by key; nothing where the conversation is gone."""
        ...

    def wake(self, conversation: str) -> None:
        """After the commit, from any thread: whoever listens looks again."""
        ...


class News:
    """Tells customers."""

    def __init__(
        self,
        outbox: Outbox,
        announce: Announce,
        policy: Policy,
        wake_mail: Callable[[], None] = lambda: None,
    ) -> None:
        self._outbox = outbox
        self._announce = announce
        self._policy = policy
        self._wake_mail = wake_mail

    def tell(
        self,
        tx: Connection,
        about: About,
        *,
        say: str,
        mail: str,
        values: Mapping[str, str],
        key: str,
        mail_to: str | None = None,
    ) -> None:
        """Say the wording `say` and send the letter `mail` ("" for none of it); `key` is this news' own within
        the request. Both know `reference` and `kind` besides `values`.
        """
        told = {
            "reference": about.reference,
            "kind": self._policy.kind(about.kind).wish(about.language),
            **values,
        }
        to = about.mail_to if mail_to is None else mail_to
        if say:
            self._announce.tell(tx, about.conversation, say, told, f"{about.request}:{key}")
        if mail:
            self._outbox.add(
                tx,
                kind=mail,
                to=to,
                dedupe_key=f"{mail}:{about.reference}:{key}",
                language=about.language,
                values=told,
                deliver=bool(to),
            )

    def told(self, about: About) -> None:
        """After the commit: let it leave at once."""
        self._announce.wake(about.conversation)
        self._wake_mail()

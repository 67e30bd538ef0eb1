"""Telling the customer what became of a request: one line in the conversation and one mail, both in the
transaction of what they tell, each once. Wordings and letters are named, never written here.

A conversation that asked for the same and proved nothing is told the same, under the reference that it was given:
silence would tell it that somebody had asked before (docs/decisions/0008). The mail goes out once.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from privacy.dates import long_date
from privacy.deadlines import due_dates
from privacy.filing import ledger
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
        zone: ZoneInfo,
        wake_mail: Callable[[], None] = lambda: None,
    ) -> None:
        self._outbox = outbox
        self._announce = announce
        self._policy = policy
        self._zone = zone
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
        told = self._told(about, values)
        to = about.mail_to if mail_to is None else mail_to
        if say:
            heard = {about.conversation: told}
            for one in ledger.joined(tx, about.request):
                heard[one.conversation] = self._as_known_to(one, about, told)
            # In one order, whoever tells: two that lock the same conversations must not wait for each other.
            for conversation, said in sorted(heard.items()):
                self._announce.tell(tx, conversation, say, said, f"{about.request}:{key}")
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

    def tell_late(
        self, tx: Connection, about: About, since: datetime, *, say: str, values: Mapping[str, str]
    ) -> None:
        """Say what was news at `since` to conversations that asked for the same after it, each once."""
        told = self._told(about, values)
        for late in ledger.joined(tx, about.request):
            if late.given_at > since:
                said = self._as_known_to(late, about, told)
                self._announce.tell(tx, late.conversation, say, said, f"{about.request}:{say}:late")

    def told(self, about: About, also: Iterable[ledger.Joined] = ()) -> None:
        """After the commit: let it leave at once."""
        for conversation in (about.conversation, *(one.conversation for one in also)):
            self._announce.wake(conversation)
        self._wake_mail()

    def _told(self, about: About, values: Mapping[str, str]) -> dict[str, str]:
        kind = self._policy.kind(about.kind).wish(about.language)
        return {"reference": about.reference, "kind": kind, **values}

    def _as_known_to(
        self, joined: ledger.Joined, about: About, told: Mapping[str, str]
    ) -> dict[str, str]:
        """With the reference and the date that this conversation was given."""
        due = due_dates(self._policy, about.kind, joined.given_at, self._zone).promise
        own = {"reference": joined.reference, "due": long_date(due, self._zone)}
        return {name: own.get(name, value) for name, value in told.items()}

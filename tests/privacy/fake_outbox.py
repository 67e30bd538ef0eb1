"""An outbox that keeps what it is given, for worlds that ask what would have been sent, and not how it looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from privacy.mail.carrier import By


@dataclass(frozen=True)
class Mail:
    """What was put in."""

    kind: str
    to: str
    dedupe_key: str
    language: str
    values: Mapping[str, str]
    expires_at: datetime | None
    conversation: str | None
    deliver: bool
    by: By

    @property
    def code(self) -> str:
        return self.values["code"]


@dataclass
class Mails:
    """Keeps each message once by its key, as the real one does."""

    all: list[Mail] = field(default_factory=list)

    def add(
        self,
        tx: Connection,
        *,
        kind: str,
        to: str,
        dedupe_key: str,
        language: str,
        values: Mapping[str, str],
        expires_at: datetime | None = None,
        conversation: str | None = None,
        deliver: bool = True,
        by: By = "mail",
    ) -> bool:
        put = Mail(kind, to, dedupe_key, language, values, expires_at, conversation, deliver, by)
        is_new = self.is_new(tx, put)
        if is_new:
            self.all.append(put)
        return is_new

    def is_new(self, _tx: Connection, put: Mail) -> bool:
        return all(one.dedupe_key != put.dedupe_key for one in self.all)

    def sent(self, kind: str) -> list[Mail]:
        """What leaves the house, of one kind, the oldest first."""
        return [one for one in self.all if one.kind == kind and one.deliver]

    @property
    def delivered(self) -> list[Mail]:
        return [one for one in self.all if one.deliver]

    @property
    def code(self) -> str:
        """The newest code, delivered or not."""
        return self.all[-1].code

    @property
    def wrong(self) -> str:
        """A code that differs from the newest."""
        return other_code(self.code)


def other_code(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10 ** len(code):0{len(code)}d}"

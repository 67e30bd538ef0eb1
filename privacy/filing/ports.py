"""What filing needs from its neighbours: who has proven what, and an outbox for mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from privacy.contacts import Contact


class Proof(Protocol):
    """What a customer has proven: the subjects that a contact on file belongs to."""

    @property
    def subjects(self) -> tuple[str, ...]: ...
    @property
    def contact(self) -> Contact: ...
    @property
    def level(self) -> int: ...
    @property
    def at(self) -> datetime: ...


class ProofOf(Protocol):
    """What the database says a conversation has proven for an operation (`Verification.proven`)."""

    def __call__(self, conversation: str, operation: str, act_key: str, /) -> Proof | None: ...


class Outbox(Protocol):
    """Takes a mail in the caller's transaction (`privacy.mail.outbox.Outbox`)."""

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
    ) -> None: ...

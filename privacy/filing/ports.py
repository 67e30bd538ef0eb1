"""What filing needs from its neighbours: who has proven what, an outbox for mail, and who carries it out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from privacy.contacts import Contact
from privacy.mail.port import Outbox
from privacy.requests import State

__all__ = ["BeginsWork", "Guard", "Outbox", "Proof", "ProofOf"]


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


class Wish(Protocol):
    """What is about to be filed."""

    @property
    def kind(self) -> str: ...
    @property
    def details(self) -> Mapping[str, str]: ...
    @property
    def conversation(self) -> str: ...


class Guard(Protocol):
    """What else has to be proven before a draft may be filed; returns what the request says of that.

    Raises NotProven.
    """

    def __call__(self, draft: Wish, act_key: str, /) -> Mapping[str, str]: ...


class ProofOf(Protocol):
    """What the database says a conversation has proven for an operation (`Verification.proven`)."""

    def __call__(self, conversation: str, operation: str, act_key: str, /) -> Proof | None: ...


class BeginsWork(Protocol):
    """Carrying out (`privacy.fulfilment.books.works.Works`), which begins in the transaction of filing."""

    def begin(
        self, tx: Connection, request_id: str, kind: str, state: State, now: datetime, /
    ) -> State:
        """See to it that a request that was written just now is worked on; returns its state after."""
        ...

    def hasten(self, tx: Connection, request_id: str, now: datetime, /) -> bool:
        """What is due at some later time is due now; no run of it ends until the transaction does."""
        ...

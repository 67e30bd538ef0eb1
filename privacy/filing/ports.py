"""What filing needs from its neighbours: who has proven what, and an outbox for mail."""

from datetime import datetime
from typing import Protocol

from privacy.contacts import Contact
from privacy.mail.port import Outbox

__all__ = ["Outbox", "Proof", "ProofOf"]


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

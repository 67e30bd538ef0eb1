"""Values that are never shown, found inside free text and replaced by a statement that we hold them."""

from privacy.redaction.known import KnownValues
from privacy.redaction.texts import (
    BANK,
    CARD,
    HEALTH,
    IDENTITY,
    LATER,
    OTHER,
    SECRET,
    STATEMENT_ENDS,
    Redaction,
)

__all__ = [
    "BANK", "CARD", "HEALTH", "IDENTITY", "LATER", "OTHER", "SECRET", "STATEMENT_ENDS", "KnownValues", "Redaction",
]  # fmt: skip

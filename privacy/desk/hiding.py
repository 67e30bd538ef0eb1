"""Personal values in a text, hidden until an agent reveals one for a reason: contacts, references and digits that may be codes.

A rule over texts: it knows how values are written, not whose they are.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from privacy.contacts import mask, parse_contact
from privacy.conversations.placeholders import find_pieces
from privacy.redaction import Redaction

type Reason = Literal["to_answer", "to_check_identity", "customer_asked", "suspected_misuse"]

REASONS: Final[tuple[Reason, ...]] = (
    "to_answer", "to_check_identity", "customer_asked", "suspected_misuse",
)  # fmt: skip

WHOLE: Final = "••••••"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: plain words, or a hidden value by its number within the text."""

    text: str
    number: int | None = None
    """Of the hidden value; None for plain words, and for a value that was revealed."""
    revealed: bool = False


def hidden(text: str, revealed: Collection[int] = ()) -> Sequence[Part]:
    """The text in parts, with every value hidden but those whose numbers were revealed."""
    parts: list[Part] = []
    at = 0
    redact = Redaction()
    for number, piece in enumerate(find_pieces(text)):
        if piece.start > at:
            parts.append(Part(redact.text(text[at : piece.start])))
        raw = text[piece.start : piece.end]
        if number in revealed and piece.kind != "code":
            parts.append(Part(raw, revealed=True))
        elif piece.kind == "reference":
            parts.append(Part(raw))  # never enough to see anything without a code
        else:
            contact = parse_contact(piece.value) if piece.value else None
            shown = mask(contact) if contact else "••••••"
            parts.append(Part(shown, number if piece.kind != "code" else None))
        at = piece.end
    if at < len(text):
        parts.append(Part(redact.text(text[at:])))
    return parts


def whole(text: str, revealed: bool) -> Sequence[Part]:
    """A text that is personal as a whole: what our systems hold, or a value that a customer typed."""
    return [Part(text, revealed=True)] if revealed else [Part(WHOLE, 0)]


def value_of(text: str, number: int) -> str | None:
    """The hidden value with this number; None where there is none, and for what may be a code."""
    pieces = find_pieces(text)
    if not 0 <= number < len(pieces) or pieces[number].kind in ("code", "reference"):
        return None
    return text[pieces[number].start : pieces[number].end]

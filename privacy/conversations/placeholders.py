"""Personal values leave a text before Rasa sees it, and come back into what the bot says.

In: "delete all of jane@example.com" becomes "delete all of email_1"; the address is sealed in our database.
Out: an action says "⟦email_1:masked⟧" or "⟦value_1⟧"; the value is put in when the message is stored,
inside our own walls. A token that a customer types names one of the customer's own values or nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from privacy.clock import Clock
from privacy.contacts import Contact, find_contacts, mask, parse_contact
from privacy.identity import find_codes
from privacy.references import find_references
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import kept_value

_OUT = re.compile(r"⟦([a-z]+_\d{1,4})(:masked)?⟧")
SOME_CODE = "code_1"
"""Stands for digits that may be a code, wherever they are typed."""
_AROUND = " .,;:<>()\"'"
_BRACKETS = str.maketrans({"⟦": "[", "⟧": "]"})


@dataclass(frozen=True)
class Redacted:
    """A text for Rasa and the tokens that stand in it."""

    text: str
    tokens: tuple[str, ...]

    @property
    def only_token(self) -> str | None:
        """The token, where the text is nothing but one."""
        if len(self.tokens) == 1 and self.text.strip(_AROUND) == self.tokens[0]:
            return self.tokens[0]
        return None

    @property
    def only_code(self) -> bool:
        """Whether the text is nothing but digits that may be a code."""
        return self.text.strip(_AROUND) == SOME_CODE


class KeptValues:
    """The values of a conversation that Rasa knows by token only."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock

    def keep(self, tx: Connection, conversation: str, kind: str, value: str) -> str:
        """Seal `value` and return its token ("email_1"); the same value gets the same token."""
        fingerprint = self._keyring.index(f"{kind}\x00{value}", f"kept {conversation}")
        rows = tx.execute(
            select(kept_value.c.token, kept_value.c.fingerprint).where(
                kept_value.c.conversation == conversation
            )
        ).all()
        for row in rows:
            if row.fingerprint == fingerprint:
                return str(row.token)
        token = f"{kind}_{1 + sum(row.token.startswith(kind + '_') for row in rows)}"
        tx.execute(
            insert(kept_value).values(
                conversation=conversation,
                token=token,
                fingerprint=fingerprint,
                value=self._keyring.seal(value, "kept_value.value"),
                created_at=self._clock.now(),
            )
        )
        return token

    def value(self, tx: Connection, conversation: str, token: str) -> str | None:
        """The value behind a token of this conversation; None for any other token."""
        sealed = tx.execute(
            select(kept_value.c.value).where(
                kept_value.c.conversation == conversation, kept_value.c.token == token
            )
        ).scalar()
        return None if sealed is None else self._keyring.open(sealed, "kept_value.value")

    def contact(self, tx: Connection, conversation: str, token: str) -> Contact | None:
        """The contact behind a token."""
        value = self.value(tx, conversation, token)
        return None if value is None else parse_contact(value)

    def redact(self, tx: Connection, conversation: str, text: str) -> Redacted:
        """Take contacts and references out of `text`."""
        return redact(text, lambda kind, value: self.keep(tx, conversation, kind, value))

    def fill(self, tx: Connection, conversation: str, text: str) -> str:
        """Put values into what the bot says."""
        return fill(text, lambda token: self.value(tx, conversation, token))


@dataclass(frozen=True)
class Piece:
    """A contact, a reference or what may be a code inside a text: `text[start:end]`, and its normal form."""

    start: int
    end: int
    kind: str
    value: str


def find_pieces(text: str) -> list[Piece]:
    """What must not reach Rasa, in the order of the text, nothing overlapping."""
    pieces = [
        Piece(found.start, found.end, found.contact.kind, found.contact.value)
        for found in find_contacts(text)
    ]
    for start, end, reference in find_references(text):
        if all(end <= piece.start or piece.end <= start for piece in pieces):
            pieces.append(Piece(start, end, "reference", reference))
    for start, end in find_codes(text):
        if all(end <= piece.start or piece.end <= start for piece in pieces):
            pieces.append(Piece(start, end, "code", ""))
    return sorted(pieces, key=lambda piece: piece.start)


def redact(text: str, token_for: Callable[[str, str], str]) -> Redacted:
    """Put `token_for(kind, value)` in the place of every piece; what may be a code is not kept at all."""
    tokens: list[str] = []
    kept, at = "", 0
    for piece in find_pieces(text):
        if piece.kind == "code":
            kept += text[at : piece.start] + SOME_CODE
        else:
            tokens.append(token_for(piece.kind, piece.value))
            kept += text[at : piece.start] + tokens[-1]
        at = piece.end
    return Redacted(kept + text[at:], tuple(tokens))


def fill(text: str, value_of: Callable[[str], str | None]) -> str:
    """Replace outgoing tokens; one that names nothing becomes an ellipsis, never a bracket."""

    def put(match: re.Match[str]) -> str:
        value = value_of(match.group(1))
        if value is None:
            return "…"
        contact = parse_contact(value) if match.group(2) else None
        shown = mask(contact) if contact else value
        return plain(shown)

    return _OUT.sub(put, text)


def plain(text: str) -> str:
    """A text from outside, so that nothing in it is taken for a token when it is said."""
    return text.translate(_BRACKETS)


def shown(token: str, *, masked: bool = False) -> str:
    """The outgoing form of a token, for actions."""
    return f"⟦{token}:masked⟧" if masked else f"⟦{token}⟧"

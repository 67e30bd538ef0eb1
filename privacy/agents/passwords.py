"""Passwords: Argon2id hashes with the parameters of RFC 9106, section 4, second choice; length instead of riddles (NIST SP 800-63B)."""

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from privacy.agents.errors import PasswordWeak

SHORTEST, LONGEST = 12, 200
_TELLING: Final = 4  # letters from which a login is more than a chance part of a password

_hasher: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Compared with where nobody has the name that was typed, so that the answer takes as long.
_NOBODY: Final = _hasher.hash("nobody has this password")


def check_strength(password: str, login: str) -> None:
    """Raises PasswordWeak with what to change."""
    text = _normal(password)
    if len(text) < SHORTEST:
        raise PasswordWeak("short")
    if len(text) > LONGEST:
        raise PasswordWeak("long")
    own = login.strip().split("@")[0].casefold()
    if len(own) >= _TELLING and own in text.casefold():
        raise PasswordWeak("name")
    if len(set(text)) < 5:
        raise PasswordWeak("same")


def hash_of(password: str) -> str:
    """What is stored of a password."""
    return _hasher.hash(_normal(password))


def is_right(stored: str | None, password: str) -> bool:
    """Compare; takes as long where nothing is stored, and is wrong then."""
    text = _normal(password)[: LONGEST + 1]
    try:
        return _hasher.verify(stored or _NOBODY, text) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Was it hashed with weaker parameters than today's?"""
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """One form, whatever keyboard it was typed on (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)

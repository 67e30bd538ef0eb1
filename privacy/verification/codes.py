"""Making and comparing one-time codes. A code is never stored, only its keyed fingerprint."""

import base64
import hmac
import secrets

from pyotp import HOTP

from privacy.store.keyring import Keyring

_SECRET_BYTES = 20  # RFC 4226 section 4, R6 recommends 160 bits


def make_code(digits: int) -> str:
    """A fresh code, leading zeros included (RFC 4226 from a secret that nobody keeps)."""
    secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    return HOTP(secret, digits=digits).at(0)


def fingerprint(keyring: Keyring, challenge: str, code: str, *, decoy: bool) -> str:
    """What is stored of a code; that of a decoy fits nothing that can be typed, at the same cost."""
    return keyring.fingerprint_code(challenge, f"{code} {secrets.token_hex(16)}" if decoy else code)


def matches(keyring: Keyring, challenge: str, code: str, stored: str) -> bool:
    """Whether `code` is the one of this challenge, in constant time."""
    return hmac.compare_digest(keyring.fingerprint_code(challenge, code), stored)

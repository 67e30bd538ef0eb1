"""Codes of an authenticator app: TOTP (RFC 6238) by pyotp, each of them good once."""

import hmac
from datetime import datetime
from typing import Final

import pyotp

_SECONDS: Final = 30
_SKEW: Final = 1  # steps that a phone's clock may be off, either way


def new_secret() -> str:
    """160 bits as an authenticator takes them (RFC 4226, section 4, R6)."""
    return pyotp.random_base32(32)


def address_of(secret: str, login: str, company: str) -> str:
    """What the QR code says (Key URI format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=f"{company} privacy desk")


def step_of(secret: str, code: str, at: datetime, *, after: int | None) -> int | None:
    """The time step that a code belongs to, where it is right and newer than `after`; else None."""
    typed = code.replace(" ", "").replace("-", "")
    if len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        return None
    now = int(at.timestamp()) // _SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(now - _SKEW, now + _SKEW + 1):
        if hmac.compare_digest(totp.generate_otp(step), typed) and (after is None or step > after):
            found = step
    return found

"""Mail addresses as SMTP needs them: one mailbox, nothing in it that could end a header or command.

Stricter than RFC 5321 on purpose: no quoted local parts, no comments, no address literals.
International domains go out in their ASCII form by IDNA 2008 (the standard library knows IDNA 2003,
where some domains become those of somebody else); an international local part needs SMTPUTF8 (RFC
6531).
"""

import re
import unicodedata
from dataclasses import dataclass

import idna

from privacy.mail.errors import AddressUnusable

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_LONGEST_LOCAL = 64


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox, checked; the domain is in its ASCII form."""

    local: str
    domain: str

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        return not self.local.isascii()


def parse_mailbox(text: str) -> Mailbox:
    """Read one bare address ("name@example.com").

    Raises AddressUnusable.
    """
    local, at, domain = text.strip(" ").rpartition("@")
    if not at or len(local.encode("utf-8", "replace")) > _LONGEST_LOCAL or not _is_local(local):
        raise AddressUnusable("the part before the @ cannot be used")
    return Mailbox(local, _ascii_domain(domain))


def _is_local(local: str) -> bool:
    ascii_only = "".join(letter if letter.isascii() else "a" for letter in local)
    return _LOCAL.fullmatch(ascii_only) is not None and all(
        letter.isascii() or letter.isalnum() or unicodedata.category(letter).startswith("M")
        for letter in local
    )


def _ascii_domain(domain: str) -> str:
    try:
        ascii_form = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise AddressUnusable("the part after the @ cannot be used") from None
    if _DOMAIN.fullmatch(ascii_form) is None:
        raise AddressUnusable("the part after the @ cannot be used")
    return ascii_form

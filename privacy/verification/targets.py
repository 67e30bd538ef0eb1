"""Where a code for a typed contact goes: to the one mailbox on file behind it, or nowhere. Only a new number, which
is to be on file from now on, gets its code as a text message.

A typed contact is only a key to look up with. Known and unknown contacts take the same steps. The one exception is
a new contact that somebody who is proven wants to have from now on: it proves itself and opens nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from privacy.contacts import Contact, parse_contact, same_contact
from privacy.identity import CONTACT_SETTLES_AFTER, Level
from privacy.systems.directory import Directory, SubjectRecord

# Asked for where there is no e-mail to ask for, so that the directory is asked equally often.
_NOBODY = Contact("email", "nobody@decoy.invalid")


@dataclass(frozen=True)
class Target:
    """Where the code of a challenge goes, and all who hold that; without an `address` the challenge is a decoy."""

    contact: Contact
    address: str | None = field(repr=False)
    subjects: tuple[str, ...] = field(repr=False)
    level: Level

    @property
    def is_decoy(self) -> bool:
        return self.address is None


def new_target(contact: Contact) -> Target:
    """An address or number that is on nobody's file yet: it can prove itself, and nobody's data hangs on it."""
    return Target(contact, contact.value, (), Level.FRESH_CODE)


def erased_target(email: Contact, subjects: tuple[str, ...]) -> Target:
    """An address that no system knows since its person was deleted; it opens how that request stands."""
    return Target(email, email.value, subjects, Level.CODE)


def find_target(directory: Directory, typed: Contact, now: datetime) -> Target:
    """The target for a contact as typed.

    Raises SystemDown.
    """
    records = directory.find(typed)
    if typed.kind == "email":
        return _holders(records, typed, now)
    email = _email_behind(records, typed) or _NOBODY
    # Asked again by e-mail: the mailbox may belong to more persons than the phone number does.
    return _holders(directory.find(email), email, now)


def _email_behind(records: Sequence[SubjectRecord], phone: Contact) -> Contact | None:
    """The e-mail on file of the person with this number: of the leading system, else the only one there is."""
    subjects = {r.subject for r in records if r.phone and _is(r.phone, phone)}
    if len(subjects) != 1:
        return None
    emails = [
        contact
        for r in records
        if r.subject in subjects and r.email and (contact := parse_contact(r.email)) is not None
    ]
    # The leading system's record comes first; an old address on a ticket must not hide its address.
    if emails and records[0].subject in subjects and records[0].email:
        return emails[0]
    return emails[0] if len(set(emails)) == 1 else None


def _holders(records: Sequence[SubjectRecord], email: Contact, now: datetime) -> Target:
    held = [(r.email, r) for r in records if r.email and _is(r.email, email)]
    if not held:
        return Target(email, None, (), Level.FRESH_CODE)
    settled = all(
        r.contact_changed_at is None or now - r.contact_changed_at >= CONTACT_SETTLES_AFTER
        for _, r in held
    )
    return Target(
        email,
        min(address for address, _ in held),
        tuple(sorted({r.subject for _, r in held})),
        Level.FRESH_CODE if settled else Level.CODE,
    )


def _is(on_file: str, contact: Contact) -> bool:
    parsed = parse_contact(on_file)
    return parsed is not None and same_contact(parsed, contact)

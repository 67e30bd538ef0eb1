"""Whose request it is: the keyed index that a request is found by, and where mail about it may go.

The index is that of the subject; of the group, where a proven contact belongs to several people; of
the contact, where nobody is known. Mail goes to addresses on file only.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from privacy.contacts import Contact, parse_contact, same_contact
from privacy.filing.ports import Proof
from privacy.requests import State, first_state
from privacy.store.keyring import Keyring
from privacy.systems.directory import SubjectRecord

SUBJECT, CONTACT = "request.sealed_subject", "request.sealed_contact"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a request is filed for; `mail_to` is "" where no address is on file."""

    index: str
    subjects: tuple[str, ...]
    contact: Contact
    mail_to: str
    level: int
    state: State

    def __repr__(self) -> str:
        return f"Holder({len(self.subjects)} subjects, level={self.level})"


def proven_holder(keyring: Keyring, proof: Proof) -> Holder:
    """The person of a proof; several subjects wait for a colleague to find out who of them asks."""
    subjects = tuple(sorted(set(proof.subjects)))
    return Holder(
        index=index_of(keyring, subjects),
        subjects=subjects,
        contact=proof.contact,
        mail_to=proof.contact.value if proof.contact.kind == "email" else "",
        level=proof.level,
        state=first_state(identity_clear=len(subjects) == 1),
    )


def unproven_holder(keyring: Keyring, contact: Contact, records: Sequence[SubjectRecord]) -> Holder:
    """Whoever has this contact: a wish that needs no proof holds for all of them."""
    subjects = tuple(sorted({record.subject for record in records}))
    by_contact = keyring.index(f"{contact.kind}:{contact.value}", "request contact")
    return Holder(
        index=index_of(keyring, subjects) if subjects else by_contact,
        subjects=subjects,
        contact=contact,
        mail_to=_address_on_file(contact, records),
        level=0,
        state=State.RECEIVED,
    )


def index_of(keyring: Keyring, subjects: Sequence[str]) -> str:
    """The index of a subject, or of several as one group; that of nobody is nobody's."""
    return keyring.index(json.dumps(sorted(set(subjects))), "request subject") if subjects else ""


def seal_subjects(keyring: Keyring, holder: Holder) -> bytes:
    return keyring.seal(json.dumps(holder.subjects), SUBJECT)


def seal_contact(keyring: Keyring, holder: Holder) -> bytes:
    contact = {
        "kind": holder.contact.kind,
        "value": holder.contact.value,
        "mail_to": holder.mail_to,
    }
    return keyring.seal(json.dumps(contact), CONTACT)


def open_mail_to(keyring: Keyring, sealed_contact: bytes) -> str:
    """The address on file that mail about a request goes to; "" if there is none."""
    return str(json.loads(keyring.open(sealed_contact, CONTACT))["mail_to"])


def _address_on_file(contact: Contact, records: Sequence[SubjectRecord]) -> str:
    """The address as the company's systems spell it, never as it was typed just now."""
    on_file = sorted({record.email for record in records if record.email})
    if contact.kind == "email":
        matching = (
            email
            for email in on_file
            if (found := parse_contact(email)) and same_contact(found, contact)
        )
        return next(matching, "")
    # A phone number leads to a mailbox only where there is no doubt whose.
    people = {record.subject for record in records}
    return on_file[0] if len(on_file) == 1 and len(people) == 1 else ""

"""Who is who: puts rows of several systems together as persons, and never two persons as one.

A rule on rows that were already read. The first identity table of the leading system decides who
exists; rows of other tables join one of its persons by a customer number that the company itself
wrote, else by a contact that exactly one of them holds. What cannot be told apart stays apart, for
a human being to look at (S-29).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_OPAQUE: Final = re.compile(
    r"[0-9]{1,20}|[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE
)


@dataclass(frozen=True)
class PersonRow:
    """What one row of an identity table says about who it belongs to, in normal forms."""

    system: str
    table: str
    leads: bool
    key: str | None
    number: str | None
    number_confirmed: bool
    email: str | None
    phone: str | None
    mailbox: str | None
    changed_at: datetime | None
    where: tuple[tuple[str, str | int | float | bool | None], ...] = ()
    """The row's place: columns with the values as stored, None for NULL."""

    @property
    def contact(self) -> str | None:
        """The contact by which the row joins others: its e-mail address, else its phone number."""
        return self.email or self.phone

    def opens_by(self, contact: str) -> bool:
        """May somebody who proves this contact come to the row's person?

        In the leading system by each contact on file; elsewhere only by the one that makes the
        person, since anybody may have typed the other beside it.
        """
        return contact in (self.email, self.phone) if self.leads else contact == self.contact


class People:
    """The persons behind a set of rows."""

    def __init__(self, rows: Iterable[PersonRow], fingerprint: Callable[[str], str]) -> None:
        self._rows = list(dict.fromkeys(rows))
        self._fingerprint = fingerprint
        self._by_number: dict[str, set[str]] = defaultdict(set)
        self._by_contact: dict[str, set[str]] = defaultdict(set)
        for row in self._rows:
            if row.leads:
                self._note_leader(row)
        self._shared_keys = self._contacts_with_several_rows()

    def holders(self, contact: str) -> dict[str, list[PersonRow]]:
        """The persons who hold this contact, each with all their rows.

        A contact that stands only beside a customer number finds nobody: whoever writes from an old
        address, or from a colleague's, must not come to the account that way.
        """
        subjects = {row: self.subject(row) for row in self._rows}
        leaders = {subjects[row] for row in self._rows if row.leads}
        found = {
            subject: None
            for row, subject in subjects.items()
            if row.opens_by(contact) and (row.leads or subject not in leaders)
        }
        return {
            wanted: [row for row, subject in subjects.items() if subject == wanted]
            for wanted in found
        }

    def subject(self, row: PersonRow) -> str:
        """The stable key of the person to whom this row belongs; it tells nothing about them."""
        if row.leads:
            return self._own_key(row)
        return self._leader_of(row) or self._own_subject(row)

    def _note_leader(self, row: PersonRow) -> None:
        subject = self._own_key(row)
        if row.number:
            self._by_number[row.number].add(subject)
        for contact in (row.email, row.phone):
            if contact:
                self._by_contact[contact].add(subject)

    def _leader_of(self, row: PersonRow) -> str | None:
        numbered = self._by_number.get(row.number or "", set())
        if len(numbered) == 1:
            [subject] = numbered
            agrees = any(
                subject in self._by_contact.get(c, ()) for c in (row.email, row.phone) if c
            )
            if row.number_confirmed or agrees:
                return subject
        holding = self._by_contact.get(row.contact or "", set())
        return next(iter(holding)) if len(holding) == 1 else None

    def _own_subject(self, row: PersonRow) -> str:
        """A person whom the leading system does not know: one per contact, where that is clear."""
        contact = row.contact
        if contact is None or contact in self._by_contact or contact in self._shared_keys:
            return self._own_key(row)
        return f"contact:{self._fingerprint(contact)}"

    def _own_key(self, row: PersonRow) -> str:
        place = row.system if row.leads else f"{row.system}.{row.table}"
        if row.key is None:
            return f"{place}:{self._fingerprint(row.contact or '')}"
        # A key in words may be a name or an address: only numbers and UUIDs stand as they are.
        return f"{place}:{row.key if _OPAQUE.fullmatch(row.key) else self._fingerprint(row.key)}"

    def _contacts_with_several_rows(self) -> set[str]:
        """Contacts that two rows of one table hold where each row is a person."""
        keys: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for row in self._rows:
            if (
                row.contact
                and row.key is not None
                and not row.leads
                and self._leader_of(row) is None
            ):
                keys[row.contact, row.system, row.table].add(row.key)
        return {contact for (contact, _, _), found in keys.items() if len(found) > 1}

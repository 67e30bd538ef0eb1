"""The port through which the rest of Vera asks who a contact belongs to; it names no system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from privacy.contacts import Contact
from privacy.errors import SystemDown

__all__ = ["Directory", "SubjectRecord", "SystemDown"]


@dataclass(frozen=True)
class SubjectRecord:
    """What one system holds of one person, as far as needed to reach them.

    `email` and `phone` are the contacts on file there, cleaned of spaces around them; one that
    could not be written to safely is left out. Two persons never share a `subject`.
    """

    subject: str
    system: str
    email: str | None
    phone: str | None
    contact_changed_at: datetime | None


class Directory(Protocol):
    """Finds persons in the company's systems."""

    def find(self, contact: Contact) -> Sequence[SubjectRecord]:
        """All records of every person that holds this contact, the leading system's first; none if nobody does.

        Raises SystemDown when a system that is needed cannot be reached.
        """
        ...

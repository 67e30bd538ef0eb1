"""The directory of the company: asks every system of the data map who holds a contact.

The steps are the same whether nobody, somebody or two people are found: every system in the order
of the map, the same number of statements each time. It reads, and keeps nothing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from privacy.contacts import Contact
from privacy.datamap.model import DataMap
from privacy.errors import SystemDown
from privacy.store.keyring import Keyring
from privacy.systems.directory import SubjectRecord
from privacy.systems.lookup import Wanted
from privacy.systems.matching import normal
from privacy.systems.people import People, PersonRow
from privacy.systems.sql import SqlSystem


class _Company(NamedTuple):
    """One map with its open systems: exchanged as a whole, so that no search sees half of two."""

    datamap: DataMap
    systems: dict[str, SqlSystem]


class CompanyDirectory:
    """Finds persons in the systems that the data map describes."""

    def __init__(self, datamap: DataMap, keyring: Keyring) -> None:
        self._keyring = keyring
        self._company = _open(datamap)

    @property
    def labels(self) -> dict[str, str]:
        """The customer's name of each system."""
        return self._company.datamap.labels()

    def reload(self, datamap: DataMap) -> None:
        """Go on with another map, or with the same one after a system moved."""
        before, self._company = self._company, _open(datamap)
        for system in before.systems.values():
            system.close()

    def close(self) -> None:
        """Let go of all connections."""
        for system in self._company.systems.values():
            system.close()

    def find(self, contact: Contact) -> Sequence[SubjectRecord]:
        """All records of every person that holds this contact; none if nobody does.

        Raises SystemDown when a system that is needed cannot be reached.
        """
        company = self._company
        leading = company.datamap.leading
        others = [name for name in company.systems if name != leading]
        sought = normal(contact, company.datamap.region)
        one = frozenset({sought} if sought else ())
        by_contact = Wanted(emails=one) if contact.kind == "email" else Wanted(phones=one)
        rows = _search(company, company.systems, by_contact)
        rows += _search(company, [leading], _all_of(rows))  # whose could these be?
        rows += _search(company, others, _all_of(rows))  # what else is theirs?
        rows += _search(company, [leading], _all_of(rows))  # or is that somebody else's?
        holders = People(rows, self._fingerprint).holders(sought) if sought else {}
        return [
            record
            for subject, own in holders.items()
            for record in _records(subject, own, list(company.systems))
        ]

    def _fingerprint(self, contact: str) -> str:
        return self._keyring.index(contact, "person")[:24]


def _open(datamap: DataMap) -> _Company:
    return _Company(
        datamap,
        {
            name: SqlSystem(name, system, datamap.region, leading=name == datamap.leading)
            for name, system in datamap.systems.items()
        },
    )


def _search(company: _Company, names: Iterable[str], wanted: Wanted) -> list[PersonRow]:
    found: list[PersonRow] = []
    for name in names:
        try:
            found += company.systems[name].search(wanted)
        except SystemDown:
            if company.datamap.systems[name].needed:
                raise
    return found


def _all_of(rows: Iterable[PersonRow]) -> Wanted:
    rows = list(rows)
    return Wanted(
        numbers=frozenset(row.number for row in rows if row.number),
        emails=frozenset(row.email for row in rows if row.email),
        # Others join by phone only where they have no e-mail address.
        phones=frozenset(row.phone for row in rows if row.phone and (row.leads or not row.email)),
    )


def _records(subject: str, rows: list[PersonRow], order: list[str]) -> list[SubjectRecord]:
    """The leading system's record first, then the others in the order of the map."""
    ranked = sorted(rows, key=lambda row: (not row.leads, order.index(row.system)))
    return list(
        dict.fromkeys(
            SubjectRecord(subject, row.system, row.mailbox, row.phone, row.changed_at)
            for row in ranked
        )
    )

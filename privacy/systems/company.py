"""The directory of the company: asks every system of the data map who holds a contact.

The steps are the same whether nobody, somebody or two people are found: every system, all at the same
time, the same number of statements each time. Places that only persons can look into are not asked.
It reads, and keeps nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from privacy.contacts import Contact
from privacy.datamap.model import DataMap
from privacy.store.keyring import Keyring
from privacy.systems.directory import SubjectRecord
from privacy.systems.lookup import Wanted
from privacy.systems.matching import normal
from privacy.systems.opening import open_system
from privacy.systems.parallel import ask_all
from privacy.systems.people import People, PersonRow
from privacy.systems.port import Columns, Place, System, SystemRefused
from privacy.systems.shut import ShutDoor
from privacy.systems.sql import MOST_PLACES, SqlSystem


class _Company(NamedTuple):
    """One map with its open systems: exchanged as a whole, so that no search sees half of two."""

    datamap: DataMap
    systems: dict[str, System]  # as everybody sees them
    doors: dict[str, System]  # also those that are shut


class Behind:
    """The same systems, also those that are shut: for whoever makes them clean."""

    def __init__(self, directory: "CompanyDirectory") -> None:
        self._directory = directory

    @property
    def datamap(self) -> DataMap:
        return self._directory.datamap

    def system(self, name: str) -> System:
        """Raises KeyError."""
        return self._directory._company.doors[name]


class CompanyDirectory:
    """Finds persons in the systems that the data map describes."""

    def __init__(self, datamap: DataMap, keyring: Keyring) -> None:
        self._keyring = keyring
        self._company = _open(datamap)

    @property
    def labels(self) -> dict[str, str]:
        """The customer's name of each system."""
        return self._company.datamap.labels()

    @property
    def datamap(self) -> DataMap:
        """The data map in use."""
        return self._company.datamap

    def names(self) -> list[str]:
        """The systems, also those that only persons can look into, in the order of the map."""
        return list(self._company.systems)

    def system(self, name: str) -> System:
        """The system with this name of the map. Raises KeyError."""
        return self._company.systems[name]

    @property
    def behind(self) -> Behind:
        """All systems, shut or not."""
        return Behind(self)

    def shut(self, names: Collection[str]) -> None:
        """From now on these systems are held to be away, and no others: nobody has looked yet whether erased rows
        came back with them (S-58)."""
        company = self._company
        seen = {
            name: ShutDoor(name) if name in names else door for name, door in company.doors.items()
        }
        self._company = company._replace(systems=seen)

    def reload(self, datamap: DataMap) -> None:
        """Go on with another map, or with the same one after a system moved."""
        before, self._company = self._company, _open(datamap)
        for door in before.doors.values():
            door.close()

    def close(self) -> None:
        """Let go of all connections."""
        for door in self._company.doors.values():
            door.close()

    def find(self, contact: Contact) -> Sequence[SubjectRecord]:
        """All records of every person that holds this contact; none if nobody does.

        Raises SystemDown when a system that is needed cannot be reached.
        """
        company = self._company
        holders = self._holders(company, contact, _find)
        return [
            record
            for subject, own in holders.items()
            for record in _records(subject, own, list(company.systems))
        ]

    def places(self, contact: Contact, subject: str) -> dict[str, tuple[Place, ...]]:
        """Where the rows of one of the persons are that hold this contact, in every system that a program can ask;
        empty where the contact does not lead to them.

        Unlike `find`, it misses nothing quietly: raises SystemDown also for a system that is not needed,
        SystemRefused where more rows are found than one search gives.
        """
        company = self._company
        own = self._holders(company, contact, _find_all).get(subject, [])
        found: dict[str, dict[str, dict[Columns, None]]] = defaultdict(lambda: defaultdict(dict))
        for row in own:
            found[row.system][row.table][row.where] = None
        return {
            name: tuple(Place(table, tuple(rows)) for table, rows in found[name].items())
            for name in company.systems
            if name in found
        }

    def _holders(
        self, company: _Company, contact: Contact, search: "_Search"
    ) -> dict[str, list[PersonRow]]:
        leading = company.datamap.leading
        asked = [name for name, system in company.systems.items() if not system.is_manual]
        others = [name for name in asked if name != leading]
        sought = normal(contact, company.datamap.region)
        one = frozenset({sought} if sought else ())
        by_contact = Wanted(emails=one) if contact.kind == "email" else Wanted(phones=one)
        rows = search(company, asked, by_contact)
        rows += search(company, [leading], _all_of(rows))  # whose could these be?
        rows += search(company, others, _all_of(rows))  # what else is theirs?
        rows += search(company, [leading], _all_of(rows))  # or is that somebody else's?
        return People(rows, self._fingerprint).holders(sought) if sought else {}

    def _fingerprint(self, contact: str) -> str:
        return self._keyring.index(contact, "person")[:24]


def _open(datamap: DataMap) -> _Company:
    doors = {
        name: open_system(name, system, datamap.region, leading=name == datamap.leading)
        for name, system in datamap.systems.items()
    }
    return _Company(datamap, doors, doors)


type _Search = Callable[[_Company, Iterable[str], Wanted], list[PersonRow]]


def _find(company: _Company, names: Iterable[str], wanted: Wanted) -> list[PersonRow]:
    """Quickly: what is cut off, or away and not needed, is left out."""
    found: list[PersonRow] = []
    asked = {name: partial(company.systems[name].search, wanted) for name in names}
    for name, answer in ask_all(asked).items():
        if isinstance(answer, list):
            found += answer
        elif isinstance(answer, SystemRefused) or company.datamap.systems[name].needed:
            raise answer
    return found


def _find_all(company: _Company, names: Iterable[str], wanted: Wanted) -> list[PersonRow]:
    """Completely, or not at all."""
    found: list[PersonRow] = []
    asked = {name: partial(_every_row, company.systems[name], wanted) for name in names}
    for answer in ask_all(asked).values():
        if not isinstance(answer, list):
            raise answer
        found += answer
    return found


def _every_row(system: System, wanted: Wanted) -> list[PersonRow]:
    if not isinstance(system, SqlSystem):
        return system.search(wanted)
    rows = system.search(wanted, most=MOST_PLACES)
    for table, count in Counter(row.table for row in rows).items():
        if count >= MOST_PLACES:
            raise SystemRefused(system.name, table, "more rows than one person can have")
    return rows


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

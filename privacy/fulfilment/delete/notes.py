"""What a deletion remembers from one run to the next: how the person is known, how many rows there were, and
where they are when nothing tells any more whose they were. Sealed with the request; it decides nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from privacy.contacts import Contact
from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.delete.kept import places_from
from privacy.fulfilment.job import Job, Json
from privacy.systems.port import Place, TableCount

_CONTACTS, _OTHERS = "contacts", "others"


class DeletionNotes:
    """The notes of one request, by what they mean."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def know(self, job: Job, contacts: Iterable[Contact], others: Iterable[str]) -> None:
        """Keep the contacts of the person, and the subjects of others who share them."""
        names: list[Json] = [*sorted(set(others))]
        known: list[Json] = [[contact.kind, contact.value] for contact in contacts]
        self._notes.put(job.request, **{_CONTACTS: known, _OTHERS: names})

    def is_known(self, job: Job) -> bool:
        """Were the contacts kept?"""
        return _CONTACTS in self._notes.get(job.request)

    def contacts(self, job: Job) -> list[Contact]:
        """Every contact of the person on file, as it was before anything went."""
        read = _list(self._notes.get(job.request).get(_CONTACTS))
        return [Contact(kind, value) for kind, value in read] or [job.contact]

    def others(self, job: Job) -> frozenset[str]:
        """Subjects to whom the contact led as well."""
        return frozenset(_list(self._notes.get(job.request).get(_OTHERS)))

    def count(self, job: Job, system: str, counts: Mapping[str, TableCount]) -> None:
        """Keep how many rows there were; the first count holds, later ones find less."""
        if f"counts:{system}" not in self._notes.get(job.request):
            written: list[Json] = [
                [one.table, one.rows, _day_text(one.first), _day_text(one.last)]
                for one in counts.values()
            ]
            self._notes.put(job.request, **{f"counts:{system}": written})

    def counts(self, job: Job) -> dict[str, dict[str, TableCount]]:
        """How many rows there were before anything went, by system and table."""
        noted = self._notes.get(job.request)
        return {
            name: {
                table: TableCount(table, rows, _day(first), _day(last))
                for table, rows, first, last in _list(noted.get(f"counts:{name}"))
            }
            for name in job.places
        }

    def find_by(self, job: Job, system: str, places: Iterable[Place]) -> None:
        """Keep where the rows are by their own keys."""
        written: list[Json] = [
            [place.table, [[list(part) for part in row] for row in place.rows]] for place in places
        ]
        self._notes.put(job.request, **{f"rows:{system}": written})

    def rows(self, job: Job, system: str) -> tuple[Place, ...]:
        """Where the rows are by their own keys, as far as they were seen."""
        return places_from(_list(self._notes.get(job.request).get(f"rows:{system}")))


def _list(read: Json) -> list[Any]:
    return read if isinstance(read, list) else []


def _day_text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

"""What a course keeps of a request from one run to the next (a plan, old values, where the rows are): sealed,
so it may be personal. Decides nothing.
"""

import json
from typing import Any

from sqlalchemy import Column, select, update

from privacy.clock import Clock
from privacy.fulfilment.job import Json, Places
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import work
from privacy.systems.port import Columns, Place

NOTES, PLACES = "work.sealed_notes", "work.sealed_places"


class Notes:
    """Remembers for courses."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    def get(self, request: str) -> dict[str, Json]:
        """All that was noted."""
        sealed = self._read(request, work.c.sealed_notes)
        found: dict[str, Json] = {} if sealed is None else self._open(sealed)
        return found

    def put(self, request: str, **values: Json) -> None:
        """Note more; the newest value of each name holds."""
        with self._database.write() as tx:
            sealed = tx.execute(
                select(work.c.sealed_notes).where(work.c.request == request).with_for_update()
            ).scalar()
            noted = {} if sealed is None else self._open(sealed)
            tx.execute(
                update(work)
                .where(work.c.request == request)
                .values(
                    sealed_notes=self._keyring.seal(json.dumps({**noted, **values}), NOTES),
                    updated_at=self._clock.now(),
                )
            )

    def places(self, request: str) -> Places | None:
        """Where the subject's rows are, as it was found at the start; None before."""
        sealed = self._read(request, work.c.sealed_places)
        if sealed is None:
            return None
        return _places_from(json.loads(self._keyring.open(sealed, PLACES)))

    def seal_places(self, places: Places) -> bytes:
        """For `work.sealed_places`."""
        written = {
            system: [[place.table, place.rows] for place in found]
            for system, found in places.items()
        }
        return self._keyring.seal(json.dumps(written), PLACES)

    def _open(self, sealed: bytes) -> dict[str, Json]:
        read: dict[str, Json] = json.loads(self._keyring.open(sealed, NOTES))
        return read

    def _read(self, request: str, column: Column[Any]) -> bytes | None:
        with self._database.read() as tx:
            found: bytes | None = tx.execute(
                select(column).where(work.c.request == request)
            ).scalar()
        return found


def _places_from(read: dict[str, list[Any]]) -> Places:
    return {
        system: tuple(Place(table, _rows_from(rows)) for table, rows in places)
        for system, places in read.items()
    }


def _rows_from(read: list[Any]) -> tuple[Columns, ...]:
    return tuple(tuple((column, value) for column, value in row) for row in read)

"""A system that is held to be away although it may answer: erased rows may have come back with it, and nobody has
looked yet (S-58). Whoever asks is told what they are told of any system that cannot be reached.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Never

from privacy.datamap.parts import Stop
from privacy.datamap.scope import Scope
from privacy.errors import SystemDown
from privacy.systems.lookup import Wanted
from privacy.systems.people import PersonRow
from privacy.systems.port import (
    Columns,
    Mark,
    Place,
    Row,
    TableCount,
    TableErased,
    TableErasure,
    TableStopped,
    Value,
)


class ShutDoor:
    """Stands before one system: every verb raises SystemDown."""

    is_manual = False

    def __init__(self, name: str) -> None:
        self.name = name

    def search(self, wanted: Wanted) -> list[PersonRow]:
        return self._away()

    def counts(self, places: Sequence[Place], scope: Scope) -> list[TableCount]:
        return self._away()

    def rows(
        self,
        table: str,
        places: Sequence[Place],
        scope: Scope,
        *,
        limit: int | None = None,
        skip: int = 0,
    ) -> Iterator[Row]:
        return self._away()

    def correct(
        self,
        places: Sequence[Place],
        table: str,
        values: Mapping[str, Value],
        *,
        key: Columns | None = None,
        only_where: Mapping[str, Value] | None = None,
    ) -> int:
        return self._away()

    def erase(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> list[TableErased]:
        return self._away()

    def left(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> dict[str, int]:
        return self._away()

    def stop(
        self, places: Sequence[Place], stops: Sequence[tuple[str, Stop]], at: datetime
    ) -> list[TableStopped]:
        return self._away()

    def marks(self, places: Sequence[Place] | None = None) -> Iterator[Mark]:
        return self._away()

    def place_of(self, mark: Mark) -> Place:
        return self._away()

    def close(self) -> None:
        """The system behind is closed by who opened it."""

    def _away(self) -> Never:
        raise SystemDown(self.name)

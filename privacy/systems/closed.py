"""A system of which no program gets anything: every verb of the port ends in the same refusal. Why, says who stands
before it (`shut.py`, `manual.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Never

from privacy.datamap.parts import Stop
from privacy.datamap.scope import Scope
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


class ClosedDoor(ABC):
    """Stands before one system and lets nothing through."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def _refuse(self, table: str = "") -> Never:
        """Raise what whoever asks is told."""

    def search(self, wanted: Wanted) -> list[PersonRow]:
        return self._refuse()

    def counts(self, places: Sequence[Place], scope: Scope) -> list[TableCount]:
        return self._refuse()

    def rows(
        self,
        table: str,
        places: Sequence[Place],
        scope: Scope,
        *,
        limit: int | None = None,
        skip: int = 0,
    ) -> Iterator[Row]:
        return self._refuse(table)

    def correct(
        self,
        places: Sequence[Place],
        table: str,
        values: Mapping[str, Value],
        *,
        key: Columns | None = None,
        only_where: Mapping[str, Value] | None = None,
    ) -> int:
        return self._refuse(table)

    def erase(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> list[TableErased]:
        return self._refuse()

    def left(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> dict[str, int]:
        return self._refuse()

    def stop(
        self, places: Sequence[Place], stops: Sequence[tuple[str, Stop]], at: datetime
    ) -> list[TableStopped]:
        return self._refuse()

    def marks(self, places: Sequence[Place] | None = None) -> Iterator[Mark]:
        return self._refuse()

    def place_of(self, mark: Mark) -> Place:
        return self._refuse(mark.table)

    def close(self) -> None:  # noqa: B027 - no verb of its own to write: nothing is open
        """There is nothing to let go of."""

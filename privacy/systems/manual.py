"""A system that only persons can look into: fulfilment makes a task for them, no program asks it.

It finds nobody, so that it never decides who a person is, and refuses everything else.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Never

from privacy.datamap.parts import ManualSystem, Stop
from privacy.datamap.scope import Scope
from privacy.systems.lookup import Wanted
from privacy.systems.people import PersonRow
from privacy.systems.port import (
    Columns,
    Mark,
    Place,
    Row,
    SystemRefused,
    TableCount,
    TableErased,
    TableErasure,
    TableStopped,
    Value,
)


class ManualSystemDoor:
    """One place that is worked by persons."""

    is_manual = True

    def __init__(self, name: str, described: ManualSystem) -> None:
        self.name = name
        self.label = described.label
        self.who = described.who

    def search(self, wanted: Wanted) -> list[PersonRow]:
        """Nobody: a person looks, once it is known for whom."""
        return []

    def counts(self, places: Sequence[Place], scope: Scope) -> list[TableCount]:
        """Raises SystemRefused, as all that follows."""
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

    def close(self) -> None:
        """There is nothing to let go of."""

    def _refuse(self, table: str = "") -> Never:
        raise SystemRefused(self.name, table, "it is worked by persons")

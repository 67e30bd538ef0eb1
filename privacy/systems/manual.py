"""A system that only persons can look into: fulfilment makes a task for them, no program asks it.

It finds nobody, so that it never decides who a person is, and refuses everything else.
"""

from typing import Never

from privacy.datamap.parts import ManualSystem
from privacy.systems.closed import ClosedDoor
from privacy.systems.lookup import Wanted
from privacy.systems.people import PersonRow
from privacy.systems.port import SystemRefused


class ManualSystemDoor(ClosedDoor):
    """One place that is worked by persons: every verb but `search` raises SystemRefused."""

    is_manual = True

    def __init__(self, name: str, described: ManualSystem) -> None:
        super().__init__(name)
        self.label = described.label
        self.who = described.who

    def search(self, wanted: Wanted) -> list[PersonRow]:
        """Nobody: a person looks, once it is known for whom."""
        return []

    def _refuse(self, table: str = "") -> Never:
        raise SystemRefused(self.name, table, "it is worked by persons")

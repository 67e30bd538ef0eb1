"""A system that is held to be away although it may answer: erased rows may have come back with it, and nobody has
looked yet (S-58). Whoever asks is told what they are told of any system that cannot be reached.
"""

from typing import Never

from privacy.errors import SystemDown
from privacy.systems.closed import ClosedDoor


class ShutDoor(ClosedDoor):
    """Every verb raises SystemDown. The system behind is closed by who opened it."""

    is_manual = False

    def _refuse(self, table: str = "") -> Never:
        raise SystemDown(self.name)

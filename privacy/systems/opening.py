"""Which kind of system of the data map is reached by what."""

from typing import assert_never

from privacy.datamap.http_parts import HttpSystem
from privacy.datamap.model import AnySystem
from privacy.datamap.parts import ManualSystem, System
from privacy.systems.port import System as OpenSystem
from privacy.systems.sql import SqlSystem


def open_system(name: str, described: AnySystem, region: str, *, leading: bool) -> OpenSystem:
    """A door to the system. Nothing is asked yet, so none that is away is noticed."""
    match described:
        case System():
            return SqlSystem(name, described, region, leading)
        case ManualSystem():
            from privacy.systems.manual import ManualSystemDoor

            return ManualSystemDoor(name, described)
        case HttpSystem():
            from privacy.systems.http.door import HttpSystemDoor

            return HttpSystemDoor(name, described, region, leading=leading)
        case _:
            assert_never(described)

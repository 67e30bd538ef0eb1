"""Services that speak JSON over HTTP."""

from privacy.systems.http.door import HttpSystemDoor

__all__ = ["HttpSystemDoor"]

"""The engine that runs work durably, as the rest of Vera sees it: it could be any.

A run is named by a request and a number. What a run means is the body's business; the engine sees to it that
a run that was begun is carried to its end, however often the process dies.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from privacy.fulfilment.job import Steps

type Body = Callable[[str, int, Steps], str]
"""Carries out (request, run) and says in a word how it ended. It raises nothing but Interrupted."""


class Standing(StrEnum):
    """How a run stands with the engine."""

    UNKNOWN = "unknown"  # never begun here, or forgotten
    HERE = "here"  # this process works on it
    PENDING = "pending"  # begun, and waiting for its process or another one
    OVER = "over"
    GIVEN_UP = "given_up"  # it took the process down with it too often


class EngineUnusable(Exception):
    """The engine cannot run here; the text is a sentence that says what to do."""


class Interrupted(BaseException):
    """This run goes no further in this process; it is taken up again later. No course catches it."""


class Engine(Protocol):
    """Runs bodies durably. Synchronous; safe to call from several threads."""

    def start(self, body: Body, on_over: Callable[[], None]) -> None:
        """Take up what was pending, and be ready; `on_over` is called, from any thread, when a run ends.

        Raises EngineUnusable.
        """
        ...

    def stop(self) -> None:
        """Let running steps end, begin no further ones, and let go of everything."""
        ...

    def begin(self, request: str, run: int) -> None:
        """See to it that this run is worked on; one that was begun before is not begun twice."""
        ...

    def resume(self, request: str, run: int) -> None:
        """Take up a pending run that nobody works on any more."""
        ...

    def standing(self, request: str, run: int) -> Standing: ...

    def active(self) -> frozenset[tuple[str, int]]:
        """The runs that this process works on."""
        ...

    def forget(self, before: datetime) -> int:
        """Delete the memory of runs that ended before a moment; returns how many."""
        ...

"""Systems that take their time, as those across a network do: a pause before every question, added by the benchmark.

The systems themselves are real SQLite files, which answer at once.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from privacy.systems import opening
from privacy.systems.sql import SqlSystem

_QUESTIONS: Final = ("search", "counts", "rows", "marks", "left", "correct", "erase", "stop")


def slow_down(seconds: float) -> None:
    """From now on, every SQL system that is opened in this process pauses so long before each question."""
    if seconds > 0:
        slow = {name: _after(seconds, getattr(SqlSystem, name)) for name in _QUESTIONS}
        setattr(opening, "SqlSystem", type("SlowSystem", (SqlSystem,), slow))  # noqa: B010 (mypy knows it as a type)


def _after(seconds: float, ask: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(ask)
    def asked(*which: Any, **how: Any) -> Any:
        time.sleep(seconds)
        return ask(*which, **how)

    return asked

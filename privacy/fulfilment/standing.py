"""How a request stands, for its own page: its scope, where the rows are, each system, what waits for a person.

Reads only. Whose request it is was asked before.
"""

from dataclasses import dataclass
from datetime import datetime

from privacy.datamap.scope import Scope
from privacy.fulfilment.books.progress import SystemProgress
from privacy.fulfilment.job import Places
from privacy.fulfilment.tasks.tasks import Task


@dataclass(frozen=True, slots=True)
class RequestStanding:
    """`places` is None before they were found, and once they are forgotten; `due_at` is when it is worked on next."""

    scope: Scope
    places: Places | None
    systems: tuple[SystemProgress, ...]
    tasks: tuple[Task, ...]
    due_at: datetime | None

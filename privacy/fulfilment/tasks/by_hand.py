"""Systems that only persons can look into: they are asked by a task, and what they bring back is shown and
exported like the rest. The one wording of that task, for seeing and for exporting.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import Connection

from privacy.clock import Clock
from privacy.datamap.parts import ManualSystem
from privacy.datamap.reading_back import words_of
from privacy.fulfilment.books.progress import Progress, ProgressState
from privacy.fulfilment.holdings.held import Company, manual_systems
from privacy.fulfilment.job import Job
from privacy.fulfilment.package.contents import Brought, BroughtFile
from privacy.fulfilment.package.heads import head_of
from privacy.fulfilment.tasks.tasks import Task, Tasks
from privacy.redaction import Redaction
from privacy.store.database import Database

LOOK: Final = "look_by_hand"


class ByHand:
    """Asks persons to look, and gives what they found."""

    def __init__(
        self, database: Database, clock: Clock, company: Company, tasks: Tasks, progress: Progress
    ) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._tasks = tasks
        self._progress = progress

    def ask(self, job: Job) -> bool:
        """Ask for every system that a person has to look into; True while one of them still has to.

        The same task however often it is asked.
        """
        systems = manual_systems(self._company, job.scope)
        if not systems:
            return False
        waits = False
        with self._database.write() as tx:
            for name in systems:
                self._tasks.ask(
                    tx, job, key=f"look:{name}", kind=LOOK, system=name, what=self._what(job, name)
                )
            open_ones = {task.system for task in self._looks(tx, job.request) if task.is_open}
            for name in systems:
                waits = waits or name in open_ones
                state: ProgressState = "for_person" if name in open_ones else "done"
                self._progress.note(tx, job.request, name, state, None, self._clock.now())
        return waits

    def brought(self, request: str, redaction: Redaction) -> tuple[Brought, ...]:
        """What persons brought back so far, in the order of the map."""
        with self._database.read() as tx:
            done = [task for task in self._looks(tx, request) if not task.is_open]
        labels = self._company.datamap.labels()
        order = list(labels)
        done.sort(key=lambda task: order.index(task.system) if task.system in order else len(order))
        return tuple(
            Brought(
                labels.get(task.system or "", "our company"),
                redaction.text(task.answer.strip()),
                tuple(
                    BroughtFile(
                        redaction.text(file.name),
                        file.size,
                        head_of(partial(self._tasks.read_file, file.id)),
                        partial(self._tasks.read_file, file.id),
                    )
                    for file in task.files
                ),
            )
            for task in done
        )

    def file(self, request: str, file_id: str) -> tuple[str, int] | None:
        """Name and size of a file that belongs to this request; None for any other."""
        with self._database.read() as tx:
            for task in self._looks(tx, request):
                for file in task.files:
                    if file.id == file_id and not task.is_open:
                        return file.name, file.size
        return None

    def _looks(self, tx: Connection, request: str) -> Sequence[Task]:
        return [task for task in self._tasks.of(tx, request) if task.kind == LOOK]

    def _what(self, job: Job, name: str) -> str:
        described = self._company.datamap.systems[name]
        who = described.who if isinstance(described, ManualSystem) else "whoever knows it"
        tables = "\n".join(f"- {table.label}" for table in described.tables.values())
        return (
            f"Look in {described.label} ({who}) for what is held about this person.\n"
            f"Known as: {job.contact.value}\n"
            f"Wanted: {words_of(job.scope, self._company.datamap)}\n"
            f"What may be there:\n{tables}\n"
            "Write what you found, in words for the customer, and attach what can be copied. Leave out "
            "what concerns other people, and numbers of accounts and identity papers. If there is "
            "nothing, write: We looked and found nothing."
        )

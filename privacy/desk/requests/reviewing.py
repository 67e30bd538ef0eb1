"""Texts of an export in which other people may be named: an officer reads them and takes out what must not leave."""

from collections.abc import Callable, Collection

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, check_permitted
from privacy.datamap.model import DataMap
from privacy.desk.errors import TaskDone
from privacy.desk.requests.tasks import DeskTasks
from privacy.fulfilment.export.review import REVIEW, Piece, Review
from privacy.fulfilment.tasks.tasks import Task


class Reviewing:
    """Reads and decides, for whoever has the task."""

    def __init__(self, review: Review, tasks: DeskTasks, datamap: Callable[[], DataMap]) -> None:
        self._review = review
        self._tasks = tasks
        self._datamap = datamap

    def pieces(self, task: str, who: Agent) -> list[tuple[str, Piece]]:
        """What is to be read, each with the words for where it stands.

        Raises NotAllowed, TaskUnknown, TaskNotYours, TaskDone.
        """
        request = self._open(task, who).request
        return [(self._where(one), one) for one in self._review.pieces(request)]

    def decide(self, task: str, seen: Collection[str], cut: Collection[str], who: Agent) -> Task:
        """All of `seen` was read, and `cut` must not leave; work goes on, or asks for what is left.

        Raises as `pieces`; and TaskTaken.
        """
        request = self._open(task, who).request
        there = {one.id for one in self._review.pieces(request)}
        self._review.looked(request, there & set(seen), there & set(cut))
        return self._tasks.finish(task, f"{len(there & set(cut))} taken out", [], who)

    def _open(self, task: str, who: Agent) -> Task:
        check_permitted(who.role, Act.DECIDE)
        found = self._tasks.read(task, who)
        if not found.is_open or found.kind != REVIEW:
            raise TaskDone("nothing is to be read here")
        return found

    def _where(self, piece: Piece) -> str:
        system, table, column = piece.field.split("\t")
        described = self._datamap().systems[system]
        part = described.tables[table]
        return f"{described.label}, {part.label}: {part.fields[column].label}"

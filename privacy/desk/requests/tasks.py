"""Tasks at the desk: somebody takes one, lets it go, puts it off, or does it. To take is one conditional update, so of two
people one has it and the other is told who.

What a task says is read by whoever has it, since it may name the person and what is held about them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, or_, select, update

from privacy import audit
from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, check_permitted, is_permitted, roles_that_may
from privacy.clock import Clock
from privacy.desk.errors import SnoozeTooLong, TaskDone, TaskNotYours, TaskTaken, TaskUnknown
from privacy.desk.verbs import ACTS, Verb
from privacy.errors import NotPossibleNow
from privacy.fulfilment.tasks.tasks import OUTLIVING, Attached, Task, Tasks
from privacy.store.database import Database
from privacy.store.tables.agents import agent
from privacy.store.tables.fulfilment import task as table
from privacy.store.tables.requests import request


class DeskTasks:
    """The verbs of tasks."""

    def __init__(
        self, database: Database, clock: Clock, tasks: Tasks, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._tasks = tasks
        self._wake = wake

    def read(self, task: str, who: Agent) -> Task:
        """All that a task says, for whoever has it. Raises NotAllowed, TaskUnknown, TaskNotYours."""
        check_permitted(who.role, ACTS[Verb.FINISH])
        found = self._tasks.get(task)
        if found is None:
            raise TaskUnknown("no such task")
        if found.taken_by != who.id:
            raise TaskNotYours("its words are for whoever has it")
        return found

    def take(self, task: str, who: Agent) -> None:
        """Take it. One's own is taken already, and that is fine.

        Raises NotAllowed, TaskUnknown, TaskDone, TaskTaken.
        """
        check_permitted(who.role, ACTS[Verb.TAKE])
        with self._database.write() as tx:
            row = self._open(tx, task)
            if row["taken_by"] == who.id:
                return
            taken = tx.execute(
                update(table)
                .where(table.c.id == task, table.c.state == "open", table.c.taken_by.is_(None))
                .values(taken_by=who.id, snoozed_until=None)
            ).rowcount
            if not taken:
                raise TaskTaken(self._name(tx, task))
            _note(tx, "taken", who.actor, row)

    def release(self, task: str, who: Agent) -> None:
        """Let it go, back to all; who may assign lets go what a colleague has, too.

        Raises NotAllowed, TaskUnknown, TaskDone, TaskNotYours.
        """
        check_permitted(who.role, ACTS[Verb.RELEASE])
        free: dict[str, object] = {"taken_by": None, "snoozed_until": None}
        self._change(task, who, "released", free, anybodys=is_permitted(who.role, Act.ASSIGN))

    def snooze(self, task: str, until: datetime, who: Agent) -> None:
        """Put one's own off until a moment before it is due.

        Raises NotAllowed, TaskUnknown, TaskDone, TaskNotYours, SnoozeTooLong.
        """
        check_permitted(who.role, ACTS[Verb.SNOOZE])
        with self._database.read() as tx:
            due_at = self._open(tx, task)["due_at"]
        if not self._clock.now() < until < due_at:
            raise SnoozeTooLong("after now, and before it is due")
        self._change(task, who, "snoozed", {"snoozed_until": until})

    def finish(self, task: str, answer: str, files: Sequence[Attached], who: Agent) -> Task:
        """It is done, with words and files; one that this person has done already stays as it is.

        Raises NotAllowed, TaskUnknown, TaskDone, TaskTaken, NotPossibleNow; FileTooLarge.
        """
        check_permitted(who.role, ACTS[Verb.FINISH])
        with self._database.read() as tx:
            row = self._find(tx, task)
            if row["state"] != "open":
                if row["done_by"] == who.actor and (done := self._tasks.get(task)):
                    return done
                raise TaskDone("somebody has done it")
            self._open(tx, task)
            if row["taken_by"] not in (None, who.id):
                raise TaskTaken(self._name(tx, task))
        try:
            finished = self._tasks.finish(task, who.actor, answer.strip(), files)
        except NotPossibleNow as late:
            raise TaskDone("somebody has done it a moment ago") from late
        self._wake()
        return finished

    def take_from_gone(self) -> int:
        """Back to all: open tasks of whoever is let in no more, begins anew, or may do none any more; returns how many."""
        with self._database.read() as tx:
            rows = tx.execute(_gone()).mappings().all()
        if not rows:
            return 0
        back = 0
        with self._database.write() as tx:
            for row in rows:
                still = (table.c.state == "open", table.c.taken_by == row["taken_by"])
                let_go = update(table).where(table.c.id == row["id"], *still)
                if tx.execute(let_go.values(taken_by=None, snoozed_until=None)).rowcount:
                    _note(tx, "released", "service", row)
                    back += 1
        return back

    # ---- Inside ----------------------------------------------------------------------------------------

    def _change(
        self,
        task: str,
        who: Agent,
        what: str,
        values: dict[str, object],
        *,
        anybodys: bool = False,
    ) -> None:
        taken = table.c.taken_by.is_not(None) if anybodys else table.c.taken_by == who.id
        with self._database.write() as tx:
            row = self._open(tx, task)
            changed = tx.execute(
                update(table)
                .where(table.c.id == task, table.c.state == "open", taken)
                .values(**values)
            ).rowcount
            if not changed:
                raise TaskNotYours("taken by nobody, or by somebody else")
            _note(tx, what, who.actor, row)

    @staticmethod
    def _find(tx: Connection, task: str) -> RowMapping:
        found = (
            tx.execute(select(table, request.c.closed_at).join(request).where(table.c.id == task))
            .mappings()
            .one_or_none()
        )
        if found is None:
            raise TaskUnknown("no such task")
        return found

    def _open(self, tx: Connection, task: str) -> RowMapping:
        row = self._find(tx, task)
        is_over = row["closed_at"] is not None and row["kind"] not in OUTLIVING
        if row["state"] != "open" or is_over:
            raise TaskDone("done, or not needed any more")
        return row

    @staticmethod
    def _name(tx: Connection, task: str) -> str:
        name = (
            select(agent.c.name)
            .join(table, table.c.taken_by == agent.c.id)
            .where(table.c.id == task)
        )
        return str(tx.execute(name).scalar() or "")


def _gone() -> Select[tuple[object, ...]]:
    """Open tasks of those who cannot do them now."""
    may_do = roles_that_may(Act.DO_TASK)
    return (
        select(table)
        .join(agent, agent.c.id == table.c.taken_by)
        .where(
            table.c.state == "open",
            or_(agent.c.state != "active", agent.c.role.not_in(may_do)),
        )
    )


def _note(tx: Connection, what: str, actor: str, row: RowMapping) -> None:
    data: dict[str, str | int] = {"task": row["id"], "kind": row["kind"]}
    audit.note(tx, actor=actor, act=f"task.{what}", request=row["request"], data=data)

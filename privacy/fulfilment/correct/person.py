"""What a person is asked about a correction, and how the answer is understood: yes or no, and why.

Each question is a task, asked once; an answer that says neither is asked again.
"""

import re
from collections.abc import Iterable

from privacy.fulfilment.correct.correctable import TableFields
from privacy.fulfilment.correct.plan import Doubt, Plan
from privacy.fulfilment.job import Declined, ForPerson, Job, Outcome
from privacy.fulfilment.tasks.tasks import Task, Tasks
from privacy.requests import Reason
from privacy.store.database import Database

CHECK, BY_HAND = "check_correction", "correct_by_hand"
_YES = re.compile(r"\W*(?:yes|ok|okay|done)\b[\W_]*", re.IGNORECASE)
_NO = re.compile(r"\W*(?:no|not)\b[\W_]*", re.IGNORECASE)
_ANSWER = {
    "check": 'Answer "yes": the value is then written in every system. Answer "no" and the reason: ',
    "by_hand": 'Change it, then answer "yes". Or answer "no" and the reason: ',
}
_READS = "the customer reads it word for word."


class PersonSays:
    """Asks persons about corrections."""

    def __init__(self, database: Database, tasks: Tasks) -> None:
        self._database = database
        self._tasks = tasks

    def decides(self, job: Job, plan: Plan | None, doubt: Doubt) -> Outcome | None:
        """None once a person said yes; else what has to happen first, or the end of it."""
        kind = CHECK if doubt.kind == "check" else BY_HAND
        with self._database.write() as tx:
            asked = [task for task in self._tasks.of(tx, job.request) if _is(task, kind)]
            if asked and asked[-1].is_open:
                return ForPerson()
            answer = asked[-1].answer if asked else ""
            if asked and _YES.match(answer):
                return None
            if asked and (no := _NO.match(answer)):
                return _declined(answer[no.end() :].strip())
            again = "" if not asked else "The last answer said neither yes nor no. "
            self._tasks.ask(
                tx,
                job,
                key=kind if not asked else f"{kind}:{len(asked) + 1}",
                kind=kind,
                what=f"{again}{doubt.why}\n\n{_change(job, plan)}\n\n{_ANSWER[doubt.kind]}{_READS}",
            )
        return ForPerson()

    def was_asked(self, job: Job, key: str) -> bool:
        """Whether this task is there, open or done."""
        with self._database.read() as tx:
            return any(task.key == key for task in self._tasks.of(tx, job.request))

    def did(self, job: Job, plan: Plan, fields: Iterable[TableFields], key: str, why: str) -> bool:
        """Whether a person has changed one system; asks for it where nobody was asked yet."""
        fields = list(fields)
        with self._database.write() as tx:
            there = [task for task in self._tasks.of(tx, job.request) if task.key == key]
            if there:
                return not there[0].is_open
            tables = ", ".join(f.table for f in fields)
            reason = f" ({why})" if why else ""
            self._tasks.ask(
                tx,
                job,
                key=key,
                kind=BY_HAND,
                system=fields[0].system,
                what=f"Change it in {fields[0].system}: {tables}{reason}.\n\n{_change(job, plan)}\n\n"
                "Finish this task once it stands there.",
            )
        return False


def _is(task: Task, kind: str) -> bool:
    return task.kind == kind and task.key.partition(":")[0] == kind


def _declined(why: str) -> Declined:
    said = why or "the person who looked at it could not confirm the new value."
    said = said if said.endswith((".", "?", "!")) else f"{said}."
    return Declined(Reason.OTHER, "utter_correction_declined", "correction_declined", {"why": said})


def _change(job: Job, plan: Plan | None) -> str:
    """Old and new, for the person who looks: the task is sealed."""
    if plan is None:
        return f"Field: {job.details.get('field', '')}\nNew: {job.details.get('value', '')}"
    fields = {(f.system, f.table): f for f in plan.fields}
    old = dict.fromkeys(
        f"{one.system}: {fields[one.system, one.table].shown(one.row()) or 'nothing'}"
        for one in plan.rows
    )
    lines = [f"Field: {plan.label}", f"New: {plan.checked.shown}", "Now:", *list(old)[:20]]
    if plan.like is not None and plan.is_chosen:
        meant = fields[plan.like.system, plan.like.table].shown(plan.like.row())
        lines.append(f"The entry that is meant: {plan.like.system}: {meant}")
    return "\n".join(lines)

"""What a person is asked about a correction, and how the answer is understood: yes or no, and why.

Each question is a task, asked once; an answer that says neither is asked again, and so is one that says done where
the systems say something else. Each time is a task of its own: `refused:shop`, `refused:shop:2`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection

from privacy.fulfilment.correct.correctable import TableFields
from privacy.fulfilment.correct.plan import Doubt, Plan
from privacy.fulfilment.job import Declined, ForPerson, Job, Outcome
from privacy.fulfilment.tasks.rounds import round_key, rounds
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
_NO_REASON = "the person who looked at it could not confirm the new value."

type Left = Mapping[str, int]
"""By table: how many rows do not say the new value."""


@dataclass(frozen=True, slots=True)
class No:
    """A person will not change it, and why; maybe personal."""

    why: str = field(repr=False)


type Heard = Literal["done", "again"] | No


class PersonSays:
    """Asks persons about corrections."""

    def __init__(self, database: Database, tasks: Tasks) -> None:
        self._database = database
        self._tasks = tasks

    def decides(self, job: Job, plan: Plan | None, doubt: Doubt) -> Outcome | None:
        """None once a person said yes; else what has to happen first, or the end of it."""
        kind = CHECK if doubt.kind == "check" else BY_HAND
        with self._database.write() as tx:
            asked = self._rounds(tx, job, kind)
            if asked and asked[-1].is_open:
                return ForPerson()
            answer = asked[-1].answer if asked else ""
            if asked and _YES.match(answer):
                return None
            if asked and (no := said_no(answer)) is not None:
                return declined(no.why)
            again = "" if not asked else "The last answer said neither yes nor no. "
            self._tasks.ask(
                tx,
                job,
                key=round_key(kind, len(asked) + 1),
                kind=kind,
                what=f"{again}{doubt.why}\n\n{_change(job, plan)}\n\n{_ANSWER[doubt.kind]}{_READS}",
            )
        return ForPerson()

    def rounds(self, job: Job, key: str) -> list[Task]:
        """Every time that this was asked, the first one first."""
        with self._database.read() as tx:
            return self._rounds(tx, job, key)

    def did(self, job: Job, plan: Plan, fields: Iterable[TableFields], key: str) -> bool:
        """Whether a person has changed a system that only persons reach; asks for it where nobody was asked yet."""
        fields = list(fields)
        with self._database.write() as tx:
            if there := self._rounds(tx, job, key):
                return not there[0].is_open
            self._tasks.ask(
                tx,
                job,
                key=key,
                kind=BY_HAND,
                system=fields[0].system,
                what=f"{_where(fields)}.\n\n{_change(job, plan)}\n\nFinish this task once it stands there.",
            )
        return False

    def change(
        self, job: Job, plan: Plan, fields: Sequence[TableFields], key: str, why: str
    ) -> None:
        """Ask for what a system refused, once."""
        what = f"{_where(fields)} ({why})." if why else f"{_where(fields)}."
        with self._database.write() as tx:
            self._ask_to_change(tx, job, plan, key, fields[0].system, what)

    def change_after_all(
        self, job: Job, plan: Plan, key: str, asked: int, left: Mapping[str, Left]
    ) -> None:
        """Ask for the same after so many times, once: by system, this was read where it was said to be done."""
        system = next(iter(left)) if len(left) == 1 else None
        what = (
            "The last answer was that it is done. Read again, not every entry holds the new value:\n"
            + "\n".join(
                f"{name}: the old value or another one still stands in {_counted(tables)}."
                for name, tables in left.items()
            )
        )
        with self._database.write() as tx:
            self._ask_to_change(tx, job, plan, round_key(key, asked + 1), system, what)

    def _ask_to_change(
        self, tx: Connection, job: Job, plan: Plan, key: str, system: str | None, what: str
    ) -> None:
        self._tasks.ask(
            tx,
            job,
            key=key,
            kind=BY_HAND,
            system=system,
            what=f"{what}\n\n{_change(job, plan)}\n\n{_ANSWER['by_hand']}{_READS}",
        )

    def _rounds(self, tx: Connection, job: Job, key: str) -> list[Task]:
        return rounds(self._tasks.of(tx, job.request), key)


def hear(answer: str, left: Left | None) -> Heard:
    """What an answer to "change it" means, given what was read after it; `left` is None where nothing could be.

    What stands counts for more than what is said of it: a "no, it stands there already" is done.
    """
    if left is not None and not left:
        return "done"
    no = said_no(answer)
    if no is not None:
        return no
    return "done" if left is None else "again"


def said_no(answer: str) -> No | None:
    """The no of an answer that begins with one."""
    no = _NO.match(answer)
    return No(answer[no.end() :].strip()) if no else None


def declined(why: str) -> Declined:
    """The end of a correction to which a person said no."""
    said = {"why": _sentence(why or _NO_REASON), "made": ""}
    return Declined(Reason.OTHER, "utter_correction_declined", "correction_declined", said)


def declined_in_part(
    nos: Mapping[str, No],
    made: Sequence[str],
    also: Callable[[Connection], None] | None,
    mail_to: str | None,
) -> Declined:
    """The same where other systems were changed: not told as done, since one still says the old value. By names that
    customers read; `mail_to` as in `Done`."""
    return Declined(
        Reason.OTHER,
        "utter_corrected_in_part",
        "correction_declined",
        {"why": which_said_no(nos), "made": ", ".join(made)},
        also,
        mail_to,
    )


def which_said_no(nos: Mapping[str, No]) -> str:
    """Each system that keeps what it holds, and why; one sentence or more."""
    return " ".join(
        f"{label} still holds the old value: {_sentence(no.why or 'no reason was given')}"
        for label, no in nos.items()
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _where(fields: Sequence[TableFields]) -> str:
    return f"Change it in {fields[0].system}: {', '.join(f.table for f in fields)}"


def _counted(tables: Left) -> str:
    return ", ".join(f"{table} ({n} {'row' if n == 1 else 'rows'})" for table, n in tables.items())


def _change(job: Job, plan: Plan | None) -> str:
    """Old and new, for the person who looks: the task is sealed."""
    if plan is None:
        return f"Field: {job.details.get('field', '')}\nNew: {job.details.get('value', '')}"
    fields = {(f.system, f.table): f for f in plan.fields}
    old = dict.fromkeys(
        f"{one.system}: {fields[one.system, one.table].in_full(one.row()) or 'nothing'}"
        for one in plan.rows
    )
    lines = [f"Field: {plan.label}", f"New: {plan.checked.shown}", "Now:", *list(old)[:20]]
    if plan.like is not None and plan.is_chosen:
        meant = fields[plan.like.system, plan.like.table].in_full(plan.like.row())
        lines.append(f"The entry that is meant: {plan.like.system}: {meant}")
    return "\n".join(lines)

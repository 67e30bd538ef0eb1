"""Deleting: every system erases what the map says, in order, and is asked again; only then it is done.

It moves forward only (S-55): what was found and counted is noted before anything goes, the ledger of
tombstones is written before the rows go, and each system is finished by itself, several at the same time and
the leading one last. A legal hold stops it before the first row. Whatever cannot be finished becomes a task for
a person; nothing is ever called done while a row is left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from privacy import audit
from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.datamap.deletion import deletions, emptied, erasures, recipients
from privacy.datamap.model import DataMap
from privacy.datamap.parts import ManualSystem
from privacy.dates import long_date
from privacy.errors import SystemDown
from privacy.filing import ledger
from privacy.fulfilment.books.progress import Progress, ProgressState
from privacy.fulfilment.delete.holds import Holds, contacts_of
from privacy.fulfilment.delete.kept import Keeping, Kept, together
from privacy.fulfilment.delete.notes import DeletionNotes
from privacy.fulfilment.delete.plan import count, plan_of
from privacy.fulfilment.delete.tombstones import Tombstones
from privacy.fulfilment.job import Done, ForPerson, Job, Json, Outcome, Steps, SystemsDown
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.telling.news import News
from privacy.fulfilment.telling.recipients import Recipients
from privacy.policy import Policy
from privacy.requests import Event, Reason, State
from privacy.store.database import Database
from privacy.store.tables.requests import request
from privacy.systems.directory import SubjectRecord
from privacy.systems.parallel import ask_all
from privacy.systems.port import System, SystemRefused

DONE_SAID, DONE_MAIL, HELD_SAID = "utter_deleted", "deletion_done", "utter_deletion_held"
_ACTOR = "service"


class Company(Protocol):
    """The company's systems (`CompanyDirectory`)."""

    @property
    def datamap(self) -> DataMap: ...
    def system(self, name: str) -> System: ...
    def find(self, contact: Contact) -> Sequence[SubjectRecord]: ...


@dataclass(frozen=True)
class DeleteParts:
    """What a deletion works with."""

    database: Database
    clock: Clock
    policy: Policy
    zone: ZoneInfo
    company: Company
    notes: DeletionNotes
    progress: Progress
    tasks: Tasks
    news: News
    holds: Holds
    kept: Kept
    tombstones: Tombstones
    recipients: Recipients


class DeleteCourse:
    """Carries a deletion out."""

    def __init__(self, parts: DeleteParts) -> None:
        self._parts = parts

    def take(self, job: Job, steps: Steps) -> Outcome:
        """As `Course`. Everything that decides how it goes on is the result of a step."""
        datamap = self._parts.company.datamap
        work = erasures(datamap, job.scope)
        try:
            steps.run("who", lambda: self._who(job))
        except SystemDown as away:
            return SystemsDown((away.system,))
        if steps.run("hold", lambda: self._held(job)):
            return ForPerson(told=True)
        by_hand = [n for n in work if isinstance(datamap.systems[n], ManualSystem)]
        waiting = bool(by_hand and steps.run("by_hand", lambda: self._ask_by_hand(job, by_hand)))
        names = [n for n in work if n in job.places and n not in by_hand]
        ends = self._systems(job, [n for n in names if n != datamap.leading], steps)
        if set(ends.values()) <= {"done"}:
            # Last of all, so that whoever looks at the others still finds the person.
            ends |= self._systems(job, [n for n in names if n == datamap.leading], steps)
        if "held" in ends.values():
            return ForPerson(told=True)
        if down := tuple(name for name, end in ends.items() if end == "down"):
            return SystemsDown(down)  # who writes the run's end notes it, and tells
        if "stuck" in ends.values() or waiting:
            return ForPerson()
        try:
            if steps.run("verify", lambda: self._found_again(job)):
                return ForPerson()
            steps.run("over", lambda: self._end_what_is_over(job))
        except SystemDown as away:
            return SystemsDown((away.system,))
        steps.run("recipients", lambda: self._tell_recipients(job))
        return self._done(job)

    # ---- Before anything goes ----------------------------------------------------------------------------

    def _who(self, job: Job) -> Json:
        """Note how the person is known, while they can still be found."""
        if not self._parts.notes.is_known(job):
            found = self._parts.company.find(job.contact)
            own = [record for record in found if record.subject in job.subjects]
            contacts = dict.fromkeys((job.contact, *contacts_of(own)))
            others = {record.subject for record in found} - set(job.subjects)
            self._parts.notes.know(job, contacts, others)
        return None

    def _held(self, job: Job) -> Json:
        """Is there a legal hold? Then a person looks at it, and the customer is told; nothing goes."""
        parts = self._parts
        with parts.database.write() as tx:
            if not parts.holds.is_held(tx, self._indexes(job)):
                return False
            parts.tasks.ask(
                tx,
                job,
                key=f"legal_hold:{job.run}",
                kind="legal_hold",
                what="A legal hold is in force for this person, and they asked to delete their data. Find out with "
                "those who placed it whether it still stands (`vera holds`). When it was lifted, this task "
                "is done: then the deletion goes on. If it stands, write to the customer why, and until when.",
            )
            parts.news.tell(
                tx,
                job,
                say=HELD_SAID,
                mail="",
                values={"due": long_date(job.due_at, parts.zone)},
                key="deletion_held",
            )
        return True

    def _ask_by_hand(self, job: Job, names: Iterable[str]) -> Json:
        """Ask persons for what only they can delete; how many of these tasks are open still."""
        parts = self._parts
        person = ", ".join(contact.value for contact in self._parts.notes.contacts(job))
        keys = {name: f"erase:{name}" for name in names}
        with parts.database.write() as tx:
            for name, key in keys.items():
                system = parts.company.datamap.systems[name]
                tables = deletions(parts.company.datamap, job.scope)[name]
                goes = "; ".join(
                    system.tables[one.table].fields[column].label
                    for one in tables
                    for column in one.gone
                )
                stays = "; ".join(
                    f"{', '.join(k.labels)} ({k.until})" for t in tables for k in t.kept
                )
                parts.tasks.ask(
                    tx,
                    job,
                    key=key,
                    kind="erase_by_hand",
                    system=name,
                    what=f"Delete what is held about {person} in {system.label}: {goes}."
                    + (f"\nThis stays: {stays}." if stays else "")
                    + (f"\nOnly what is dated {_days(job)}." if _days(job) else ""),
                )
            still = {task.key for task in parts.tasks.open_ones(tx, job.request)}
            now = parts.clock.now()
            for name, key in keys.items():
                state: ProgressState = "for_person" if key in still else "done"
                parts.progress.note(tx, job.request, name, state, None, now)
        return len(still & set(keys.values()))

    # ---- One system ------------------------------------------------------------------------------------

    def _systems(self, job: Job, names: Sequence[str], steps: Steps) -> dict[str, str]:
        """Several at the same time; how each ended: "done", "held", "stuck" or "down"."""
        ends: dict[str, str] = {}
        for name, end in ask_all({n: partial(self._system, job, n, steps) for n in names}).items():
            if isinstance(end, SystemRefused):
                end = str(steps.run(f"refused:{name}", partial(self._refused, job, name, end)))
            ends[name] = "down" if isinstance(end, SystemDown) else end
        return ends

    def _system(self, job: Job, name: str, steps: Steps) -> str:
        """ "done", "held" or "stuck". Raises SystemDown, SystemRefused."""
        begun = steps.run(f"mark:{name}", partial(self._mark, job, name))
        if begun != "marked":
            return str(begun)
        steps.run(f"erase:{name}", partial(self._erase, job, name))
        return str(steps.run(f"verify:{name}", partial(self._verify, job, name)))

    def _mark(self, job: Job, name: str) -> Json:
        """Count, note where the rows are when nothing tells whose they are any more, and write the tombstones."""
        parts = self._parts
        with parts.database.read() as tx:
            if parts.progress.is_done(tx, job.request, name):
                return "done"
            held = parts.holds.is_held(tx, self._indexes(job))
        if held:
            return "held" if self._held(job) else "stuck"
        self._note(job, name, "working")
        system = parts.company.system(name)
        parts.notes.count(job, name, count(system, job.places[name], job.scope))
        marks = list(system.marks(job.places[name]))
        parts.tombstones.add(
            name, marks, on=self._today(), reference=job.reference, scope=job.scope
        )
        found = (system.place_of(mark) for mark in marks)
        parts.notes.find_by(job, name, together((*parts.notes.rows(job, name), *found)))
        return "marked"

    def _erase(self, job: Job, name: str) -> Json:
        self._commit(job)
        acts = erasures(self._parts.company.datamap, job.scope)[name]
        done = self._parts.company.system(name).erase(job.places[name], acts)
        return {one.table: one.erased + one.blanked for one in done}

    def _commit(self, job: Job) -> None:
        """From here on it cannot be taken back. Raises NotPossibleNow where it was refused or undone in this moment."""
        with self._parts.database.write() as tx:
            row = tx.execute(select(request).where(request.c.id == job.request)).mappings().one()
            if row["state"] != State.COMMITTED:
                ledger.move(tx, row, Event.COMMITTED, at=self._parts.clock.now(), actor=_ACTOR)

    def _verify(self, job: Job, name: str) -> Json:
        """Ask the system again. Rows that came in between are erased, too; what still is there, a person looks at."""
        parts = self._parts
        datamap, system = parts.company.datamap, parts.company.system(name)
        acts = erasures(datamap, job.scope)[name]
        keeping = Keeping(
            parts.notes.rows(job, name),
            tuple(end for one in deletions(datamap, job.scope)[name] for end in one.ends),
            self._today(),
            job.scope,
            self._indexes(job),
        )
        left = 1
        for _ in range(2):
            left = sum(system.left(job.places[name], acts).values())
            theirs = parts.kept.theirs(system, keeping)
            left += sum(system.left(theirs, acts).values()) if theirs else 0
            if not left:
                break
            system.erase(job.places[name], acts)
            if theirs:
                system.erase(theirs, acts)
        with parts.database.write() as tx:
            now = parts.clock.now()
            if left:
                parts.tasks.ask(
                    tx,
                    job,
                    key=f"left:{name}:{job.run}",
                    kind="left_over",
                    system=name,
                    what=f"{left} rows still hold what should be gone, although {name} erased them twice. Find out "
                    "what writes them again, delete them, and finish this task: then it is checked again.",
                )
                parts.progress.note(tx, job.request, name, "for_person", None, now)
                return "stuck"
            if keeping.ends and theirs:
                parts.kept.record(tx, job.request, job.reference, name, keeping)
            there = parts.notes.counts(job)[name]
            touched = [one for one in deletions(datamap, job.scope)[name] if one.table in there]
            counts = {one.table: there[one.table].rows for one in touched}  # also of what stays
            # A crash may have come between this and its being remembered: it is noted once.
            is_new = not parts.progress.is_done(tx, job.request, name)
            parts.progress.note(tx, job.request, name, "done", counts, now)
            erased = sum(counts[one.table] for one in touched if one.rows == "erase")
            found: dict[str, str | int] = {"system": name, "rows": erased}
            if is_new:
                audit.note(tx, actor=_ACTOR, act="system.erased", request=job.request, data=found)
        return "done"

    def _refused(self, job: Job, name: str, refusal: SystemRefused) -> Json:
        parts = self._parts
        with parts.database.write() as tx:
            parts.tasks.ask(
                tx,
                job,
                key=f"refused:{name}:{job.run}",
                kind="refused",
                system=name,
                what=f"Deleting did not work: {refusal}. Nothing was changed there by this attempt. When "
                "the reason is gone, finish this task: then it is tried again.",
            )
            parts.progress.note(tx, job.request, name, "for_person", None, parts.clock.now())
        return "stuck"

    # ---- Afterwards ------------------------------------------------------------------------------------

    def _found_again(self, job: Job) -> Json:
        """Look the person up as on the first day; 0 where the systems do not know them any more."""
        parts = self._parts
        if not job.scope.is_all:
            return 0
        datamap = parts.company.datamap
        others = parts.notes.others(job)
        erased = {name for name in job.places if emptied(datamap, job.scope, name)}
        found = sorted(
            {
                record.system
                for contact in self._parts.notes.contacts(job)
                for record in parts.company.find(contact)
                if record.system in erased and _is_theirs(record, job, others, contact)
            }
        )
        if not found:
            return 0
        with parts.database.write() as tx:
            parts.tasks.ask(
                tx,
                job,
                key=f"found_again:{job.run}",
                kind="left_over",
                what="All systems say that they are done, and still the person is found again in "
                f"{', '.join(found)}. See whether they came back or something was left, and finish this task.",
            )
        return len(found)

    def _end_what_is_over(self, job: Job) -> Json:
        """What a law kept until before today is told as gone: it goes now, not when timers are next looked at."""
        self._parts.kept.erase_over(job.reference, self._today())
        return None

    def _tell_recipients(self, job: Job) -> Json:
        parts = self._parts
        with parts.database.write() as tx:
            contacts, names = parts.notes.contacts(job), self._recipients(job)
            return parts.recipients.tell(tx, job, names, "deleted", contacts=contacts)

    def _done(self, job: Job) -> Done:
        parts = self._parts
        # The receipt counts what was there right before it went.
        plan = plan_of(parts.company.datamap, job.scope, parts.notes.counts(job), self._today())
        known = parts.company.datamap.recipients
        told = [known[name].who for name in self._recipients(job)]
        days = parts.policy.retention.transcript_days
        months = parts.policy.retention.request_record_months
        return Done(
            say=DONE_SAID,
            mail=DONE_MAIL,
            values={
                "reference": job.reference,
                "lines": plan.receipt() or "Nothing of it was left in our systems.",
                "done": long_date(parts.clock.now(), parts.zone),
                "deleted": "; ".join(plan.goes),
                "kept": "; ".join(plan.stays),
                "by_hand": "; ".join(plan.by_hand),
                "recipients": "; ".join(told),
                "vera": f"What was said in the chat is deleted {days} days after it was said. The record of this "
                f"request, with its dates, is deleted {months} months after today.",
            },
            reason=Reason.KEPT_IN_PART if plan.keeps else None,
        )

    def _recipients(self, job: Job) -> list[str]:
        filled = {
            name: frozenset(table for table, one in tables.items() if one.rows)
            for name, tables in self._parts.notes.counts(job).items()
        }
        return recipients(self._parts.company.datamap, job.scope, filled)

    def _indexes(self, job: Job) -> tuple[str, ...]:
        return self._parts.holds.indexes(self._parts.notes.contacts(job), job.subjects)

    def _today(self) -> date:
        return self._parts.clock.now().astimezone(self._parts.zone).date()

    def _note(self, job: Job, name: str, state: ProgressState) -> None:
        with self._parts.database.write() as tx:
            now = self._parts.clock.now()
            self._parts.progress.note(tx, job.request, name, state, None, now)


def _is_theirs(record: SubjectRecord, job: Job, others: frozenset[str], contact: Contact) -> bool:
    """Is it the person, or somebody whom this contact did not lead to before?"""
    if record.subject in job.subjects:
        return True
    return contact == job.contact and record.subject not in others


def _days(job: Job) -> str:
    scope = job.scope
    since = f"since {scope.since.isoformat()}" if scope.since else ""
    until = f"until {scope.until.isoformat()}" if scope.until else ""
    return " ".join(part for part in (since, until) if part)

"""Correcting: the old values are kept, the new one is written in every system that holds it, the leading one
last, and each system is asked again before it counts as done.

What a person has to look at first becomes a task, asked once. Whether the customer may ask was settled when
the request was filed; this never decides it.
"""

from dataclasses import dataclass
from functools import partial

import structlog

from privacy import audit
from privacy.clock import Clock
from privacy.errors import SystemDown
from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.books.progress import Progress, ProgressState
from privacy.fulfilment.books.works import SERVICE
from privacy.fulfilment.correct.correctable import (
    TableFields,
    fields_of,
    row_token,
    rows_of,
)
from privacy.fulfilment.correct.frozen import MOST_ROWS, freeze
from privacy.fulfilment.correct.person import PersonSays
from privacy.fulfilment.correct.plan import Doubt, Plan, plan_of
from privacy.fulfilment.correct.receipt import CorrectReceipt
from privacy.fulfilment.correct.rewriting import bring
from privacy.fulfilment.job import ForPerson, Job, Json, Outcome, Steps, SystemsDown
from privacy.fulfilment.needs import Company
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.port import SystemRefused

log = structlog.get_logger()

ALL_ROWS = "row_all"
"""What the detail `row` says where no single row was chosen."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """What came of the systems in one run."""

    down: tuple[str, ...]
    waits_for_person: bool


class CorrectCourse:
    """Carries a correction out. Details: `field` (a correction of the map), `value` (as typed), `row` (optional)."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        company: Company,
        notes: Notes,
        progress: Progress,
        person: PersonSays,
        receipt: CorrectReceipt,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._company = company
        self._notes = notes
        self._progress = progress
        self._person = person
        self._receipt = receipt

    def take(self, job: Job, steps: Steps) -> Outcome:
        datamap = self._company.datamap
        if job.details.get("field") not in datamap.corrections:
            return self._by_hand(
                job, None, Doubt("by_hand", "The data map no longer has this field.")
            )
        fields = fields_of(datamap, job.details["field"])
        away = self._look(job, steps, fields)
        if datamap.leading in away:
            return SystemsDown(away)
        try:
            steps.run("whose_contact", lambda: self._note_conflict(job))
        except SystemDown as down:
            return SystemsDown((*away, down.system))
        plan = plan_of(job, datamap, self._notes.get(job.request))
        if away and plan.one_of_several:
            return SystemsDown(away)  # which entry is meant shows only when all of them are known
        if plan.doubt is not None:
            return self._by_hand(job, plan, plan.doubt)
        if plan.check_first:
            no = self._person.decides(job, plan, plan.check_first)
            if no is not None:
                return no
        walk = self._walk(job, steps, plan, away)
        if walk.down:
            return SystemsDown(walk.down)
        return ForPerson() if walk.waits_for_person else self._receipt.done(job, plan)

    def _by_hand(self, job: Job, plan: Plan | None, doubt: Doubt) -> Outcome:
        """A person makes the change, or says why not."""
        outcome = self._person.decides(job, plan, doubt)
        return outcome if outcome is not None else self._receipt.done_by_hand(job, plan)

    def _look(self, job: Job, steps: Steps, fields: list[TableFields]) -> tuple[str, ...]:
        """Keep what stands in each system before anything is changed; returns those that could not be reached."""
        away = []
        kept = self._notes.get(job.request)
        for name in dict.fromkeys(f.system for f in fields):
            if not job.places.get(name) or f"old:{name}" in kept:
                continue
            own = [f for f in fields if f.system == name]
            try:
                steps.run(f"old:{name}", partial(self._freeze, job, name, own))
            except SystemDown:
                away.append(name)
        return tuple(away)

    def _freeze(self, job: Job, name: str, fields: list[TableFields]) -> Json:
        system = self._company.system(name)
        chosen = job.details.get("row", ALL_ROWS)
        kept: list[Json] = []
        counts: dict[str, Json] = {}
        for table in fields:
            count = 0
            for row in rows_of(system, job.places[name], table):
                if not (table.leads or table.holds(row)):
                    continue
                count += 1
                is_chosen = chosen == row_token(self._keyring, name, table.table, row.key)
                if count <= MOST_ROWS or is_chosen:
                    kept.append(freeze(table, row).as_json())
                if is_chosen:
                    self._notes.put(job.request, chosen=freeze(table, row).as_json())
            counts[table.table] = count
        many = any(isinstance(count, int) and count > MOST_ROWS for count in counts.values())
        standing: dict[str, Json] = {f"old:{name}": kept, f"many:{name}": many}
        self._notes.put(job.request, **standing)
        return counts

    def _note_conflict(self, job: Job) -> Json:
        """Whether a new contact is somebody else's already, as it was before anything was changed: two accounts
        are never made one (S-29)."""
        if "conflict" in self._notes.get(job.request):
            return None
        contact = plan_of(job, self._company.datamap, {}).new_contact
        others = (
            {r.subject for r in self._company.find(contact)} - set(job.subjects) if contact else ()
        )
        self._notes.put(job.request, conflict=bool(others))
        return len(others)

    def _walk(self, job: Job, steps: Steps, plan: Plan, away: tuple[str, ...]) -> _Walk:
        datamap = self._company.datamap
        down, waits = list(away), False
        for name in plan.systems(datamap):
            if name in down or self._is_done(job, name):
                continue
            if name == datamap.leading and down:
                continue  # last: until then the customer is found by what stands there
            own = plan.of(name)
            if datamap.is_manual(name):
                waits |= not self._done_by_person(job, plan, own, f"by_hand:{name}")
                continue
            if self._person.was_asked(job, f"refused:{name}"):
                waits |= not self._done_by_person(job, plan, own, f"refused:{name}")
                continue
            try:
                steps.run(f"correct:{name}", partial(self._write, job, plan, name, own))
            except SystemDown:
                down.append(name)
            except SystemRefused as refused:
                log.warning("correction_refused", request=job.request, system=name)
                waits |= not self._done_by_person(
                    job, plan, own, f"refused:{name}", why=refused.why
                )
        return _Walk(tuple(down), waits)

    def _write(self, job: Job, plan: Plan, name: str, fields: list[TableFields]) -> Json:
        """Every row that is meant, in tables that hang on others first: a place made of contacts moves."""
        system = self._company.system(name)
        now = self._clock.now()
        counts: dict[str, Json] = {}
        for table in sorted(fields, key=lambda f: not f.links):
            bring(system, job.places[name], table, plan.checked, plan.which(table), now)
            counts[table.table] = plan.count(table)
        written = {t: c for t, c in counts.items() if isinstance(c, int)}
        with self._database.write() as tx:
            self._progress.note(tx, job.request, name, "done", written, self._clock.now())
            told: dict[str, str | int] = {
                "system": name,
                "field": job.details["field"],
                "rows": sum(written.values()),
            }
            audit.note(tx, actor=SERVICE, act="system.corrected", request=job.request, data=told)
        return counts

    def _done_by_person(
        self, job: Job, plan: Plan, fields: list[TableFields], key: str, why: str = ""
    ) -> bool:
        name = fields[0].system
        done = self._person.did(job, plan, fields, key, why)
        with self._database.write() as tx:
            state: ProgressState = "done" if done else "for_person"
            self._progress.note(tx, job.request, name, state, None, self._clock.now())
        return done

    def _is_done(self, job: Job, name: str) -> bool:
        with self._database.read() as tx:
            return self._progress.is_done(tx, job.request, name)

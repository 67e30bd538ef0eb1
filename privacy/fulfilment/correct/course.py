"""Correcting: the old values are kept, the new one is written in every system that holds it, the leading one
last, and each system is asked again before it counts as done.

What a person has to look at first becomes a task, asked once. What a person did by hand is read back where Vera can
read it, and asked for again until it stands or the person says no. Whether the customer may ask was settled when
the request was filed; this never decides it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, cast

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
from privacy.fulfilment.correct.person import (
    BY_HAND,
    Left,
    No,
    PersonSays,
    declined,
    declined_in_part,
    hear,
    which_said_no,
)
from privacy.fulfilment.correct.plan import Doubt, Plan, plan_of
from privacy.fulfilment.correct.receipt import CorrectReceipt
from privacy.fulfilment.correct.rewriting import bring, places_by_key, rows_left
from privacy.fulfilment.job import Declined, ForPerson, Job, Json, Outcome, Steps, SystemsDown
from privacy.fulfilment.needs import Company
from privacy.fulfilment.tasks.tasks import Task
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
    nos: Mapping[str, No]
    """By system that keeps what it holds: what the person said."""


type _Stands = Literal["done", "waits"] | No
"""How one system stands after it was tried."""


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
                job, steps, None, Doubt("by_hand", "The data map no longer has this field.")
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
            return self._by_hand(job, steps, plan, plan.doubt)
        if plan.check_first:
            no = self._person.decides(job, plan, plan.check_first)
            if no is not None:
                return no
        walk = self._walk(job, steps, plan, away)
        if walk.down:
            return SystemsDown(walk.down)
        if walk.waits_for_person:
            return ForPerson()
        return self._in_part(job, plan, walk.nos) if walk.nos else self._receipt.done(job, plan)

    def _by_hand(self, job: Job, steps: Steps, plan: Plan | None, doubt: Doubt) -> Outcome:
        """A person makes the change, or says why not."""
        outcome = self._person.decides(job, plan, doubt)
        if outcome is None and plan is not None and _says_what_should_stand(job, plan):
            outcome = self._not_yet(job, steps, plan)
        return outcome if outcome is not None else self._receipt.done_by_hand(job, plan)

    def _not_yet(self, job: Job, steps: Steps, plan: Plan) -> Outcome | None:
        """What has to happen after a person's yes: None where every system that can be read says the new value."""
        asked = len(self._person.rounds(job, BY_HAND))
        down: list[str] = []
        left: dict[str, Left] = {}
        for name in plan.systems(self._company.datamap):
            if self._company.datamap.is_manual(name):
                continue  # nobody can look: the person's word holds
            try:
                found = self._read_back(job, steps, plan, name, asked)
            except SystemDown:
                down.append(name)
                continue
            if found:
                left[name] = found
        if down:
            return SystemsDown(tuple(down))
        if not left:
            return None
        self._person.change_after_all(job, plan, BY_HAND, asked, left)
        return ForPerson()

    def _in_part(self, job: Job, plan: Plan, nos: Mapping[str, No]) -> Declined:
        """Some systems keep what they hold: told with what was changed elsewhere, and whoever has to hear of that does.

        Declined, not done: what is done is told as changed everywhere.
        """
        datamap = self._company.datamap
        labels = datamap.labels()
        tried = frozenset(plan.systems(datamap)) - nos.keys()
        made = [
            name
            for name in labels
            if name in tried
            and (datamap.is_manual(name) or any(plan.wrong(f) for f in plan.of(name)))
        ]
        told = {labels[name]: no for name, no in nos.items()}
        if not made:
            return declined(which_said_no(told))
        done = self._receipt.done(
            job, replace(plan, fields=tuple(f for f in plan.fields if f.system in made))
        )
        # Where the leading system keeps the old address, the customer is still written to there.
        mail_to = done.mail_to if datamap.leading in made else None
        return declined_in_part(told, [labels[name] for name in made], done.also, mail_to)

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
        down, waits, nos = list(away), False, dict[str, No]()
        for name in plan.systems(datamap):
            if name in down or self._is_done(job, name):
                continue
            if name == datamap.leading and down:
                continue  # last: until then the customer is found by what stands there
            try:
                stands = self._bring(job, steps, plan, name)
            except SystemDown:
                down.append(name)
                continue
            waits |= stands == "waits"
            if isinstance(stands, No):
                nos[name] = stands
        return _Walk(tuple(down), waits, nos)

    def _bring(self, job: Job, steps: Steps, plan: Plan, name: str) -> _Stands:
        """Vera writes it; where only a person can, or the system refuses, a person does."""
        own, key = plan.of(name), f"refused:{name}"
        if self._company.datamap.is_manual(name):
            done = self._person.did(job, plan, own, f"by_hand:{name}")
            return self._noted(job, name, "done" if done else "waits")
        if asked := self._person.rounds(job, key):
            return self._noted(job, name, self._done_by_person(job, steps, plan, name, key, asked))
        try:
            steps.run(f"correct:{name}", partial(self._write, job, plan, name, own))
        except SystemRefused as refused:
            log.warning("correction_refused", request=job.request, system=name)
            self._person.change(job, plan, own, key, refused.why)
            return self._noted(job, name, "waits")
        return "done"

    def _done_by_person(
        self, job: Job, steps: Steps, plan: Plan, name: str, key: str, asked: Sequence[Task]
    ) -> _Stands:
        if asked[-1].is_open:
            return "waits"
        left = self._read_back(job, steps, plan, name, len(asked))
        heard = hear(asked[-1].answer, left)
        if heard != "again":
            return heard
        self._person.change_after_all(job, plan, key, len(asked), {name: left or {}})
        return "waits"

    def _read_back(self, job: Job, steps: Steps, plan: Plan, name: str, asked: int) -> Left | None:
        """What one system says after a task was asked and done so many times: read once for each."""
        read = partial(self._read, job, plan, name)
        return cast(Left | None, steps.run(f"read_back:{name}:{asked}", read))

    def _read(self, job: Job, plan: Plan, name: str) -> Json:
        """By table, the rows that do not say the new value; None where the system refuses even to be read: then nobody
        but the person can know, and their word holds."""
        system = self._company.system(name)
        own, places = plan.of(name), job.places[name]
        wrong = {table.table: plan.wrong(table) for table in own}
        by_key = tuple(place for table in own for place in places_by_key(table, wrong[table.table]))
        for where in ((*places, *by_key), places):  # a service may have no way to ask by a key
            left: dict[str, Json] = {}
            try:
                for table in own:
                    meant = {one.key for one in wrong[table.table]}
                    which = plan.which(table)
                    if count := rows_left(system, where, table, plan.checked, which, meant):
                        left[table.table] = count
            except SystemRefused:
                log.warning("read_back_refused", request=job.request, system=name)
                continue
            return left
        return None

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

    def _noted(self, job: Job, name: str, stands: _Stands) -> _Stands:
        state: ProgressState = "waiting"  # what a person will not change was never begun
        if not isinstance(stands, No):
            state = "done" if stands == "done" else "for_person"
        with self._database.write() as tx:
            self._progress.note(tx, job.request, name, state, None, self._clock.now())
        return stands

    def _is_done(self, job: Job, name: str) -> bool:
        with self._database.read() as tx:
            return self._progress.is_done(tx, job.request, name)


def _says_what_should_stand(job: Job, plan: Plan) -> bool:
    """Whether a plan that a person carries out names the rows and what they should say. Of several persons and of
    several entries the person alone knows which were meant: their word holds."""
    return (
        plan.is_readable and bool(plan.rows) and len(job.subjects) == 1 and not plan.one_of_several
    )

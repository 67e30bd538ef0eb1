"""Stopping: restrict, object, withdraw consent, written at once into every system, as the data map says for each.

Opt-outs need no proof and tell nothing (docs/decisions/0008): every system that they would be written to is
asked, whether anybody is known there or not, so that the same takes the same course for everybody. Where it took
effect is told only in the letter to the address on file.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from privacy import audit
from privacy.clock import Clock
from privacy.crashpoints import crashpoint
from privacy.datamap.model import DataMap
from privacy.datamap.parts import Stop
from privacy.datamap.scope import EVERYTHING
from privacy.dates import clock_time, long_date
from privacy.errors import SystemDown
from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.books.progress import Progress, ProgressState
from privacy.fulfilment.books.works import SERVICE
from privacy.fulfilment.job import Done, ForPerson, Job, Json, Outcome, Steps, SystemsDown
from privacy.fulfilment.needs import Company, TellRecipients
from privacy.fulfilment.tasks.rounds import round_key, rounds
from privacy.fulfilment.tasks.tasks import Task, Tasks
from privacy.store.database import Database
from privacy.systems.lookup import Wanted
from privacy.systems.matching import normal
from privacy.systems.port import Place, System, SystemRefused, Value

log = structlog.get_logger()

LETTER, BY_HAND = "stop_done", "stop_by_hand"


def stops_of(datamap: DataMap, kind: str, purpose: str) -> dict[str, list[tuple[str, Stop]]]:
    """By system: what the map writes for this kind, and for one purpose only where one is given."""
    found: dict[str, list[tuple[str, Stop]]] = {}
    for name, system in datamap.systems.items():
        for table_name, table in system.tables.items():
            for stop in table.stops:
                meant = not purpose or not stop.purposes or purpose in stop.purposes
                if kind in stop.on and meant:
                    found.setdefault(name, []).append((table_name, stop))
    return found


class StopCourse:
    """Carries out `restrict`, `object` and `withdraw_consent`. Details: `purpose` (of the map; optional)."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        company: Company,
        notes: Notes,
        progress: Progress,
        tasks: Tasks,
        recipients: TellRecipients,
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._notes = notes
        self._progress = progress
        self._tasks = tasks
        self._tell = recipients.tell
        self._zone = zone

    def take(self, job: Job, steps: Steps) -> Outcome:
        datamap = self._company.datamap
        at = self._moment(job, steps)
        purpose = job.details.get("purpose", "")
        stops = stops_of(datamap, job.kind, purpose if purpose in datamap.purposes else "")
        down, waits = [], False
        for name, told in stops.items():
            if datamap.is_manual(name):
                waits |= not self._done_by_person(job, name, told, f"by_hand:{name}")
                continue
            if self._is_done(job, name):
                continue
            try:
                if asked := self._rounds(job, f"refused:{name}"):
                    waits |= not self._holds_after_all(job, steps, name, told, asked)
                else:
                    steps.run(f"stop:{name}", partial(self._stop, job, name, told, at))
            except SystemDown:
                down.append(name)
            except SystemRefused as refused:
                log.warning("stop_refused", request=job.request, system=name)
                waits |= not self._done_by_person(
                    job, name, told, f"refused:{name}", why=refused.why
                )
        if down:
            return SystemsDown(tuple(down))
        if waits:
            return ForPerson()
        try:
            recipients = steps.run("recipients", lambda: self._recipients(job))
        except SystemDown as away:
            return SystemsDown((away.system,))
        return self._done(job, stops, at, recipients if isinstance(recipients, list) else [])

    def _moment(self, job: Job, steps: Steps) -> datetime:
        """From when on it counts: the same in every system and in every run."""

        def keep() -> Json:
            kept = self._notes.get(job.request).get("stopped_at")
            if not isinstance(kept, str):
                kept = self._clock.now().replace(microsecond=0).isoformat()
                self._notes.put(job.request, stopped_at=kept)
            return kept

        return datetime.fromisoformat(str(steps.run("moment", keep)))

    def _stop(self, job: Job, name: str, told: Sequence[tuple[str, Stop]], at: datetime) -> Json:
        system = self._company.system(name)
        # Known or not, the system is reached: what it says to strangers and to customers takes the same course.
        sought = normal(job.contact, self._company.datamap.region)
        one = frozenset({sought} if sought else ())
        system.search(Wanted(emails=one) if job.contact.kind == "email" else Wanted(phones=one))
        places = job.places.get(name, ())
        counts = self._expected(job, name, system, places, told)
        if places:
            system.stop(places, told, at)
            crashpoint("stop.written")
            for again in system.stop(places, told, at):
                if again.changed:
                    raise SystemRefused(name, again.table, "it does not keep what it was told")
        self._note(job, name, "done", counts)
        return dict(counts)

    def _expected(
        self,
        job: Job,
        name: str,
        system: System,
        places: Sequence[Place],
        told: Sequence[tuple[str, Stop]],
    ) -> dict[str, int]:
        """By table, how much is to be written. Noted before anything is: what was written when a run was cut off
        must not turn from "stopped now" into "was so already"."""
        key = f"stopped:{name}"
        kept = self._notes.get(job.request).get(key)
        if not isinstance(kept, dict):
            counted = _counted(system, places, told)
            changes: dict[str, Json] = {table: count for table, (count, _) in counted.items()}
            kept = {"now": changes, "already": sum(known for _, known in counted.values())}
            self._notes.put(job.request, **{key: kept})
        now = kept["now"]
        assert isinstance(now, dict)
        return {table: count for table, count in now.items() if isinstance(count, int)}

    def _recipients(self, job: Job) -> Json:
        """Who received anything of what is held of this person (for `restrict`, GDPR Art. 18 and 19)."""
        if job.kind != "restrict":
            return []
        datamap = self._company.datamap
        found: set[str] = set()
        for name, places in job.places.items():
            if not places or datamap.is_manual(name):
                continue
            tables = datamap.systems[name].tables
            for counted in self._company.system(name).counts(places, EVERYTHING):
                if counted.rows:
                    table = tables[counted.table]
                    found.update(table.recipients)
                    found.update(r for part in table.fields.values() for r in part.recipients or [])
        names: list[Json] = [*sorted(found)]
        return names

    def _done(
        self, job: Job, stops: Mapping[str, object], at: datetime, recipients: Sequence[Json]
    ) -> Done:
        labels = self._company.datamap.labels()
        notes = self._notes.get(job.request)
        lines = []
        for name in stops:
            if self._company.datamap.is_manual(name) or self._rounds(job, f"refused:{name}"):
                lines.append(f"{labels[name]} (done by a person)")
                continue
            kept = notes.get(f"stopped:{name}")
            now = kept["now"] if isinstance(kept, dict) else {}
            if isinstance(now, dict) and any(now.values()):
                lines.append(labels[name])
            elif isinstance(kept, dict) and kept["already"]:
                lines.append(f"{labels[name]} (it was so already)")
        names = [str(name) for name in recipients]
        return Done(
            say=f"utter_stopped_{job.kind}",
            mail=LETTER,
            values={
                "at": f"{long_date(at, self._zone)}, {clock_time(at, self._zone)}",
                "systems": "\n".join(lines) or "None of our systems used your data for this.",
                "told": ", ".join(self._company.datamap.recipients[n].who for n in names),
            },
            also=partial(self._tell_recipients, job=job, names=names) if names else None,
        )

    def _tell_recipients(self, tx: Connection, *, job: Job, names: Sequence[str]) -> None:
        self._tell(tx, job, names, "restricted")

    def _holds_after_all(
        self,
        job: Job,
        steps: Steps,
        name: str,
        told: Sequence[tuple[str, Stop]],
        asked: Sequence[Task],
    ) -> bool:
        """Whether what a system refused holds now: asked of a person, read back, and asked again until it does.

        Raises SystemDown.
        """
        last = asked[-1]
        if last.is_open or not steps.run(
            f"read_back:{name}:{len(asked)}", partial(self._still_untold, job, name, told)
        ):
            return self._done_by_person(job, name, told, last.key)
        why = "the last answer was that it is done, and the system, read again, says otherwise"
        again = round_key(f"refused:{name}", len(asked) + 1)
        return self._done_by_person(job, name, told, again, why)

    def _still_untold(self, job: Job, name: str, told: Sequence[tuple[str, Stop]]) -> Json:
        """How many rows do not say what they should; 0 where the system refuses even to be read: then nobody but the
        person can know, and their word holds."""
        try:
            counted = _counted(self._company.system(name), job.places.get(name, ()), told)
            return sum(count for count, _ in counted.values())
        except SystemRefused:
            log.warning("read_back_refused", request=job.request, system=name)
            return 0

    def _done_by_person(
        self, job: Job, name: str, told: Sequence[tuple[str, Stop]], key: str, why: str = ""
    ) -> bool:
        tables = ", ".join(dict.fromkeys(table for table, _ in told))
        purpose = job.details.get("purpose", "")
        with self._database.write() as tx:
            there = [task for task in self._tasks.of(tx, job.request) if task.key == key]
            if not there:
                self._tasks.ask(
                    tx,
                    job,
                    key=key,
                    kind=BY_HAND,
                    system=name,
                    what=f"{job.kind.replace('_', ' ')}{f' ({purpose})' if purpose else ''} for "
                    f"{job.contact.value}: see to it in {name}, {tables}{f' ({why})' if why else ''}, "
                    "at once. Finish this task once it holds, also where the contact is not known there.",
                    due_at=self._clock.now(),
                )
        done = bool(there) and not there[0].is_open
        self._note(job, name, "done" if done else "for_person", None)
        return done

    def _rounds(self, job: Job, key: str) -> list[Task]:
        with self._database.read() as tx:
            return rounds(self._tasks.of(tx, job.request), key)

    def _is_done(self, job: Job, name: str) -> bool:
        with self._database.read() as tx:
            return self._progress.is_done(tx, job.request, name)

    def _note(
        self, job: Job, name: str, state: ProgressState, counts: Mapping[str, int] | None
    ) -> None:
        with self._database.write() as tx:
            self._progress.note(tx, job.request, name, state, counts, self._clock.now())
            if counts is not None:
                rows: dict[str, str | int] = {"system": name, "rows": sum(counts.values())}
                audit.note(tx, actor=SERVICE, act="system.stopped", request=job.request, data=rows)


def _counted(
    system: System, places: Sequence[Place], told: Sequence[tuple[str, Stop]]
) -> dict[str, tuple[int, int]]:
    """By table: how many changes the stops would be now, and how many are none."""
    counted = {}
    for table in dict.fromkeys(table for table, _ in told) if places else ():
        own = [stop for where, stop in told if where == table]
        rows = (row.values for row in system.rows(table, places, EVERYTHING))
        counted[table] = _untold(rows, own)
    return counted


def _untold(rows: Iterable[Mapping[str, Value]], stops: Sequence[Stop]) -> tuple[int, int]:
    """How many changes these stops are, one after the other, and how many are none: the same as `System.stop` counts."""
    changes = known = 0
    for values in rows:
        row = dict(values)
        for stop in stops:
            is_meant = all(row.get(column) == value for column, value in stop.only_where.items())
            knows = all(
                row.get(column) is not None if value == "now" else row.get(column) == value
                for column, value in stop.set.items()
            )
            if is_meant and not knows:
                row.update(stop.set)
                changes += 1
            else:
                known += 1
    return changes, known

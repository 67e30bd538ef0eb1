"""One run of one request: its places found and frozen, its course taken, its end written in one transaction.

Whatever goes wrong ends in a state that somebody sees: a system that is down is asked again after growing
pauses, what a system refuses and what keeps breaking becomes a task for a person. A run that is not the newest of
its request, or whose request is closed, writes nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

import structlog
from sqlalchemy import RowMapping, update

from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.errors import SystemDown
from privacy.filing import ledger
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.books.progress import Progress
from privacy.fulfilment.books.works import SERVICE, Claim, Works
from privacy.fulfilment.engine.ends import Ends
from privacy.fulfilment.job import Course, Json, Outcome, Places, Steps, SystemsDown
from privacy.requests import Event, State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import work
from privacy.systems.port import Place, SystemRefused

log = structlog.get_logger()

_BEGINS = {State.RECEIVED: Event.STARTED, State.SCHEDULED: Event.TIME_CAME}
_GOES_ON = (State.IN_PROGRESS, State.COMMITTED)


class Whereabouts(Protocol):
    """Where a person's rows are (`CompanyDirectory`)."""

    def places(self, contact: Contact, subject: str) -> dict[str, tuple[Place, ...]]:
        """By system. Raises SystemDown."""
        ...


class CarryingOut:
    """Carries requests out, one run at a time; several may run at once in several threads."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        works: Works,
        progress: Progress,
        notes: Notes,
        whereabouts: Whereabouts,
        courses: Mapping[str, Course],
        ends: Ends,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._works = works
        self._progress = progress
        self._notes = notes
        self._whereabouts = whereabouts
        self._courses = courses
        self._ends = ends

    def run(self, request: str, run: int, steps: Steps) -> str:
        """Take this run to its end; says in a word which. Never raises: it tells of its own failures."""
        claim = Claim(request, run)
        try:
            row = self._set_out(claim)
            if row is None:
                return "ignored"
            course = self._courses.get(row["kind"])
            if course is None:
                return self._ends.no_course(claim)
            return self._ends.write(claim, self._take(claim, row, course, steps))
        except SystemRefused as refusal:
            return self._ends.refused(claim, refusal)
        except Exception as error:
            log.error("carrying out failed", request=request, attempt=run, exc_info=error)
            return self._ends.broke(claim, error)

    def _set_out(self, claim: Claim) -> RowMapping | None:
        """Move the request to work in progress; None where there is nothing to do for this run."""
        with self._database.write() as tx:
            if not self._works.is_held(tx, claim):
                return None
            row = requested.find(tx, claim.request, to_change=True)
            now = self._clock.now()
            if row is None or row["closed_at"] is not None:
                self._works.end(tx, claim, now)
                return None
            state = State(row["state"])
            if state in _BEGINS:
                return ledger.move(tx, row, _BEGINS[state], at=now, actor=SERVICE)
            if state in _GOES_ON:
                return row
            self._works.put_back(tx, claim, now, now)  # it is due, and drops out until it may go on
            return None

    def _take(self, claim: Claim, row: RowMapping, course: Course, steps: Steps) -> Outcome:
        try:
            steps.run("places", lambda: self._freeze(claim, row))
            places = self._notes.places(claim.request) or {}
            return course.take(requested.job(self._keyring, row, claim.run, places), steps)
        except SystemDown as down:
            return SystemsDown((down.system,))

    def _freeze(self, claim: Claim, row: RowMapping) -> Json:
        """Find where the rows are, once for all runs: later the identity itself may be gone."""
        found = self._notes.places(claim.request)
        if found is None:
            contact = requested.contact(self._keyring, row)
            found = _together(
                self._whereabouts.places(contact, subject)
                for subject in requested.subjects(self._keyring, row)
            )
            with self._database.write() as tx:
                if not self._works.is_held(tx, claim):
                    return None
                now = self._clock.now()
                tx.execute(
                    update(work)
                    .where(work.c.request == claim.request)
                    .values(sealed_places=self._notes.seal_places(found), updated_at=now)
                )
                self._progress.expect(tx, claim.request, found, now)
        return {system: len(places) for system, places in found.items()}


def _together(each: Iterable[Mapping[str, tuple[Place, ...]]]) -> Places:
    """The places of several subjects (a shared contact) as one."""
    found: dict[str, tuple[Place, ...]] = {}
    for places in each:
        for system, more in places.items():
            found[system] = (*found.get(system, ()), *more)
    return found

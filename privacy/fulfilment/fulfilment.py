"""Carrying requests out, as the rest of Vera sees it: it works in the background, tells how far it is, takes
what persons answer, and lets a customer have a deletion at once.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, exists, or_, select, update

from privacy.clock import Clock
from privacy.errors import NotPossibleNow
from privacy.filing import RequestView, ledger
from privacy.filing.holders import index_of
from privacy.filing.views import view_of
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.books.progress import Progress, SystemProgress
from privacy.fulfilment.books.works import DELETE, Works
from privacy.fulfilment.engine.port import Engine
from privacy.fulfilment.engine.runner import Runner
from privacy.fulfilment.standing import RequestStanding
from privacy.fulfilment.tasks.by_hand import LOOK
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.vault.attachments import Attachments
from privacy.policy import Policy
from privacy.requests import State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.decisions import proposal, request_revealed
from privacy.store.tables.fulfilment import disclosure, package, progress, task, task_file, work
from privacy.store.tables.requests import request

log = structlog.get_logger()

_WORKFLOWS_KEPT = timedelta(days=14)
_AT_ONCE = 500


class Fulfilment:
    """The verbs of carrying out; `tasks` has those of the persons who help."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        works: Works,
        progress: Progress,
        tasks: Tasks,
        notes: Notes,
        attachments: Attachments,
        engine: Engine,
        runner: Runner,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._works = works
        self._progress = progress
        self._notes = notes
        self._attachments = attachments
        self._engine = engine
        self._runner = runner
        self.tasks = tasks

    def wake(self) -> None:
        """Something may be due now; from any thread."""
        self._runner.wake()

    async def start(self) -> None:
        """Be ready to work, and take up what was left running.

        Raises EngineUnusable.
        """
        await self._runner.start()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        await self._runner.run(stop)

    def progress(self, reference: str, subjects: Sequence[str]) -> list[SystemProgress]:
        """How far each system is with a request of that person.

        Raises RequestNotFound.
        """
        with self._database.read() as tx:
            return self._progress.of(
                tx, ledger.owned(tx, reference, index_of(self._keyring, subjects))["id"]
            )

    def standing(self, request_id: str) -> RequestStanding:
        """How a request stands. Whose it is was asked before."""
        with self._database.read() as tx:
            row = requested.find(tx, request_id)
            assert row is not None
            job = requested.job(self._keyring, row, 0, {})
            due: datetime | None = tx.execute(
                select(work.c.due_at).where(work.c.request == request_id)
            ).scalar()
            systems = tuple(self._progress.of(tx, request_id))
            tasks = tuple(self.tasks.open_ones(tx, request_id))
        return RequestStanding(job.scope, self._notes.places(request_id), systems, tasks, due)

    def undo_until(self, reference: str, subjects: Sequence[str]) -> datetime | None:
        """Until when a scheduled deletion of that person can be undone; None where none is scheduled.

        Raises RequestNotFound.
        """
        with self._database.read() as tx:
            row = ledger.owned(tx, reference, index_of(self._keyring, subjects))
            if row["state"] != State.SCHEDULED:
                return None
            due: datetime | None = tx.execute(
                select(work.c.due_at).where(work.c.request == row["id"])
            ).scalar()
            return due

    def delete_now(self, reference: str, subjects: Sequence[str], turn: str) -> RequestView:
        """Give up the days in which a deletion can be undone; the same turn again changes nothing.

        Whether this person has proven enough for it (operation `delete_now`) is asked before.
        Raises RequestNotFound, NotPossibleNow.
        """
        subject = index_of(self._keyring, subjects)
        with self._database.write() as tx:
            self._works.hold(tx, ledger.owned(tx, reference, subject)["id"])
            row = ledger.owned(tx, reference, subject, to_change=True)
            if row["kind"] != DELETE or row["state"] != State.SCHEDULED:
                if row["kind"] == DELETE and self._works.is_at_work(tx, row["id"]):
                    return view_of(row)  # said before, and begun meanwhile
                raise NotPossibleNow("only a scheduled deletion can be had at once")
            self._works.hasten(tx, row["id"], self._clock.now())
        log.info("deletion hastened", request=row["id"], turn=turn)
        self._runner.wake()
        return view_of(row)

    def tidy_up(self) -> int:
        """Forget ended workflows, and files that no task knows; returns how many."""
        gone = self._engine.forget(self._clock.now() - _WORKFLOWS_KEPT)
        gone += self._forget_places()
        with self._database.read() as tx:
            known = set(tx.execute(select(task_file.c.id)).scalars())
        return gone + self._attachments.sweep(known, self._clock.now())

    def _forget_places(self) -> int:
        """Where rows were, what was noted and what persons brought is personal: it goes once the page of the data
        is closed, after a deletion at once."""
        now = self._clock.now()
        shown_since = now - timedelta(days=self._policy.fulfilment.view_days)
        ended = select(request.c.id).where(
            request.c.closed_at.is_not(None),
            (request.c.closed_at < shown_since) | (request.c.kind == DELETE),
        )
        kept = work.c.sealed_places.is_not(None) | work.c.sealed_notes.is_not(None)
        with self._database.write() as tx:
            gone = tx.execute(
                update(work)
                .where(work.c.request.in_(ended), kept)
                .values(sealed_places=None, sealed_notes=None)
            ).rowcount
            files = self.tasks.forget_answers(tx, ended, LOOK)
            closed = select(request.c.id).where(request.c.closed_at.is_not(None))
            files += self.tasks.forget_evidence(tx, closed)  # of those that customers took back
        for file_id in files:
            self._attachments.remove(file_id)
        return gone + len(files)

    def forget(self, closed_before: datetime) -> int:
        """Delete what carrying out kept of requests closed before a moment, before their records go."""
        gone = 0
        while old := self._closed(closed_before):
            with self._database.write() as tx:
                files = self.tasks.forget(tx, old)
                self._progress.forget(tx, old)
                for hanging in (package, disclosure, proposal, request_revealed):
                    tx.execute(delete(hanging).where(hanging.c.request.in_(old)))
                self._works.forget(tx, old)
            for file_id in files:
                self._attachments.remove(file_id)
            gone += len(old)
        return gone

    def _closed(self, before: datetime) -> list[str]:
        """Some requests of which something is still kept here."""
        kept = (work, progress, task, package, disclosure, proposal)
        something = or_(*(exists().where(one.c.request == request.c.id) for one in kept))
        found = select(request.c.id).where(request.c.closed_at < before, something)
        with self._database.read() as tx:
            return [str(one) for one in tx.execute(found.limit(_AT_ONCE)).scalars()]

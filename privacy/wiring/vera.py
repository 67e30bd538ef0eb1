"""The whole service without its doors: its parts by name, and what they do in the background."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import structlog
from anyio import to_thread

from privacy.audit import Upkeep
from privacy.clock import Clock
from privacy.conversations.acts import Acts
from privacy.conversations.announcements import Announcements
from privacy.conversations.brain import Brain
from privacy.conversations.corrections import Corrections
from privacy.conversations.doorway import Conversations
from privacy.conversations.live import Hub
from privacy.conversations.own_data import OwnData
from privacy.conversations.people import People
from privacy.conversations.sessions import Sessions
from privacy.conversations.turns import Turns
from privacy.conversations.watch import Watch
from privacy.conversations.wording import Wording
from privacy.datamap.model import Correctable, DataMap
from privacy.deadlines import add_months
from privacy.desk.desk import Desk
from privacy.desk.requests.desk import RequestDesk
from privacy.filing import Drafts, Filing
from privacy.fulfilment.books.works import Works
from privacy.fulfilment.correct.objections import Objections
from privacy.fulfilment.delete.kept import KeptRun
from privacy.fulfilment.export.packages import Packages
from privacy.fulfilment.fulfilment import Fulfilment
from privacy.fulfilment.see import disclosures
from privacy.fulfilment.see.viewing import Viewing
from privacy.mail import retention
from privacy.mail.sender import Sender
from privacy.policy import Policy
from privacy.settings import Settings
from privacy.store.database import Database
from privacy.systems.directory import Directory
from privacy.verification import Verification
from privacy.wiring.carrying import Carrying
from privacy.wiring.chatwoot import Chatwoot
from privacy.wiring.company_sign_in import CompanySignIn

log = structlog.get_logger()

_TIDY_EVERY = 600.0
_QUEUE_EVERY = 5.0
_ASK_AGAIN = 5.0  # a system that was away at the start; doubled each time


@dataclass(frozen=True)
class Vera:
    """The whole service without its doors."""

    settings: Settings
    clock: Clock
    policy: Policy
    datamap: DataMap
    database: Database
    wording: Wording
    directory: Directory
    verification: Verification
    drafts: Drafts
    filing: Filing
    acts: Acts
    own_data: OwnData
    corrections: Corrections
    correctable: dict[str, Correctable]
    brain: Brain
    hub: Hub
    sessions: Sessions
    turns: Turns
    conversations: Conversations
    people: People
    watch: Watch
    desk: Desk
    company_sign_in: CompanySignIn | None
    chatwoot: Chatwoot | None
    """Where the company's people answer there."""
    request_desk: RequestDesk
    announcements: Announcements
    works: Works
    carrying: Carrying
    upkeep: Upkeep
    senders: tuple[Sender, ...]
    """One a carrier: mail, and text messages where there is a gateway."""
    wake: Callable[[], None]
    """Let the senders look into the outbox now."""

    @property
    def fulfilment(self) -> Fulfilment:
        return self.carrying.fulfilment

    @property
    def packages(self) -> Packages:
        return self.carrying.packages

    @property
    def viewing(self) -> Viewing:
        return self.carrying.viewing

    @property
    def objections(self) -> Objections:
        return self.carrying.objections

    def say(self, code: str, language: str) -> str:
        """The words for a problem's code."""
        return self.wording.problem(code).text

    def disclose(self, conversation: str, reference: str) -> None:
        """Note that everything about a request may be shown in this conversation: a fresh code was given for it."""
        with self.database.write() as tx:
            disclosures.give(tx, conversation, reference, "view", self.clock.now())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send mail, carry requests out, answer what was left waiting, tidy up; until the block ends.

        What was erased and came back with a restored system is erased again before anything is answered.
        Raises EngineUnusable with a sentence that says what to do.
        """
        stop = asyncio.Event()
        self.announcements.listen()
        self.people.listen()
        unclean = await to_thread.run_sync(self._erase_again, frozenset())
        await self.fulfilment.start()
        background = [
            asyncio.create_task(self.fulfilment.run(stop), name="work"),
            *(asyncio.create_task(sender.run(stop), name="sender") for sender in self.senders),
            asyncio.create_task(self._clean(stop, unclean), name="clean"),
            asyncio.create_task(self._tidy_up(stop), name="tidy"),
            asyncio.create_task(self._mind_the_queue(stop), name="queue"),
            asyncio.create_task(self.desk.pulse.run(stop), name="pulse"),
            asyncio.create_task(self.watch.run(stop), name="watch"),
            *(
                asyncio.create_task(one.run(stop), name="chatwoot")
                for one in [self.chatwoot]
                if one
            ),
        ]
        waiting = await self.turns.take_up_again()
        if waiting:
            log.info("taking up", count=waiting)
        try:
            yield
        finally:
            stop.set()
            self.conversations.close_streams()
            await self.turns.stop()
            await asyncio.gather(*background, return_exceptions=True)
            await self.brain.close()
            self.database.close()

    def _erase_again(self, only: frozenset[str]) -> frozenset[str]:
        """Replay the ledger of what was erased; returns the systems that have to be asked again. Those that cannot be
        reached stay shut until then: nobody is answered from what a backup may have brought back.
        """
        done = self.carrying.replay.run(only)
        self.carrying.shut(frozenset(one.system for one in done if one.unreachable))
        return frozenset(one.system for one in done if not one.is_clean)

    async def _clean(self, stop: asyncio.Event, unclean: frozenset[str]) -> None:
        """Go on with the ledger in systems that could not be looked through at the start."""
        pause = _ASK_AGAIN
        while unclean and not await _is_set(stop, pause):
            unclean = await _chore(partial(self._erase_again, unclean), failed=unclean)
            pause = min(2 * pause, _TIDY_EVERY)

    async def _mind_the_queue(self, stop: asyncio.Event) -> None:
        """Conversations whose agent does nothing while the customer waits go back to the queue, and tasks of whoever works
        here no more to all."""
        idle = timedelta(minutes=self.policy.people.idle_minutes)
        while not await _is_set(stop, _QUEUE_EVERY):
            await _chore(partial(self.people.take_from_idle, idle), failed=0)
            await _chore(self.request_desk.tasks.take_from_gone, failed=0)

    async def _tidy_up(self, stop: asyncio.Event) -> None:
        restored = True  # for all that is known: what timers erased may be back as well
        while not stop.is_set():
            gone = 0
            if restored:
                done = await _chore(self._end_again, failed=None)
                restored = done is None or bool(done.down)
                gone = done.finished if done else 0
            for work in self._chores():
                gone += await _chore(work, failed=0)
            if gone:
                log.info("tidied up", count=gone)
            await _is_set(stop, _TIDY_EVERY)

    def _end_again(self) -> KeptRun:
        """Look at the timers of what a law keeps, also at those that ended lately."""
        return self.carrying.kept.erase_due(self._today(), again=True)

    def _chores(self) -> list[Callable[[], int]]:
        carrying = self.carrying
        return [
            self.verification.tidy_up,
            self.desk.sessions.tidy_up,
            self.desk.cases.tidy_up,
            self.request_desk.sheets.tidy_up,
            self.request_desk.figures.count_ahead,
            self.desk.accounts.tidy_up,
            self.conversations.forget_old,
            self._forget_disclosures,
            carrying.objections.work_off,
            carrying.objections.tidy_up,
            carrying.packages.expire,
            carrying.packages.sweep,
            lambda: carrying.kept.erase_due(self._today()).finished,
            self.fulfilment.tidy_up,
            lambda: self.filing.retire_old(self.fulfilment.forget),
            self._forget_mail,
            self._forget_holds,
            self.upkeep.tidy_up,
        ]

    def _today(self) -> date:
        return self.clock.now().astimezone(self.settings.zone).date()

    def _forget_disclosures(self) -> int:
        ended = self.clock.now() - timedelta(minutes=self.policy.codes.verified_max_minutes)
        with self.database.write() as tx:
            return disclosures.forget(tx, ended)

    def _forget_mail(self) -> int:
        before = self.clock.now() - timedelta(days=self.policy.retention.transcript_days)
        with self.database.write() as tx:
            return retention.forget(tx, before)

    def _forget_holds(self) -> int:
        """Holds that were lifted are kept as long as records of requests."""
        now = self.clock.now()
        since = add_months(now.date(), -self.policy.retention.request_record_months)
        with self.database.write() as tx:
            return self.carrying.holds.forget(tx, datetime.combine(since, now.timetz()))


async def _is_set(stop: asyncio.Event, within: float) -> bool:
    """Wait that many seconds, or until it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            await stop.wait()
    return stop.is_set()


async def _chore[T](work: Callable[[], T], *, failed: T) -> T:
    """Do one of the things that are done from time to time; the others are not to wait for one that fails."""
    try:
        return await to_thread.run_sync(work)
    except Exception:
        log.exception("tidying failed")
        return failed

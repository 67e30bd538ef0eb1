"""The service's part that works: takes what is due, hands it to the engine, a few at once, until told to stop.

After a crash it takes up what was left running: what the engine knows it carries on by itself, what the engine
never heard of is begun, and a run that ended without writing its end is tried again. Several services may run on
one PostgreSQL; each says of its runs that they live, so that only the work of a dead one is taken over.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from anyio.to_thread import run_sync

from privacy.clock import Clock
from privacy.fulfilment.books.works import Claim, Works
from privacy.fulfilment.engine.carrying_out import CarryingOut
from privacy.fulfilment.engine.ends import LOOK_AT_IT_AFTER, Ends
from privacy.fulfilment.engine.port import Engine, Standing
from privacy.store.database import Database

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how many (seconds)."""

    at_once: int = 4
    poll: float = 2.0  # between looks when nobody wakes the runner
    renew: float = 20.0
    lease: float = 90.0  # a run that nobody renewed for so long has lost its process


_PACE = Pace()
_ANY = timedelta(days=-1)  # also what was said something of a moment ago


class Runner:
    """Runs until told to stop."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        works: Works,
        engine: Engine,
        carrying_out: CarryingOut,
        ends: Ends,
        *,
        pace: Pace = _PACE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._works = works
        self._engine = engine
        self._carrying_out = carrying_out
        self._ends = ends
        self._pace = pace
        self._lease = timedelta(seconds=pace.lease)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell = asyncio.Event()

    def wake(self) -> None:
        """Look for work now: for the moment after a commit, from any thread."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(self._bell.set)

    async def start(self) -> None:
        """Be ready, and take up what was left running.

        Raises EngineUnusable.
        """
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        await run_sync(self._engine.start, self._carrying_out.run, self.wake)
        await run_sync(self._adopt)
        # One SQLite file has one service: whatever runs there ran in a process that is gone.
        await run_sync(self._take_up, _ANY if self._database.is_sqlite else self._lease, True)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let running steps end. Call `start` before."""
        stopped = asyncio.create_task(stop.wait())
        looked_after = self._loop.time() if self._loop else 0.0
        try:
            while not stop.is_set():
                self._bell.clear()
                wait = self._pace.poll
                try:
                    wait = await self._round()
                    if self._loop and self._loop.time() - looked_after >= self._pace.renew:
                        looked_after = self._loop.time()
                        await run_sync(self._look_after)
                except Exception as error:  # the database is away, say: nothing is lost
                    log.error("work round failed", exc_info=error)
                rung = asyncio.create_task(self._bell.wait())
                await asyncio.wait(
                    {stopped, rung}, timeout=wait, return_when=asyncio.FIRST_COMPLETED
                )
                rung.cancel()
        finally:
            stopped.cancel()
            self._loop = None
            await run_sync(self._engine.stop)

    async def _round(self) -> float:
        """Begin what is due, as far as there is room; returns how long to sleep."""
        while len(self._engine.active()) < self._pace.at_once:
            claim = await run_sync(self._claim)
            if claim is None:
                return await run_sync(self._until_next)
            log.info("work begins", request=claim.request, attempt=claim.run)
            await run_sync(self._engine.begin, claim.request, claim.run)
        return self._pace.poll

    def _claim(self) -> Claim | None:
        now = self._clock.now()
        with self._database.read() as tx:
            due = self._works.next_due(tx)
        if due is None or due > now:
            return None  # without a write transaction, which all writers would wait for
        with self._database.write() as tx:
            return self._works.claim(tx, now)

    def _until_next(self) -> float:
        with self._database.read() as tx:
            due = self._works.next_due(tx)
        if due is None:
            return self._pace.poll
        return min(self._pace.poll, max(0.0, (due - self._clock.now()).total_seconds()))

    def _look_after(self) -> None:
        """Say that our runs live, and take over what nobody has said that of."""
        active = [Claim(*run) for run in self._engine.active()]
        if active:
            with self._database.write() as tx:
                self._works.renew(tx, active, self._clock.now())
        self._take_up(self._lease, starting=False)

    def _adopt(self) -> None:
        """Take in what was filed before this version could carry it out."""
        with self._database.write() as tx:
            adopted = self._works.adopt(tx, self._clock.now())
        if adopted:
            log.info("work adopted", count=adopted)

    def _take_up(self, lease: timedelta, starting: bool) -> None:
        now = self._clock.now()
        with self._database.read() as tx:
            left = self._works.silent(tx, now - lease)
        for claim in left:
            standing = self._engine.standing(claim.request, claim.run)
            act = self._act_for(standing, starting=starting)
            if act is None:
                continue
            with self._database.write() as tx:
                attempts = self._works.take_over(tx, claim, now - lease, now)
            if not attempts:
                continue
            log.info("work taken up", request=claim.request, state=standing.value)
            (act if attempts < LOOK_AT_IT_AFTER else self._ends.gave_up)(claim)

    def _act_for(self, standing: Standing, *, starting: bool) -> Callable[[Claim], object] | None:
        match standing:
            case Standing.UNKNOWN:
                return lambda claim: self._engine.begin(claim.request, claim.run)
            case Standing.OVER:
                return self._ends.lost
            case Standing.GIVEN_UP:
                return self._ends.gave_up
            # At the start of the only service the engine takes up by itself what it knows.
            case Standing.PENDING if not (starting and self._database.is_sqlite):
                return lambda claim: self._engine.resume(claim.request, claim.run)
            case _:
                return None

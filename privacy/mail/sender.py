"""Sending: takes what is due out of the outbox, hands it over, and settles what came of it. Every carrier has a
sender of its own: mail servers and text gateways are away at different times.

What the server takes is sent; what it puts off (4xx), loses or leaves unanswered is tried again
with backoff; what it refuses for good (5xx) bounces, and the conversation is told. While the server
itself is away no mail is charged for it: the server is asked again in short steps, and everything
leaves when it is back. After a lost answer a mail may leave twice, as the very same mail; none is
ever lost.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from anyio.to_thread import run_sync

from privacy.clock import Clock
from privacy.crashpoints import crashpoint
from privacy.mail.backoff import Backoff
from privacy.mail.carrier import Carrier, Line, Outcome
from privacy.mail.due import Claim, DueMail
from privacy.store.database import Database
from privacy.store.keyring import Keyring

log = structlog.get_logger()

OnBounced = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, how long, how many at once (seconds unless a type says otherwise)."""

    mail: Backoff = Backoff(first=1, longest=300)
    server: Backoff = Backoff(first=1, longest=15)
    poll: float = 1.0  # between looks at the outbox when nobody wakes the sender
    connect: float = 10.0
    # RFC 5321 4.5.3.2 asks for minutes: giving up early on an answer is what makes doubles.
    answer: float = 300.0
    lease: float = 20.0  # renewed while a mail is on its way, so a crash delays it by this much
    stop: float = 5.0  # what mails in hand have when the sender is told to stop
    at_once: int = 3
    give_up_after: timedelta = timedelta(days=5)  # RFC 5321 4.5.4.1
    tell_for: timedelta = timedelta(days=1)  # and then a bounce nobody took is no news any more


_PACE = Pace()


class Sender:
    """Runs until told to stop; several may run on one database."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        carrier: Carrier,
        *,
        on_bounced: OnBounced | None = None,
        pace: Pace = _PACE,
    ) -> None:
        self._clock = clock
        self._carrier = carrier
        self._on_bounced = on_bounced
        self._pace = pace
        self._due = DueMail(database, keyring, clock, timedelta(seconds=pace.lease), carrier.by)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells: list[asyncio.Event] = []  # one a worker
        self._idle: list[asyncio.Event] = []
        self._stopping = False
        self._failures = 0
        self._rests_until: datetime | None = None
        # Since when the mail server takes nothing; None while all is well.
        self.away_since: datetime | None = None

    def wake(self) -> None:
        """Look at the outbox now: for the moment after a commit, from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._call_one)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set, then finish what is in hand."""
        self._loop, self._stopping = asyncio.get_running_loop(), False
        self._idle = []
        self._bells = [asyncio.Event() for _ in range(self._pace.at_once)]
        workers = [asyncio.create_task(self._work(bell)) for bell in self._bells]
        try:
            await stop.wait()
            self._stopping = True
            for bell in self._bells:
                bell.set()
            await asyncio.wait(workers, timeout=self._pace.stop)
        finally:
            self._loop = None
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, bell: asyncio.Event) -> None:
        while not self._stopping:
            bell.clear()
            try:
                await self.send_due()
            except Exception as error:  # the database is away, say: leases end, nothing is lost
                log.error(f"{self._carrier.by} round failed", exc_info=error)
            if not self._stopping:
                self._idle.append(bell)
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), self._pace.poll)
                self._idle.remove(bell)

    def _call_one(self) -> None:
        """Wake one idle worker; with none idle, all look once more when they are through.

        One, since all of them reaching for the same row would only wait for each other's locks.
        """
        asleep = [bell for bell in self._idle if not bell.is_set()]
        for bell in asleep[:1] or self._bells:
            bell.set()

    async def send_due(self) -> int:
        """Send all that is due now, one after the other; how many mails were taken in hand."""
        if not await run_sync(self._due.anything):
            return 0
        await run_sync(self._due.tidy)
        while (bounce := await run_sync(self._due.claim_bounce)) is not None:
            await self._tell(bounce)
        taken = 0
        async with self._carrier.line(connect=self._pace.connect, answer=self._pace.answer) as line:
            while not (self._stopping or self._server_rests()):
                claim = await run_sync(self._due.claim_mail)
                if claim is None:
                    break
                taken += 1
                self._call_one()  # where there was one there may be more
                async with self._holding(claim):
                    outcome = await self._deliver(claim, line)
                await self._settle(claim, outcome)
        return taken

    async def _deliver(self, claim: Claim, line: Line) -> Outcome:
        if claim.draft is None:
            return Outcome("refused", reason="its row does not open")
        outcome = await line.deliver(claim.draft, lambda: claim.is_over(self._clock.now()))
        # Taken by the server, and not yet noted here.
        crashpoint(f"{self._carrier.by}-after-data:{claim.kind}")
        return outcome

    async def _settle(self, claim: Claim, outcome: Outcome) -> None:
        if outcome.what in ("away", "over"):
            if outcome.what == "away":
                self._server_is_away(outcome)
            await run_sync(self._due.give_back, claim)
            return
        if outcome.reply_code is not None:
            self._server_is_back()
        if outcome.what == "sent":
            await run_sync(self._due.sent, claim, outcome.reply_code)
            log.info(
                f"{self._carrier.by} sent",
                kind=claim.kind,
                conversation=claim.conversation,
                attempt=claim.attempts,
            )
        elif outcome.what == "refused" or self._is_old(claim):
            await self._bounce(claim, outcome)
        else:
            await self._put_back(claim, outcome)

    def _is_old(self, claim: Claim) -> bool:
        return self._clock.now() - claim.created_at > self._pace.give_up_after

    async def _put_back(self, claim: Claim, outcome: Outcome) -> None:
        wait = self._pace.mail.wait(claim.attempts)
        await run_sync(self._due.put_back, claim, wait, outcome.reply_code)
        log.warning(
            f"{self._carrier.by} put off",
            kind=claim.kind,
            conversation=claim.conversation,
            attempt=claim.attempts,
            reply_code=outcome.reply_code,
            retry_in=round(wait.total_seconds(), 2),
        )

    async def _bounce(self, claim: Claim, outcome: Outcome) -> None:
        if not await run_sync(self._due.bounced, claim, outcome.reply_code):
            return  # somebody else settled it
        log.error(
            f"{self._carrier.by} bounced",
            kind=claim.kind,
            conversation=claim.conversation,
            reply_code=outcome.reply_code,
            reason=outcome.reason,
        )
        await self._tell(claim)

    async def _tell(self, claim: Claim) -> None:
        if claim.conversation is None:
            return
        is_news = (
            self._clock.now() - claim.created_at <= self._pace.give_up_after + self._pace.tell_for
        )
        if self._on_bounced is not None and is_news:
            try:
                await self._on_bounced(claim.conversation, claim.kind)
            except Exception as error:
                wait = self._pace.mail.wait(claim.attempts)
                await run_sync(self._due.tell_later, claim, wait)
                log.error(
                    "bounce not told",
                    kind=claim.kind,
                    conversation=claim.conversation,
                    retry_in=round(wait.total_seconds(), 2),
                    exc_info=error,
                )
                return
        await run_sync(self._due.told, claim)

    def _server_is_away(self, outcome: Outcome) -> None:
        now = self._clock.now()
        self._failures += 1
        self._rests_until = now + self._pace.server.wait(self._failures)
        if self.away_since is None:
            self.away_since = now
            log.error(
                f"{self._carrier.by} server away",
                reason=outcome.reason,
                port=self._carrier.port,
                reply_code=outcome.reply_code,
            )

    def _server_is_back(self) -> None:
        if self.away_since is not None:
            away = self._clock.now() - self.away_since
            log.info(f"{self._carrier.by} server back", seconds=round(away.total_seconds()))
        self._failures, self._rests_until, self.away_since = 0, None, None

    def _server_rests(self) -> bool:
        return self._rests_until is not None and self._clock.now() < self._rests_until

    @asynccontextmanager
    async def _holding(self, claim: Claim) -> AsyncIterator[None]:
        """Keep the row's lease alive; a renewal on its way is over before the row is settled."""
        done = asyncio.Event()

        async def renew() -> None:
            while not done.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), self._pace.lease / 3)
                if not done.is_set():
                    # At worst the lease ends and the same mail leaves twice.
                    with suppress(Exception):
                        await run_sync(self._due.renew, claim)

        keeper = asyncio.create_task(renew())
        try:
            yield
        finally:
            done.set()
            await keeper

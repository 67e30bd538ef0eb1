"""How a run ends: each end is one transaction, in which state, work, progress, news and tasks hold together.

Only the newest run of a request may end it: an older one finds that it holds nothing any more.
"""

import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from privacy import audit
from privacy.clock import Clock
from privacy.dates import long_date
from privacy.filing import ledger
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.progress import Progress
from privacy.fulfilment.books.requested import Requested
from privacy.fulfilment.books.works import SERVICE, Claim, Works
from privacy.fulfilment.engine.pauses import Pauses
from privacy.fulfilment.job import Declined, Done, Outcome, SystemsDown
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.telling.news import News
from privacy.policy import Policy
from privacy.requests import Event, Reason
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.port import SystemRefused

log = structlog.get_logger()

LOOK_AT_IT_AFTER: Final = 5  # runs in a row that broke
type Write = Callable[[Connection, Claim, Requested, datetime], None]
WAITING_SAID, WAITING_MAIL = "utter_request_waiting", "request_waiting"
PERSON_SAID, PERSON_MAIL = "utter_person_helps", "request_with_person"


class Ends:
    """Writes the ends of runs."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        works: Works,
        progress: Progress,
        tasks: Tasks,
        news: News,
        *,
        labels: Callable[[], Mapping[str, str]],
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._pauses = Pauses.of(policy)
        self._works = works
        self._progress = progress
        self._tasks = tasks
        self._news = news
        self._labels = labels
        self._zone = zone

    def write(self, claim: Claim, outcome: Outcome) -> str:
        """The end that a course came to."""
        if isinstance(outcome, Done):
            return self._end(claim, "done", partial(self._done, outcome=outcome))
        if isinstance(outcome, Declined):
            return self._end(claim, "declined", partial(self._declined, outcome=outcome))
        if isinstance(outcome, SystemsDown):
            return self._end(claim, "down", partial(self._down, systems=outcome.systems))
        return self._end(claim, "for_person", partial(self._for_person, told=outcome.told))

    def refused(self, claim: Claim, refusal: SystemRefused) -> str:
        """A system will not do it: a person looks, then the work is done again."""

        def write(tx: Connection, claim: Claim, about: Requested, now: datetime) -> None:
            self._progress.note(tx, claim.request, refusal.system, "for_person", None, now)
            self._ask(
                tx,
                about,
                key=f"system_refused:{refusal.system}:{claim.run}",
                kind="system_refused",
                system=refusal.system,
                what=f"The system refused: {refusal}. Find out why and put it right. "
                "When this task is done, the work is tried again.",
            )
            self._hand_over(tx, claim, about, now)

        log.warning("system refused", request=claim.request, system=refusal.system)
        return self._end(claim, "refused", write)

    def broke(self, claim: Claim, error: Exception) -> str:
        """Something that nobody foresaw: tried again, and after some times looked at by a person."""

        def write(tx: Connection, claim: Claim, about: Requested, now: datetime) -> None:
            self._try_again(tx, claim, about, now, f"{type(error).__name__} at {_place_of(error)}")

        return self._end(claim, "broke", write)

    def gave_up(self, claim: Claim) -> str:
        """The run took the whole process down with it several times."""

        def write(tx: Connection, claim: Claim, about: Requested, now: datetime) -> None:
            self._look_at_it(tx, claim, about, now, "The service stopped each time.")

        log.error("run given up", request=claim.request, attempt=claim.run)
        return self._end(claim, "gave_up", write)

    def lost(self, claim: Claim) -> str:
        """The run is over without having written its end."""

        def write(tx: Connection, claim: Claim, about: Requested, now: datetime) -> None:
            self._try_again(tx, claim, about, now, "It ended without a result.")

        return self._end(claim, "lost", write)

    def no_course(self, claim: Claim) -> str:
        """Nothing here can carry this kind out: a person does it by hand, and the request is done with that."""

        def write(tx: Connection, claim: Claim, about: Requested, now: datetime) -> None:
            asked = [one for one in self._tasks.of(tx, about.request) if one.kind == "no_course"]
            if asked and not asked[0].is_open:
                self._finish(tx, claim, now)
                return
            self._ask(
                tx,
                about,
                key="no_course",
                kind="no_course",
                what="Carry this request out by hand, in every system, and write to the customer. "
                "When this task is done, the request is closed as done.",
            )
            self._works.hand_to_person(tx, claim, now)

        return self._end(claim, "no_course", write)

    def _end(self, claim: Claim, name: str, write: Write) -> str:
        """Write one end in one transaction, if this run still holds its request; returns what was written."""
        with self._database.write() as tx:
            if not self._works.is_held(tx, claim):
                return "ignored"
            now = self._clock.now()
            row = requested.find(tx, claim.request, to_change=True)
            if row is None or row["closed_at"] is not None:  # taken back meanwhile
                self._works.end(tx, claim, now)
                self._tasks.close_all(tx, claim.request)
                return "ignored"
            about = requested.requested(self._keyring, row)
            write(tx, claim, about, now)
            joined = ledger.joined(tx, claim.request)
        self._news.told(about, joined)
        return name

    def _done(
        self, tx: Connection, claim: Claim, about: Requested, now: datetime, *, outcome: Done
    ) -> None:
        self._finish(tx, claim, now, outcome.reason)
        if outcome.also is not None:
            outcome.also(tx)
        self._tell(tx, about, outcome, "done")

    def _declined(
        self, tx: Connection, claim: Claim, about: Requested, now: datetime, *, outcome: Declined
    ) -> None:
        """A person said no: closed for a reason, and told (GDPR Art. 12(4))."""
        row = requested.find(tx, claim.request)
        assert row is not None
        ledger.move(tx, row, Event.DECLINED, at=now, actor="person", reason=outcome.reason)
        self._works.end(tx, claim, now)
        self._tasks.close_all(tx, claim.request)
        if outcome.also is not None:
            outcome.also(tx)
        self._tell(tx, about, outcome, "declined")

    def _tell(self, tx: Connection, about: Requested, outcome: Done | Declined, key: str) -> None:
        self._news.tell(
            tx,
            about,
            say=outcome.say,
            mail=outcome.mail,
            values=outcome.values,
            key=key,
            mail_to=outcome.mail_to,
        )

    def _finish(
        self, tx: Connection, claim: Claim, now: datetime, reason: Reason | None = None
    ) -> None:
        row = requested.find(tx, claim.request)
        assert row is not None
        ledger.move(tx, row, Event.FINISHED, at=now, actor=SERVICE, reason=reason)
        self._progress.finish(tx, claim.request, now)
        self._works.end(tx, claim, now)
        self._tasks.close_all(tx, claim.request)

    def _down(
        self,
        tx: Connection,
        claim: Claim,
        about: Requested,
        now: datetime,
        *,
        systems: tuple[str, ...],
    ) -> None:
        was_down = any(one.attempts for one in self._progress.of(tx, claim.request))
        self._progress.back(tx, claim.request, now, but=systems)
        for system in systems:
            self._progress.note(tx, claim.request, system, "down", None, now)
            told: dict[str, str | int] = {"system": system, "run": claim.run}
            audit.note(tx, actor=SERVICE, act="system.down", request=claim.request, data=told)
        down = [one for one in self._progress.of(tx, claim.request) if one.state == "down"]
        pause = self._pauses.after(max((one.attempts for one in down), default=1))
        self._works.put_back(tx, claim, now + pause, now)
        labels = self._labels()
        names = sorted({labels.get(system, system) for system in systems})
        values = {"systems": _listed(names), "due": long_date(about.due_at, self._zone)}
        if was_down:
            since = min((one.since for one in down), default=now)
            self._news.tell_late(tx, about, since, say=WAITING_SAID, values=values)
        else:
            self._news.tell(
                tx,
                about,
                say=WAITING_SAID,
                mail=WAITING_MAIL,
                values=values,
                key=f"waiting:{claim.run}",
            )
        patience = timedelta(hours=self._policy.fulfilment.person_after_hours)
        for one in down:
            if now - one.since >= patience:
                self._ask(
                    tx,
                    about,
                    key=f"system_down:{one.system}:{one.since:%Y%m%d%H%M%S}",
                    kind="system_down",
                    system=one.system,
                    what="This system has not been reached for hours. Vera goes on trying by itself; "
                    "see to it that it can be reached before the request is due.",
                )
        log.warning("systems down", request=claim.request, attempt=claim.run, count=len(down))

    def _for_person(
        self, tx: Connection, claim: Claim, about: Requested, now: datetime, *, told: bool
    ) -> None:
        self._are_back(tx, claim, now)
        if self._tasks.open_ones(tx, claim.request):
            self._hand_over(tx, claim, about, now, told=told)
        else:  # all were done while the run was on its way, or the course asked nothing
            self._try_again(tx, claim, about, now, "It waits for a person, but asked for nothing.")

    def _are_back(self, tx: Connection, claim: Claim, now: datetime) -> None:
        self._progress.back(tx, claim.request, now)
        self._tasks.close_all(tx, claim.request, kind="system_down")

    def _try_again(
        self, tx: Connection, claim: Claim, about: Requested, now: datetime, what: str
    ) -> None:
        attempts = self._works.attempts(tx, claim) + 1
        if attempts >= LOOK_AT_IT_AFTER:
            self._look_at_it(tx, claim, about, now, what)
        else:
            due_at = now + self._pauses.after(attempts)
            self._works.put_back(tx, claim, due_at, now, attempts=attempts)

    def _look_at_it(
        self, tx: Connection, claim: Claim, about: Requested, now: datetime, what: str
    ) -> None:
        self._ask(
            tx,
            about,
            key=f"look_at_it:{claim.run}",
            kind="look_at_it",
            what=f"Carrying this request out failed several times. {what} The service's log tells more. "
            "When this task is done, the work is tried again.",
        )
        self._hand_over(tx, claim, about, now)

    def _hand_over(
        self, tx: Connection, claim: Claim, about: Requested, now: datetime, *, told: bool = False
    ) -> None:
        """Wait for a person, and say so once. Of an opt-out nothing is said: it would tell that somebody is known."""
        self._works.hand_to_person(tx, claim, now)
        if not told and self._policy.level(about.kind) > 0:
            self._news.tell(
                tx,
                about,
                say=PERSON_SAID,
                mail=PERSON_MAIL,
                values={"due": long_date(about.due_at, self._zone)},
                key="person",
            )

    def _ask(
        self,
        tx: Connection,
        about: Requested,
        *,
        key: str,
        kind: str,
        what: str,
        system: str | None = None,
    ) -> None:
        self._tasks.ask(tx, about, key=key, kind=kind, what=what, system=system)


def _place_of(error: Exception) -> str:
    """Where it happened; the text of an exception may quote a person, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""

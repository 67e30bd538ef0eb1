"""Export: everything in the wish is collected from every system, and becomes one package for the customer.

Each system is a durable step of its own: its rows stream into the encrypted spool, and a system that is
finished is not asked again in a later run. Systems are read at the same time. The package counts only once
its row is written, in the transaction that ends the request.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from privacy import audit
from privacy.clock import Clock
from privacy.crashpoints import crashpoint
from privacy.datamap.scope import Scope
from privacy.dates import clock_time, long_date
from privacy.errors import SystemDown
from privacy.fulfilment.books.progress import Progress, ProgressState
from privacy.fulfilment.books.works import SERVICE
from privacy.fulfilment.export.packages import KEY, file_of, package_id
from privacy.fulfilment.export.recording import recorded
from privacy.fulfilment.export.review import Review
from privacy.fulfilment.holdings.explained import TableWords, explained, tables_of
from privacy.fulfilment.holdings.held import Company, held_rows, secrets_of, systems_of
from privacy.fulfilment.job import Done, ForPerson, Job, Json, Outcome, Places, Steps, SystemsDown
from privacy.fulfilment.package.contents import LeftOut
from privacy.fulfilment.package.pack import pack
from privacy.fulfilment.package.records import Record
from privacy.fulfilment.package.size import SAMPLE, Estimate, table_bytes, whole
from privacy.fulfilment.package.spool import Spool
from privacy.fulfilment.package.whole_contents import contents_of
from privacy.fulfilment.tasks.by_hand import ByHand
from privacy.fulfilment.values.in_words import size_in_words
from privacy.fulfilment.vault.vault import Vault
from privacy.policy import Policy
from privacy.redaction import KnownValues, Redaction
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import package
from privacy.store.upserts import insert_into
from privacy.systems.parallel import ask_all

_AT_ONCE: Final = 8
_MADE: Final = "package"
_OTHERS: Final = LeftOut(
    "texts that concern other people",
    "",
    "A person has read them, and what is about somebody else is theirs. In each place it says so.",
)


class ExportCourse:
    """How a request to download is carried out."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        company: Company,
        vault: Vault,
        progress: Progress,
        by_hand: ByHand,
        policy: Policy,
        *,
        zone: ZoneInfo,
        origin: str,
        review: Review | None = None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._company = company
        self._vault = vault
        self._progress = progress
        self._by_hand = by_hand
        self._policy = policy
        self._zone = zone
        self._origin = origin
        self._review = review

    def take(self, job: Job, steps: Steps) -> Outcome:
        """Collect, pack, hand over. Raises SystemRefused."""
        waits = self._by_hand.ask(job)
        names = systems_of(self._company, job.places)
        spool = Spool(self._vault, self._keyring, job.request)
        down = self._collect(job, names, spool, steps)
        if down:
            return SystemsDown(tuple(down))
        words = [one for name in names for one in self._tables(name, job.scope)]
        looks = self._review is not None and self._review.ask(job, words)
        if waits or looks:
            return ForPerson()
        steps.run("pack", lambda: self._pack(job, names, spool))
        made = spool.noted(_MADE)
        if made is None or not self._vault.has(file_of(job.request)):
            # The step is remembered and its file is not there: another data folder, or swept. Make it anew.
            self._pack(job, names, spool)
            made = spool.noted(_MADE)
        return self._done(job, made)

    def estimate(self, places: Places, scope: Scope) -> Estimate:
        """How much a package would hold, about.

        Raises SystemDown, SystemRefused.
        """
        redaction = Redaction()
        answers = ask_all(
            {
                name: partial(self._estimated, name, places, scope, redaction)
                for name in systems_of(self._company, places)
            }
        )
        parts: list[tuple[int, int]] = []
        for answer in answers.values():
            if not isinstance(answer, list):
                raise answer
            parts += answer
        return whole(parts)

    def _collect(self, job: Job, names: list[str], spool: Spool, steps: Steps) -> list[str]:
        """Bring every system's rows into the spool; returns the systems that are away."""
        missing = [name for name in names if not self._is_collected(job, name, spool)]
        down: list[str] = []
        with ThreadPoolExecutor(_AT_ONCE, "collect") as threads:
            redaction = threads.submit(self._redaction, job) if missing else None
            asked = {
                name: threads.submit(self._collect_one, job, name, spool, redaction)
                for name in missing
            }
            for name in names:
                try:
                    steps.run(f"collect:{name}", partial(self._collected, job, name, spool, asked))
                except SystemDown as away:
                    # Also where another system is away whose secrets have to be known first.
                    down.append(away.system)
        for one in asked.values():
            # A step that is remembered may have had nothing to collect here after all.
            error = one.exception()
            if isinstance(error, SystemDown):
                down.append(error.system)
            elif error is not None:
                raise error
        return list(dict.fromkeys(down))

    def _is_collected(self, job: Job, name: str, spool: Spool) -> bool:
        wanted = {words.table for words in self._tables(name, job.scope)}
        finished = spool.finished(name)
        return finished is not None and set(finished) == wanted

    def _collected(self, job: Job, name: str, spool: Spool, asked: dict[str, Future[None]]) -> Json:
        if name in asked:
            asked[name].result()
        counts = spool.finished(name) or {}
        # Also of a system that was collected before a crash, which may not have been noted.
        self._note(job, name, "done", counts)
        return {**counts}

    def _collect_one(
        self, job: Job, name: str, spool: Spool, redaction: "Future[Redaction] | None"
    ) -> None:
        assert redaction is not None
        cleaned = redaction.result()
        self._note(job, name, "working", None)
        counts = spool.collect(name, self._read(name, job, cleaned))
        crashpoint("export:collected")
        self._note(job, name, "done", counts)

    def _read(
        self, name: str, job: Job, redaction: Redaction
    ) -> Iterator[tuple[str, Iterable[Record]]]:
        for words in self._tables(name, job.scope):
            yield words.table, self._records(words, job.places, job.scope, redaction)

    def _records(
        self,
        words: TableWords,
        places: Places,
        scope: Scope,
        redaction: Redaction,
        limit: int | None = None,
    ) -> Iterator[Record]:
        rows = held_rows(
            self._company.system(words.system), words, places[words.system], scope, redaction,
            limit=limit,
        )  # fmt: skip
        table = self._company.datamap.systems[words.system].tables[words.table]
        for number, row in enumerate(rows, start=1):
            yield recorded(number, row, words, table, redaction)

    def _redaction(self, job: Job) -> Redaction:
        """Strict: what is written into a file stays there, so every secret has to be known first."""
        known = KnownValues()
        for name in systems_of(self._company, job.places):
            for value, what in secrets_of(self._company, name, job.places[name]):
                known.add(value, what)
        return Redaction(known)

    def _tables(self, name: str, scope: Scope) -> Iterator[TableWords]:
        """The tables with something to take along: a table that is worked out by us has nothing."""
        for table in tables_of(self._company.datamap, name, scope):
            words = explained(self._company.datamap, name, table, scope, given_only=True)
            if any(field.how != "never" for field in words.fields):
                yield words

    def _pack(self, job: Job, names: list[str], spool: Spool) -> Json:
        """Write the package; the same again where it was written before."""
        made = spool.noted(_MADE)
        if made is None or not self._vault.has(file_of(job.request)):
            now = self._clock.now().replace(microsecond=0)
            contents = contents_of(
                self._company,
                job,
                [words for name in names for words in self._tables(name, job.scope)],
                self._review.spool(job.request) if self._review else spool,
                self._by_hand.brought(job.request, self._redaction(job)),
                now,
            )
            if self._review and self._review.is_cut(job.request):
                contents = replace(contents, left_out=(*contents.left_out, _OTHERS))
            with self._vault.write(file_of(job.request)) as file:
                size, sha256 = pack(file.stream, contents, self._zone)
            crashpoint("export:packed")
            made = {
                "key": file.key, "size": size, "sha256": sha256, "rows": contents.rows,
                "brought": len(contents.brought), "made_at": now.isoformat(),
            }  # fmt: skip
            spool.note(_MADE, made)
        return {"rows": made["rows"], "size": made["size"]}

    def _done(self, job: Job, made: dict[str, Any]) -> Done:
        link = f"{self._origin}/requests/{job.reference}/package"
        if not made["rows"] and not made["brought"]:
            self._vault.shred(file_of(job.request))
            return Done(
                say="utter_found_nothing", mail="data_found", values={"link": link, "found": ""}
            )
        now = self._clock.now()
        until = now + timedelta(hours=self._policy.fulfilment.package_hours)
        values = {
            "size": size_in_words(made["size"]),
            "rows": f"{made['rows']:,}",
            "until": f"{long_date(until, self._zone)}, {clock_time(until, self._zone)}",
            "downloads": str(self._policy.fulfilment.package_downloads),
            "link": link,
        }
        also = partial(self._write_row, job.request, made, until)
        return Done(say="utter_package_ready", mail="package_ready", values=values, also=also)

    def _write_row(
        self, request: str, made: dict[str, Any], until: datetime, tx: Connection
    ) -> None:
        fresh = tx.execute(
            insert_into(tx, package)
            .values(
                id=package_id(request),
                request=request,
                size=made["size"],
                rows=made["rows"],
                sha256=made["sha256"],
                sealed_key=self._keyring.seal(made["key"], KEY),
                made_at=datetime.fromisoformat(made["made_at"]),
                expires_at=until,
                downloads=0,
            )
            .on_conflict_do_nothing()
            .returning(package.c.id)
        )
        if fresh.first() is not None:
            told: dict[str, str | int] = {"rows": made["rows"], "size": made["size"]}
            audit.note(tx, actor=SERVICE, act="package.made", request=request, data=told)

    def _estimated(
        self, name: str, places: Places, scope: Scope, redaction: Redaction
    ) -> list[tuple[int, int]]:
        counts = {
            one.table: one.rows for one in self._company.system(name).counts(places[name], scope)
        }
        return [
            (rows, table_bytes(words, rows, sample))
            for words in self._tables(name, scope)
            if (rows := counts.get(words.table, 0))
            and (sample := list(self._records(words, places, scope, redaction, SAMPLE))) is not None
        ]

    def _note(
        self, job: Job, name: str, state: ProgressState, counts: dict[str, int] | None
    ) -> None:
        with self._database.write() as tx:
            if state == "done" and not self._progress.is_done(tx, job.request, name):
                read: dict[str, str | int] = {"system": name, "rows": sum((counts or {}).values())}
                audit.note(tx, actor=SERVICE, act="system.read", request=job.request, data=read)
            self._progress.note(tx, job.request, name, state, counts, self._clock.now())

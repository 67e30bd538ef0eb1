"""See: what is held, told at once in plain words with counts, and the few things that everybody asks for
first; everything in detail is on the secure page (`viewing`).

The systems are asked at the same time, each as a durable step. What is told is personal: it goes into the sealed
message only, and the letter says no more than that it is ready.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from privacy import audit
from privacy.clock import Clock
from privacy.datamap.categories import within
from privacy.datamap.overview import Part, summary
from privacy.datamap.overview import in_words as summed_up
from privacy.datamap.topics import joined
from privacy.errors import SystemDown
from privacy.fulfilment.books.progress import Progress, ProgressState
from privacy.fulfilment.books.works import SERVICE
from privacy.fulfilment.holdings.explained import FieldWords, capital, explained
from privacy.fulfilment.holdings.held import Company, held_rows, redaction_for, systems_of
from privacy.fulfilment.job import Done, ForPerson, Job, Json, Outcome, Steps, SystemsDown
from privacy.fulfilment.tasks.by_hand import ByHand
from privacy.fulfilment.telling.news import News
from privacy.fulfilment.values.in_words import in_words
from privacy.fulfilment.values.spelling import join_parts
from privacy.redaction import Redaction
from privacy.store.database import Database
from privacy.systems.port import TableCount, Value

_AT_ONCE: Final = 8
_IN_A_SENTENCE: Final = 3
_MOST_LINES: Final = 8
_MOST_SIGNS: Final = 160  # of one line
_FEW: Final = 3  # rows of a table whose values are told at once
_SECRETS_AT_MOST: Final = 20_000
_SMALL: Final = ("user.name", "user.contact", "user.demographic.date_of_birth")


class SeeCourse:
    """How a request to see is carried out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        company: Company,
        progress: Progress,
        by_hand: ByHand,
        news: News,
        *,
        zone: ZoneInfo,
        origin: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._progress = progress
        self._by_hand = by_hand
        self._news = news
        self._zone = zone
        self._origin = origin

    def take(self, job: Job, steps: Steps) -> Outcome:
        """Count, sum up, tell. Raises SystemRefused."""
        waits = self._by_hand.ask(job)
        counts, down = self._counted(job, steps)
        if down:
            return SystemsDown(tuple(down))
        try:
            lines = self._lines(job, counts)
        except SystemDown as away:
            return SystemsDown((away.system,))
        link = f"{self._origin}/requests/{job.reference}/data"
        values = {"lines": "\n".join(lines).strip(), "link": link, "found": "yes"}
        if waits:
            if lines:  # what is known already does not wait for what a person has to look up
                with self._database.write() as tx:
                    self._news.tell(tx, job, say="utter_found", mail="", values=values, key="found")
                self._news.told(job)
            return ForPerson()
        brought = self._by_hand.brought(job.request, Redaction())
        if brought:
            labels = joined(dict.fromkeys(one.system_label for one in brought))
            lines = [*lines, f"Our colleagues looked into {labels}: their answer is on the page."]
            values["lines"] = "\n".join(lines).strip()
        if not lines:
            return Done(
                say="utter_found_nothing", mail="data_found", values={"link": link, "found": ""}
            )
        return Done(say="utter_found", mail="data_found", values=values)

    def _counted(self, job: Job, steps: Steps) -> tuple[dict[str, list[TableCount]], list[str]]:
        """What each system holds, and the systems that are away."""
        names = systems_of(self._company, job.places)
        down: list[str] = []
        with ThreadPoolExecutor(_AT_ONCE, "see") as threads:
            asked = {name: threads.submit(self._count, job, name) for name in names}
            for name in names:
                try:
                    steps.run(f"count:{name}", partial(self._step, job, name, asked[name]))
                except SystemDown as away:
                    down.append(away.system)
        # A step that was done before a crash is not run again, but its numbers are read anew.
        counts = {name: asked[name].result() for name in names if asked[name].exception() is None}
        for name in names:
            error = asked[name].exception()
            if isinstance(error, SystemDown):
                down.append(error.system)
            elif error is not None:
                raise error
        return counts, list(dict.fromkeys(down))

    def _count(self, job: Job, name: str) -> list[TableCount]:
        return self._company.system(name).counts(job.places[name], job.scope)

    def _step(self, job: Job, name: str, asked: "Future[list[TableCount]]") -> Json:
        self._note(job, name, "working", None)
        counts = {one.table: one.rows for one in asked.result()}
        self._note(job, name, "done", counts)
        return {**counts}

    def _lines(self, job: Job, counts: dict[str, list[TableCount]]) -> list[str]:
        """Sum and small things, each a line; none where nothing is held."""
        parts = summary(self._company.datamap, counts)
        if not parts:
            return []
        redaction = redaction_for(self._company, job.places, most=_SECRETS_AT_MOST)
        small = dict.fromkeys(self._small(job, counts, redaction))
        return [*_summed_up(parts), *list(small)[:_MOST_LINES]]

    def _small(
        self, job: Job, counts: dict[str, list[TableCount]], redaction: Redaction
    ) -> Iterator[str]:
        """ "Your name: Jane Miller" of the first system that knows the person, the leading one before others."""
        datamap = self._company.datamap
        for name in sorted(counts, key=lambda one: one != datamap.leading):
            told = False
            for count in counts[name]:
                if not 0 < count.rows <= _FEW:
                    continue
                words = explained(datamap, name, count.table, job.scope)
                fields = [f for f in words.fields if f.how == "shown" and _is_small(f)]
                if not fields:
                    continue
                rows = held_rows(
                    self._company.system(name),
                    words,
                    job.places[name],
                    job.scope,
                    redaction,
                    limit=_FEW,
                )
                for row in rows:
                    for label, text in self._told(fields, row.values):
                        told = True
                        yield f"{capital(label)}: {text}"
            if told:
                return

    def _told(
        self, fields: Sequence[FieldWords], values: Mapping[str, Value]
    ) -> Iterator[tuple[str, str]]:
        corrections = self._company.datamap.corrections
        whole: dict[str, dict[str, str]] = {}  # parts of one thing (an address) are one line
        for field in fields:
            text = " ".join(in_words(values.get(field.column), self._zone, field.telling).split())
            name, _, part = (field.correct or "").partition(".")
            label = corrections[name].label if part and name in corrections else field.label
            if text:
                whole.setdefault(label, {}).setdefault(part, text)
        for label, texts in whole.items():
            line = join_parts(texts)
            yield label, line if len(line) <= _MOST_SIGNS else f"{line[:_MOST_SIGNS]} …"

    def _note(
        self, job: Job, name: str, state: ProgressState, counts: dict[str, int] | None
    ) -> None:
        with self._database.write() as tx:
            if state == "done" and not self._progress.is_done(tx, job.request, name):
                read: dict[str, str | int] = {"system": name, "rows": sum((counts or {}).values())}
                audit.note(tx, actor=SERVICE, act="system.read", request=job.request, data=read)
            self._progress.note(tx, job.request, name, state, counts, self._clock.now())


def _summed_up(parts: Sequence[Part]) -> list[str]:
    """A sentence; a list where it would be a long one."""
    if len(parts) <= _IN_A_SENTENCE:
        return [f"We hold {summed_up(parts)}."]
    return ["We hold:", *(f"• {part.words}" for part in parts), ""]


def _is_small(field: FieldWords) -> bool:
    """A name, a contact or a birthday; of an address only its parts, not what it is for. Nothing that may name others."""
    if field.names_others:
        return False
    if field.category == "user.contact.address":
        return bool(field.correct)
    return any(within(field.category, small) for small in _SMALL)

"""The secure page with everything that is held, read live each time it is opened: per table the values, why
they are held, on what ground, since when and until when, who got them, and how to correct them.

It shows what the map describes and never what is never shown; a text in which other people may be named (GDPR Art. 15(4))
is left to the download, where a person reads it first. Who may open the page is not decided here.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, Literal
from zoneinfo import ZoneInfo

from privacy.clock import Clock
from privacy.datamap.model import DataMap
from privacy.datamap.retention import plus
from privacy.datamap.scope import Scope
from privacy.dates import day_in_words
from privacy.errors import SystemDown
from privacy.fulfilment.holdings.explained import (
    NEVER_SHOWN,
    FieldWords,
    Reasons,
    TableWords,
    explained,
    reasons_for,
    tables_of,
)
from privacy.fulfilment.holdings.held import (
    Company,
    Held,
    as_file,
    held_rows,
    redaction_for,
    systems_of,
)
from privacy.fulfilment.job import Places
from privacy.fulfilment.values.in_words import day_of, in_words
from privacy.redaction import Redaction
from privacy.store.keyring import Keyring, SealBroken
from privacy.systems.parallel import ask_all
from privacy.systems.port import Columns, Scalar, SystemRefused, TableCount, Value

AT_ONCE: Final = 20  # rows of a table on the page
_SECRETS_AT_MOST: Final = 20_000  # rows of a table that are looked through for what is never shown


@dataclass(frozen=True, slots=True)
class Correct:
    """How a value is corrected: which correction of the map, what it needs, and the row, sealed."""

    id: str
    needs: str
    row: str


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One value of one row; `text` is "" where nothing is held. `never`: it is held and named only. `others`: a text is
    held in which other people may be named, so it is named only here."""

    column: str
    label: str
    text: str
    how: Literal["shown", "never", "file", "others"]
    correct: Correct | None = None

    def __repr__(self) -> str:
        return f"ShownValue({self.column!r}, {self.how})"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, counted from 1; `until` is the day its time is over, where the map can tell."""

    number: int
    values: tuple[ShownValue, ...]
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """One table. `count` is how many rows there are, `entries` the ones shown, `next` where the next ones
    begin. `state`: "held", "nothing", "away" (its system cannot be reached now), "refused"."""

    id: str
    label: str
    system: str
    system_label: str
    state: Literal["held", "nothing", "away", "refused"]
    count: int = 0
    since: str = ""
    last: str = ""
    entries: tuple[Entry, ...] = ()
    next: int | None = None
    reasons: tuple[Reasons, ...] = ()
    never: tuple[str, ...] = ()
    never_why: str = NEVER_SHOWN


class UnknownRow(Exception):
    """A row's token was not made here, or for another request or table."""


class Viewing:
    """What the page shows."""

    def __init__(self, company: Company, keyring: Keyring, clock: Clock, zone: ZoneInfo) -> None:
        self._company = company
        self._keyring = keyring
        self._clock = clock
        self._zone = zone

    def page(self, request: str, places: Places, scope: Scope) -> list[Category]:
        """Every table in the scope, in the order of the map; those with nothing in them last.

        A system that is away is on the page as such. Raises nothing of a system's.
        """
        company = self._company
        names = systems_of(company, places)
        redaction = redaction_for(company, places, most=_SECRETS_AT_MOST)
        asked: Mapping[str, Callable[[], list[Category]]] = {
            name: partial(self._system, request, name, places, scope, redaction) for name in names
        }
        answers = ask_all(asked)
        found: list[Category] = []
        for name in names:
            answer = answers[name]
            if isinstance(answer, list):
                found += answer
            else:
                state: Literal["away", "refused"] = (
                    "away" if isinstance(answer, SystemDown) else "refused"
                )
                found += [
                    _empty(words, state)
                    for table in tables_of(company.datamap, name, scope)
                    if (words := explained(company.datamap, name, table, scope)).fields
                ]
        return sorted(found, key=lambda category: category.state == "nothing")

    def more(
        self, request: str, places: Places, scope: Scope, table_id: str, skip: int
    ) -> Category:
        """The next rows of one table ("shop.orders").

        Raises KeyError for a table that is not the subject's to see; SystemDown, SystemRefused.
        """
        system, _, table = table_id.partition(".")
        if not places.get(system) or not scope.covers_table(system, table):
            raise KeyError(table_id)
        words = explained(self._company.datamap, system, table, scope)
        [count] = [
            one
            for one in self._company.system(system).counts(places[system], scope)
            if one.table == table
        ]
        redaction = redaction_for(self._company, places, most=_SECRETS_AT_MOST)
        return self._category(request, words, count, places, scope, redaction, max(skip, 0))

    def open_row(self, request: str, table_id: str, token: str) -> Columns:
        """The row's own key, from the token that stood beside its value.

        Raises UnknownRow.
        """
        try:
            sealed = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
            opened = self._keyring.open(sealed, _place(request, table_id))
        except (SealBroken, binascii.Error, ValueError):
            raise UnknownRow(table_id) from None
        pairs: list[tuple[str, Scalar]] = [
            (str(column), value) for column, value in json.loads(opened)
        ]
        return tuple(pairs)

    def _system(
        self, request: str, name: str, places: Places, scope: Scope, redaction: Redaction
    ) -> list[Category]:
        datamap = self._company.datamap
        counts = {one.table: one for one in self._company.system(name).counts(places[name], scope)}
        return [
            self._category(
                request,
                words,
                counts.get(table) or TableCount(table, 0),
                places,
                scope,
                redaction,
                0,
            )
            for table in tables_of(datamap, name, scope)
            if (words := explained(datamap, name, table, scope)).fields
        ]

    def _category(
        self,
        request: str,
        words: TableWords,
        count: TableCount,
        places: Places,
        scope: Scope,
        redaction: Redaction,
        skip: int,
    ) -> Category:
        if not count.rows:
            return _empty(words, "nothing")
        system = self._company.system(words.system)
        rows = held_rows(
            system, words, places[words.system], scope, redaction, limit=AT_ONCE, skip=skip
        )
        held_secrets: set[str] = set()
        entries: list[Entry] = []
        for number, row in enumerate(rows, start=skip + 1):
            held_secrets |= row.held
            entries.append(self._entry(request, words, row, number))
        shown = skip + len(entries)
        labels = {value.label for entry in entries for value in entry.values}
        return Category(
            id=words.id,
            label=words.label,
            system=words.system,
            system_label=words.system_label,
            state="held",
            count=count.rows,
            since=day_in_words(count.first) if count.first else "",
            last=day_in_words(count.last) if count.last else "",
            entries=tuple(entries),
            next=shown if entries and shown < count.rows else None,
            reasons=reasons_for(words.reasons, labels) if shown == count.rows else words.reasons,
            never=tuple(f.label for f in words.never if f.column in held_secrets),
        )

    def _entry(self, request: str, words: TableWords, row: Held, number: int) -> Entry:
        until = kept_until(self._company.datamap, words, row.values)
        # A day that lies behind is a matter between company and system, and no promise to a customer.
        coming = until is not None and until >= self._clock.now().astimezone(self._zone).date()
        return Entry(
            number,
            tuple(self._values(request, words, row)),
            until if coming else None,
        )

    def _values(self, request: str, words: TableWords, row: Held) -> Iterator[ShownValue]:
        token = ""
        for field in words.fields:
            if field.how == "never":
                if field.column in row.held:
                    yield ShownValue(field.column, field.label, "", "never")
                continue
            correct = None
            if field.correct:
                token = token or self._token(request, words.id, row.key)
                correct = Correct(field.correct, self._needs(field), token)
            value = row.values.get(field.column)
            how: Literal["shown", "file", "others"] = (
                "file" if field.how == "file" or isinstance(value, bytes) else "shown"
            )
            text = (
                in_words(as_file(value), self._zone)
                if how == "file"
                else in_words(value, self._zone, field.telling)
            )
            if field.names_others and how == "shown" and text.strip():
                how, text = "others", ""
            yield ShownValue(field.column, field.label, text, how, correct)

    def _needs(self, field: FieldWords) -> str:
        name = (field.correct or "").split(".")[0]
        return self._company.datamap.corrections[name].needs

    def _token(self, request: str, table_id: str, key: Columns) -> str:
        sealed = self._keyring.seal(json.dumps(key), _place(request, table_id))
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def kept_until(datamap: DataMap, words: TableWords, values: Mapping[str, Value]) -> date | None:
    """The day on which the row's time is over, where the map counts it from a day in the row."""
    table = datamap.systems[words.system].tables[words.table]
    period = datamap.retentions[table.retention].period
    counted = day_of(values.get(table.counted_from)) if table.counted_from else None
    if not period or counted is None:
        return None
    last = plus(counted, period)
    return None if last == date.max else last


def _empty(words: TableWords, state: Literal["nothing", "away", "refused"]) -> Category:
    return Category(
        id=words.id,
        label=words.label,
        system=words.system,
        system_label=words.system_label,
        state=state,
        reasons=words.reasons,
    )


def _place(request: str, table_id: str) -> str:
    """Binds a row's token to its request and table."""
    return f"viewing.row:{request}:{table_id}"


__all__ = [
    "AT_ONCE", "Category", "Correct", "Entry", "ShownValue", "SystemRefused", "UnknownRow", "Viewing", "kept_until",
]  # fmt: skip

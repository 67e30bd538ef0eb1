"""What a customer reads before and after a deletion: what goes, what stays, why and until when, what stops
working, and what a person has to do by hand.

Made of words of the map and of numbers; it holds no value of anybody. The same words are shown before the
customer confirms, kept with the request, and come back as the receipt.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Protocol

from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.datamap.deletion import Kept, TableDeletion, date_source, deletions
from privacy.datamap.model import DataMap
from privacy.datamap.parts import ManualSystem, Table
from privacy.datamap.retention import plus
from privacy.datamap.scope import Scope
from privacy.dates import day_in_words
from privacy.errors import SystemDown
from privacy.systems.port import Place, System, TableCount

type Counts = Mapping[str, Mapping[str, TableCount]]
"""By system and table."""


@dataclass(frozen=True)
class DeletionPlan:
    """Plain phrases, in the order in which they are read; `rows` is how many entries it is about."""

    goes: tuple[str, ...] = ()  # "our shop: your account, 2 addresses"
    stays: tuple[str, ...] = ()  # "7 orders, until 30 June 2037 at the latest, because …"
    stops: tuple[str, ...] = ()  # "you can no longer sign in"
    by_hand: tuple[str, ...] = ()  # "our paper files: the warehouse team does it by hand"
    unseen: tuple[str, ...] = ()  # systems that did not answer: "our support desk"
    rows: int = 0
    keeps: bool = field(default=False)

    @property
    def is_empty(self) -> bool:
        """Is there nothing that could be deleted, as far as can be seen?"""
        return not (self.goes or self.stays or self.by_hand or self.unseen)

    def as_text(self) -> str:
        """For the chat, before it is confirmed."""
        unseen = [
            f"{label}: it cannot be asked now, and is part of it all the same"
            for label in self.unseen
        ]
        return _blocks(
            ("This goes", [*self.goes, *unseen]),
            ("This stays for a time", self.stays),
            ("A person does this by hand", self.by_hand),
            ("Then", self.stops),
        )

    def receipt(self) -> str:
        """For the chat, afterwards."""
        return _blocks(
            ("Deleted", self.goes), ("Kept for a time", self.stays), ("Done by hand", self.by_hand)
        )

    def as_details(self) -> str:
        """For the details of a draft, from which the receipt is written."""
        return json.dumps(asdict(self))


class Company(Protocol):
    """The company's systems, as far as a plan asks them (`CompanyDirectory`)."""

    @property
    def datamap(self) -> DataMap: ...
    def system(self, name: str) -> System: ...
    def places(self, contact: Contact, subject: str) -> Mapping[str, tuple[Place, ...]]: ...


class DeletionPlanner:
    """Looks at what a wish would delete; changes nothing."""

    def __init__(self, company: Company, clock: Clock) -> None:
        self._company = company
        self._clock = clock

    def look(self, contact: Contact, subject: str, scope: Scope) -> DeletionPlan:
        """The plan for one person.

        Raises SystemDown where it cannot be said who it is; a system that fails later is named in the plan.
        """
        places = self._company.places(contact, subject)
        datamap, unseen = self._company.datamap, []
        counts: dict[str, Mapping[str, TableCount]] = {}
        for name in deletions(datamap, scope):
            if name not in places or isinstance(datamap.systems[name], ManualSystem):
                continue
            try:
                counts[name] = count(self._company.system(name), places[name], scope)
            except SystemDown:
                unseen.append(name)
        return plan_of(datamap, scope, counts, self._clock.now().date(), unseen=unseen)


def count(system: System, places: Sequence[Place], scope: Scope) -> dict[str, TableCount]:
    """The subject's rows by table. Raises SystemDown."""
    return {one.table: one for one in system.counts(places, scope)}


def plan_of(
    datamap: DataMap, scope: Scope, counts: Counts, today: date, *, unseen: Iterable[str] = ()
) -> DeletionPlan:
    """The plan, from the map and what was counted. What a law kept until before `today` goes with the rest."""
    goes, stops, by_hand, stays = [], [], [], []
    rows, labels = 0, datamap.labels()
    for name, tables in deletions(datamap, scope).items():
        system = datamap.systems[name]
        if isinstance(system, ManualSystem):
            by_hand.append(f"{system.label}: {system.who} looks and deletes it")
            continue
        found = {table: one for table, one in counts.get(name, {}).items() if one.rows}
        by_name = {one.table: one for one in tables}
        filled = [by_name[t] for t in system.tables if t in found and t in by_name]
        rows += sum(found[one.table].rows for one in filled)
        told = _nouns([one.table for one in filled if one.rows == "erase"], system.tables, found)
        staying, going = _stays(datamap, name, filled, found, today)
        stays += staying
        told += going
        if told:
            goes.append(f"{labels[name]}: {_listed(told)}")
        stops += [
            words
            for one in filled
            if one.rows == "erase" and (words := system.tables[one.table].without_it)
        ]
    order = list(dict.fromkeys([datamap.leading, *datamap.systems]))
    goes.sort(
        key=lambda phrase: next(
            i for i, n in enumerate(order) if phrase.startswith(f"{labels[n]}: ")
        )
    )
    return DeletionPlan(
        goes=tuple(goes),
        stays=tuple(stays),
        stops=tuple(dict.fromkeys(stops)),
        by_hand=tuple(by_hand),
        unseen=tuple(labels[name] for name in unseen),
        rows=rows,
        keeps=bool(stays),
    )


def _nouns(
    names: Sequence[str], tables: Mapping[str, Table], found: Mapping[str, TableCount]
) -> list[str]:
    """What these tables are called; one without a noun of its own is part of what it hangs on."""
    said = []
    for name in names:
        table = tables[name]
        if table.count_as:
            one, several = table.count_as.split("|", 1)
            rows = found[name].rows
            said.append(f"{rows} {(one if rows == 1 else several).strip()}")
        elif not (table.link and table.link.table in names):
            said.append(table.label)
    return said


def _labels(filled: Sequence[TableDeletion], tables: Mapping[str, Table]) -> list[str]:
    """Fields that are emptied in rows that stay."""
    return [
        tables[one.table].fields[column].label
        for one in filled
        if one.rows == "stay"
        for column in one.gone
    ]


def _stays(
    datamap: DataMap,
    name: str,
    filled: Sequence[TableDeletion],
    found: Mapping[str, TableCount],
    today: date,
) -> tuple[list[str], list[str]]:
    """One phrase for each reason and time; and what goes from rows that stay, with what is kept no longer."""
    groups: dict[tuple[str, str], list[Kept]] = {}
    for one in filled:
        for kept in one.kept:
            groups.setdefault((kept.because, kept.retention), []).append(kept)
    tables = datamap.systems[name].tables
    alone = {one.table for one in filled if one.rows == "stay" and len(one.kept) == 1}
    phrases: list[str] = []
    over: list[Kept] = []
    for (because, _), group in groups.items():
        until = _last_day(datamap, name, group, found)
        if isinstance(until, date):
            if until < today:
                over += group
                continue
            until = f"until {day_in_words(until)} at the latest"
        words = _nouns([kept.table for kept in group if kept.table in alone], tables, found)
        words += [label for kept in group if kept.table not in alone for label in kept.labels]
        phrases.append(f"{_listed(words)}, {until}, because {because}")
    whole = [kept.table for kept in over if kept.table in alone]
    words = [
        *_labels([one for one in filled if one.table not in whole], tables),
        *_nouns(whole, tables, found),
        *(label for kept in over if kept.table not in alone for label in kept.labels),
    ]
    return phrases, words


def _last_day(
    datamap: DataMap, name: str, group: Sequence[Kept], found: Mapping[str, TableCount]
) -> date | str:
    """The day where it can be worked out, else the map's words."""
    system = datamap.systems[name]
    days: list[date] = []
    for kept in group:
        last = found[kept.table].last
        same = kept.dated == date_source(system, kept.table, born=True)
        if kept.period and last and same:
            days.append(plus(last, kept.period))
        elif not (
            kept.dated and any(kept.dated == other.dated for other in group if other is not kept)
        ):
            return kept.until
    return max(days) if days else group[0].until


def _listed(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _blocks(*blocks: tuple[str, Sequence[str]]) -> str:
    return "\n\n".join(
        "\n".join([f"{title}:", *(f"• {line[:1].upper()}{line[1:]}" for line in lines)])
        for title, lines in blocks
        if lines
    )

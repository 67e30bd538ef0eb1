"""Timers of what a law makes the company keep: rows are erased when their time is over, and the empty shells
that held them together last.

Each record says where the rows are (by primary key, since contacts are gone), what is done at the end, and
how its time is counted. A period that was changed in the map counts as it stands there today: laws change.
All of it may be run again at any time; a legal hold stops it.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from privacy import audit
from privacy.clock import Clock
from privacy.datamap.deletion import End, date_source, emptied
from privacy.datamap.model import DataMap
from privacy.datamap.retention import before, plus
from privacy.datamap.scope import Scope
from privacy.errors import SystemDown
from privacy.fulfilment.delete.holds import Holds
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import kept_record as table
from privacy.systems.matching import normal_email, normal_phone
from privacy.systems.port import Columns, Place, System, SystemRefused, TableErasure

log = structlog.get_logger()

PLACE, ACTS = "kept_record.sealed_place", "kept_record.sealed_acts"
_LOOK_AGAIN = timedelta(days=31)  # where no date can be read from the rows
_BACKUPS_LIVE = timedelta(days=400)


class Company(Protocol):
    """The company's systems (`CompanyDirectory`)."""

    @property
    def datamap(self) -> DataMap: ...
    def system(self, name: str) -> System: ...


@dataclass(frozen=True, slots=True)
class Keeping:
    """What stays of one person in one system: where, what is done at the end, and by what a hold is found."""

    places: tuple[Place, ...]
    ends: tuple[End, ...]
    asked_on: date
    scope: Scope
    held_by: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Keeping({len(self.places)} places, {len(self.ends)} ends)"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What one look at the timers did, in records."""

    looked_at: int = 0
    finished: int = 0
    held: int = 0
    down: int = 0
    refused: int = 0


class Kept:
    """Remembers what is kept, and ends it."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, company: Company, holds: Holds
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._company = company
        self._holds = holds

    def record(
        self, tx: Connection, request: str, reference: str, system: str, keeping: Keeping
    ) -> None:
        """Remember what is kept in a system for a request; again, it takes the place of what was there."""
        found = tx.execute(
            select(table.c.id).where(table.c.reference == reference, table.c.system == system)
        ).one_or_none()
        values: dict[str, Any] = {
            "sealed_place": self._keyring.seal(_places_text(keeping.places), PLACE),
            "sealed_acts": self._keyring.seal(_acts_text(keeping), ACTS),
            "next_on": self._clock.now().date(),  # the first look works out the day
            "done_at": None,
        }
        if found is None:
            tx.execute(
                insert(table).values(
                    id=str(uuid.uuid4()),
                    request=request,
                    reference=reference,
                    system=system,
                    **values,
                )
            )
        else:
            tx.execute(update(table).where(table.c.id == found.id).values(**values))

    def add(self, tx: Connection, reference: str, system: str, keeping: Keeping) -> None:
        """Remember rows that came back from a backup, beside what is remembered of that request."""
        row = (
            tx.execute(
                select(table).where(table.c.reference == reference, table.c.system == system)
            )
            .mappings()
            .one_or_none()
        )
        if row is not None:
            before = self._open(row)
            keeping = replace(
                keeping,
                places=together((*before.places, *keeping.places)),
                held_by=tuple(dict.fromkeys((*before.held_by, *keeping.held_by))),
            )
        self.record(tx, row["request"] if row else reference, reference, system, keeping)

    def theirs(self, system: System, keeping: Keeping) -> tuple[Place, ...]:
        """Those of the places that are rows of the erased person still.

        Databases give a key again: a row with a contact, where contacts were erased, is somebody else's.
        """
        return _still_theirs(self._company.datamap, system, keeping)

    def look_again(self, tx: Connection, system: str) -> None:
        """A system came back from a backup: what ended since then has to end again."""
        tx.execute(
            update(table)
            .where(table.c.system == system)
            .values(next_on=self._clock.now().date(), done_at=None)
        )

    def erase_over(self, reference: str, today: date) -> None:
        """Erase what is over already on the day on which it was asked for. Raises SystemDown."""
        own = select(table).where(table.c.reference == reference, table.c.done_at.is_(None))
        with self._database.read() as tx:
            rows = tx.execute(own.order_by(table.c.system)).mappings().all()
        for row in rows:
            if self._look_at(row, today) == "down":
                raise SystemDown(row["system"])

    def erase_due(self, today: date, *, again: bool = False) -> KeptRun:
        """Erase what is over. Never raises for a system: it is tried again at the next look.

        `again`, at a start: whatever the day, and also what was finished in the last year or so: a system may
        have come back from a backup meanwhile.
        """
        due = table.c.done_at.is_(None) & (table.c.next_on <= today)
        lately = self._clock.now() - _BACKUPS_LIVE
        with self._database.read() as tx:
            rows = (
                tx.execute(
                    select(table)
                    .where(table.c.done_at.is_(None) | (table.c.done_at > lately) if again else due)
                    .order_by(table.c.next_on, table.c.id)
                )
                .mappings()
                .all()
            )
        counted = {"finished": 0, "held": 0, "down": 0, "refused": 0}
        for row in rows:
            end = self._look_at(row, today)
            if end in counted:
                counted[end] += 1
        with self._database.write() as tx:  # no backup is older: nobody asks for these again
            tx.execute(delete(table).where(table.c.done_at <= lately))
        return KeptRun(looked_at=len(rows), **counted)

    def _look_at(self, row: RowMapping, today: date) -> str:
        keeping = self._open(row)
        with self._database.read() as tx:
            if self._holds.is_held(tx, keeping.held_by):
                self._put_off(row["id"], today + timedelta(days=1))
                return "held"
        try:
            next_on = self._erase(row["system"], keeping, today)
        except SystemDown:
            return "down"
        except (SystemRefused, KeyError) as refusal:
            # Tomorrow again, and in the log each day: somebody has to look.
            log.error("kept_rows_refused", system=row["system"], error=type(refusal).__name__)
            self._put_off(row["id"], today + timedelta(days=1))
            return "refused"
        if next_on is not None:
            self._put_off(row["id"], next_on)
            return "kept"
        if row["done_at"] is not None:
            return "finished before"
        with self._database.write() as tx:
            tx.execute(
                update(table).where(table.c.id == row["id"]).values(done_at=self._clock.now())
            )
            told = {"system": row["system"]}
            audit.note(tx, actor="service", act="kept.erased", request=row["request"], data=told)
        return "finished"

    def _erase(self, name: str, keeping: Keeping, today: date) -> date | None:
        """Erase what is over in one system; returns the day of the next look, None when nothing is left."""
        datamap = self._company.datamap
        system = self._company.system(name)
        described = datamap.systems[name].tables
        places = self.theirs(system, keeping)
        if not places:
            return None
        keeping = replace(keeping, places=places)
        timed = [
            replace(end, period=_period(datamap, end))
            for end in keeping.ends
            if end.retention and end.table in described
        ]
        shells = [e for e in keeping.ends if not e.retention and e.table in described]
        for acts in _rounds(timed, shells, keeping, today):
            system.erase(keeping.places, acts)
        whole = [_act(end, keeping, None) for end in timed]
        left = sum(
            sum(system.left(keeping.places, acts).values()) for acts in _apart(whole) if acts
        )
        if left:
            return self._next_look(name, timed, keeping, today)
        last = [_act(end, keeping, None) for end in shells]
        if last:
            system.erase(keeping.places, last)
        return None

    def _next_look(self, name: str, timed: Sequence[End], keeping: Keeping, today: date) -> date:
        """The first day on which a row may be over."""
        datamap = self._company.datamap
        fields = frozenset(
            f"{name}.{end.table}.{column}"
            for end in timed
            for column in datamap.systems[name].tables[end.table].fields
        )
        counts = self._company.system(name).counts(
            keeping.places, Scope(fields, keeping.scope.since, keeping.scope.until)
        )
        found = {count.table: count for count in counts if count.rows}
        days = []
        for end in timed:
            first = found[end.table].first if end.table in found else None
            own = end.dated == date_source(datamap.systems[name], end.table, born=True)
            if first and own and end.period:
                day = plus(first, end.period)
                days.append(day + timedelta(days=1) if day < date.max else day)
        return max(min(days, default=today + _LOOK_AGAIN), today + timedelta(days=1))

    def _put_off(self, record: str, to: date) -> None:
        with self._database.write() as tx:
            tx.execute(update(table).where(table.c.id == record).values(next_on=to, done_at=None))

    def _open(self, row: RowMapping) -> Keeping:
        return _keeping(
            self._keyring.open(row["sealed_place"], PLACE),
            self._keyring.open(row["sealed_acts"], ACTS),
        )


def _still_theirs(datamap: DataMap, system: System, keeping: Keeping) -> tuple[Place, ...]:
    empty = emptied(datamap, keeping.scope, system.name)
    region = datamap.region
    allowed = {
        table: {form for v in values for form in (normal_email(v), normal_phone(v, region)) if form}
        for table, values in empty.items()
    }
    return together(
        system.place_of(mark)
        for mark in system.marks(keeping.places)
        if mark.table not in allowed or set(mark.contacts) <= allowed[mark.table]
    )


def _rounds(
    timed: Sequence[End], shells: Sequence[End], keeping: Keeping, today: date
) -> Iterable[list[TableErasure]]:
    """Acts that are due, a table at most once in each round; dependants first, shells with the last."""
    due = []
    for end in timed:
        if end.dated and end.period:
            due.append(_act(end, keeping, before(today, end.period)))
        if end.period and keeping.scope.is_all and today > plus(keeping.asked_on, end.period):
            # Every row here was there when it was asked: those without a date are over now, too.
            due.append(_act(end, keeping, None))
    first = [act for act in due if act.rows == "stay"]
    rounds = [*_apart(first), *_apart([act for act in due if act.rows == "erase"])]
    if rounds and shells:
        rounds.append([_act(end, keeping, None) for end in shells if end.rows == "erase"])
    return [acts for acts in rounds if acts]


def _apart(acts: Sequence[TableErasure]) -> list[list[TableErasure]]:
    rounds: list[list[TableErasure]] = []
    for act in acts:
        for one in rounds:
            if all(other.table != act.table for other in one):
                one.append(act)
                break
        else:
            rounds.append([act])
    return rounds


def _act(end: End, keeping: Keeping, older_than: date | None) -> TableErasure:
    scope = keeping.scope
    until = scope.until
    if not scope.is_all and end.dated:
        # Who asked for a part of it may be a customer still: what came later is not meant.
        until = min(scope.until or keeping.asked_on, keeping.asked_on)
    return TableErasure(end.table, end.rows, end.blank, older_than, scope.since, until)


def _period(datamap: DataMap, end: End) -> str | None:
    known = datamap.retentions.get(end.retention)
    return (known.period if known else None) or end.period


def _places_text(places: Iterable[Place]) -> str:
    return json.dumps([[place.table, place.rows] for place in places])


def places_from(read: Iterable[Any]) -> tuple[Place, ...]:
    """Places as JSON gives them back."""
    return tuple(
        Place(
            str(name),
            tuple(tuple((str(c), value) for c, value in columns) for columns in rows),
        )
        for name, rows in read
    )


def together(places: Iterable[Place]) -> tuple[Place, ...]:
    """One place for each table, each row once."""
    rows: dict[str, dict[Columns, None]] = {}
    for place in places:
        rows.setdefault(place.table, {}).update(dict.fromkeys(place.rows))
    return tuple(Place(name, tuple(found)) for name, found in rows.items())


def _acts_text(keeping: Keeping) -> str:
    return json.dumps(
        {
            "ends": [
                {
                    "table": end.table,
                    "rows": end.rows,
                    "blank": dict(end.blank),
                    "retention": end.retention,
                    "period": end.period,
                    "dated": end.dated,
                }
                for end in keeping.ends
            ],
            "asked_on": keeping.asked_on.isoformat(),
            "scope": keeping.scope.as_text(),
            "held_by": keeping.held_by,
        }
    )


def _keeping(places: str, acts: str) -> Keeping:
    read: Mapping[str, Any] = json.loads(acts)
    return Keeping(
        places=places_from(json.loads(places)),
        ends=tuple(
            End(
                end["table"],
                end["rows"],
                end["blank"],
                end["retention"],
                end["period"],
                (end["dated"][0], end["dated"][1]) if end["dated"] else None,
            )
            for end in read["ends"]
        ),
        asked_on=date.fromisoformat(read["asked_on"]),
        scope=Scope.from_text(read["scope"]),
        held_by=tuple(read["held_by"]),
    )

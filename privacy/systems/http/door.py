"""A system that is a service with a JSON interface, asked as its description in the data map says.

It implements `privacy.systems.port.System` and knows nothing of any one service.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

import structlog

from privacy.datamap.http_parts import CONTACTS, HttpSystem, HttpTable
from privacy.datamap.parts import Identity, Stop
from privacy.datamap.scope import Scope
from privacy.systems.http.changing import Changer
from privacy.systems.http.client import Client, Network
from privacy.systems.http.erasing import Eraser
from privacy.systems.http.filling import CannotStand
from privacy.systems.http.reading import Found, Reader, dated, same
from privacy.systems.lookup import MOST_ROWS, Wanted
from privacy.systems.matching import (
    bindable,
    email_spellings,
    moment,
    normal_email,
    normal_phone,
    postal_email,
)
from privacy.systems.people import PersonRow
from privacy.systems.port import (
    Columns,
    Mark,
    MoreThanBound,
    Place,
    Row,
    TableCount,
    TableErased,
    TableErasure,
    TableStopped,
    Value,
)

log = structlog.get_logger()

# Asked for where nothing is wanted: that somebody is unknown must not show in the number of questions.
_NOBODY = {"email": "nobody@vera.invalid", "phone": "+49000000000", "customer_number": "0-none"}


class HttpSystemDoor:
    """One service of the company."""

    is_manual = False

    def __init__(
        self,
        name: str,
        described: HttpSystem,
        region: str,
        *,
        leading: bool,
        network: Network | None = None,
    ) -> None:
        self.name = name
        self._described = described
        self._region = region
        self._leading_table = next(described.identities(), (None,))[0] if leading else None
        self._client = Client(name, described, network or Network())
        self._reader = Reader(name, described, self._client)
        self._changer = Changer(name, self._client)
        self._eraser = Eraser(described, self._reader, self._changer)

    def search(self, wanted: Wanted) -> list[PersonRow]:
        """See `System.search`. Asks for one value after the other: a service has no "any of these"."""
        found: dict[tuple[str, Columns], PersonRow] = {}
        for table, identity in self._described.identities():
            for kind, values in _asked(identity, wanted).items():
                for value in sorted(values) or [_NOBODY[kind]]:
                    for person, key in self._matching(table, identity, kind, value, wanted):
                        found[table, key] = person
        return list(found.values())

    def counts(self, places: Sequence[Place], scope: Scope) -> list[TableCount]:
        """See `System.counts`: reads every page, each row once."""
        tables = [t for t in self._described.tables if scope.covers_table(self.name, t)]
        counts = {table: TableCount(table, 0) for table in tables}
        for found in self._reader.walk(places, tables):
            if found.table in counts:
                part = self._described.tables[found.table]
                if self._reader.in_range(found, scope.since, scope.until):
                    counts[found.table] = _counted(counts[found.table], part, found)
        return list(counts.values())

    def rows(
        self,
        table: str,
        places: Sequence[Place],
        scope: Scope,
        *,
        limit: int | None = None,
        skip: int = 0,
    ) -> Iterator[Row]:
        """See `System.rows`: in the order of the service, one page in memory."""
        part = self._described.tables[table]
        columns = [c for c in part.fields if scope.covers(f"{self.name}.{table}.{c}")]
        found = (
            one
            for one in self._reader.of(table, places)
            if self._reader.in_range(one, scope.since, scope.until)
        )
        for one in islice(found, skip, None if limit is None else skip + limit):
            yield Row(one.key, {column: one.values[column] for column in columns})

    def correct(
        self,
        places: Sequence[Place],
        table: str,
        values: Mapping[str, Value],
        *,
        key: Columns | None = None,
        only_where: Mapping[str, Value] | None = None,
    ) -> int:
        """See `System.correct`."""
        fitting = self._bounded(
            table,
            places,
            lambda found: (key is None or _is(found, key)) and _has(found, only_where or {}),
        )
        for found in fitting:
            self._changer.write(self._described.tables[table], found, values)
        return len(fitting)

    def erase(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> list[TableErased]:
        """See `System.erase`. A service has no transaction: cut off half-way, the same is asked again."""
        return self._eraser.erase(places, acts)

    def left(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> dict[str, int]:
        """See `System.left`."""
        return self._eraser.left(places, acts)

    def stop(
        self, places: Sequence[Place], stops: Sequence[tuple[str, Stop]], at: datetime
    ) -> list[TableStopped]:
        """See `System.stop`."""
        now = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        done = []
        for table, stop in stops:
            values = {name: now if value == "now" else value for name, value in stop.set.items()}
            rows = self._bounded(table, places, lambda _found: True)
            told = [found for found in rows if _has(found, stop.only_where)]
            for found in told:
                self._changer.write(self._described.tables[table], found, values, stop=True)
            done.append(TableStopped(table, len(told), len(rows) - len(told)))
        return done

    def marks(self, places: Sequence[Place] | None = None) -> Iterator[Mark]:
        """See `System.marks`. Every row: raises SystemRefused where the map has no read that lists them."""
        for table, identity in self._described.identities():
            rows = self._reader.every(table) if places is None else self._reader.of(table, places)
            for found in rows:
                person = self._person(table, identity, found)
                contacts = tuple(c for c in (person.email, person.phone) if c)
                yield Mark(
                    table, person.where, contacts, _born(self._described.tables[table], found)
                )

    def place_of(self, mark: Mark) -> Place:
        """See `System.place_of`."""
        return Place(mark.table, (mark.key,))

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def _matching(
        self, table: str, identity: Identity, kind: str, value: str, wanted: Wanted
    ) -> Iterator[tuple[PersonRow, Columns]]:
        """Rows that the service finds for one value, less those that do not hold anything wanted."""
        try:
            for count, found in enumerate(self._reader.by_contact(table, kind, value)):
                if count == MOST_ROWS:
                    log.warning("search_cut_off", system=self.name, count=count)
                    return
                person = self._person(table, identity, found)
                if (
                    person.email in wanted.emails
                    or person.phone in wanted.phones
                    or person.number in wanted.numbers
                ):
                    yield person, found.key
        except CannotStand:
            return  # no service can hold what no address can carry

    def _bounded(
        self, table: str, places: Sequence[Place], fits: Callable[[Found], bool]
    ) -> list[Found]:
        """The subject's rows that fit, all of them before any is changed. Raises MoreThanBound."""
        fitting: list[Found] = []
        for found in self._reader.of(table, places):
            if fits(found):
                fitting.append(found)
            if len(fitting) > self._described.tables[table].bound:
                raise MoreThanBound(self.name, table, "one person has more rows than the bound")
        return fitting

    def _person(self, table: str, identity: Identity, found: Found) -> PersonRow:
        number, raw, phone = (
            found.values.get(part.column) if part else None
            for part in (identity.customer_number, identity.email, identity.phone)
        )
        email = normal_email(raw)
        by_row = identity.person == "row" and identity.key is not None
        where = {identity.key: found.values.get(identity.key)} if identity.key and by_row else {
            part.column: found.values.get(part.column)
            for part in (identity.customer_number, identity.email, identity.phone)
            if part
        }  # fmt: skip
        return PersonRow(
            system=self.name,
            table=table,
            leads=table == self._leading_table,
            key=str(found.values.get(identity.key)) if identity.key and by_row else None,
            number=(str(number).strip() or None) if number is not None else None,
            number_confirmed=identity.customer_number is not None
            and identity.customer_number.confirmed,
            email=email,
            phone=normal_phone(phone, self._region),
            mailbox=postal_email(raw, email),
            changed_at=moment(found.values.get(identity.changed_at or "")),
            where=tuple(where.items()),
        )


def _asked(identity: Identity, wanted: Wanted) -> dict[str, set[str]]:
    """What to ask for, by kind of contact, of those that the table has."""
    parts = (identity.email, identity.phone, identity.customer_number)
    values = (wanted.emails, wanted.phones, wanted.numbers)
    asked = {
        kind: {value for value in some if bindable(value)}
        for kind, part, some in zip(CONTACTS, parts, values, strict=True)
        if part
    }
    if identity.email and identity.email.stored == "as_typed":
        asked["email"] = {s for email in asked["email"] for s in email_spellings(email)}
    return asked


def _counted(count: TableCount, part: HttpTable, found: Found) -> TableCount:
    day = dated(part, found.values)
    days = [d for d in (count.first, count.last, day) if d]
    return TableCount(count.table, count.rows + 1, min(days, default=None), max(days, default=None))


def _is(found: Found, key: Columns) -> bool:
    own = dict(found.key)
    return len(own) == len(key) and all(name in own and same(own[name], v) for name, v in key)


def _has(found: Found, wanted: Mapping[str, Value]) -> bool:
    return all(same(found.values.get(name), value) for name, value in wanted.items())


def _born(part: HttpTable, found: Found) -> str:
    """What tells a row from another one that gets its key later."""
    if part.dated_by:
        return str(found.values.get(part.dated_by) or "")
    told = json.dumps([found.values.get(name) for name in part.fields])
    return hashlib.sha256(told.encode()).hexdigest()[:32]

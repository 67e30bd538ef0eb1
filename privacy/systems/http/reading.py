"""Reads rows of a service: the persons' own, and from row to row along the links of the map.

What a service sends is looked at again, since one that overlooks a word of the query sends
everybody's rows: an identity row must hold what was asked for, a linked row must name the row that
it was asked for.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from privacy.datamap.http_parts import CONTACTS, HttpSystem, HttpTable, Read
from privacy.datamap.pointers import read_at, stands_at
from privacy.systems.http.client import Client
from privacy.systems.http.filling import CannotStand, question
from privacy.systems.http.paging import LeadsAstray, first, following, rows_of
from privacy.systems.matching import moment
from privacy.systems.port import Columns, Place, Scalar, SystemRefused


@dataclass(frozen=True, slots=True)
class Found:
    """One row as the service sent it; personal."""

    table: str
    row: Mapping[str, Any] = field(repr=False)
    values: Mapping[str, Scalar] = field(repr=False)
    key: Columns = field(repr=False)
    parent: "Found | None" = field(default=None, repr=False)

    def placeholders(self) -> dict[str, Any]:
        """What a call about this row may be filled with."""
        known: dict[str, Any] = {f"value.{name}": value for name, value in self.values.items()}
        known |= {f"parent.{n}": v for n, v in self.parent.values.items()} if self.parent else {}
        return known | {"key": self.key[0][1]} if len(self.key) == 1 else known


class Reader:
    """The rows of one service."""

    def __init__(self, name: str, described: HttpSystem, client: Client) -> None:
        self.name = name
        self._described = described
        self._client = client
        self.linked: dict[str, list[str]] = {table: [] for table in described.tables}
        for table, part in described.tables.items():
            if part.link and not part.identity:
                self.linked[part.link.table].append(table)

    def by_contact(self, table: str, kind: str, value: str) -> Iterator[Found]:
        """Rows of an identity table that the service finds by a contact; it may find too many.

        Raises CannotStand where the service cannot be asked for this value.
        """
        read = self._table(table).reads_by(kind)
        return self._list(table, read, {kind: value}, None) if read else iter(())

    def every(self, table: str) -> Iterator[Found]:
        """All rows of an identity table. Raises SystemRefused where the map has no way to ask."""
        read = self._table(table).reads_by("")
        if read is None:
            raise self.refused(table, "the map has no read that lists every row")
        yield from self._list(table, read, {}, None)

    def of(self, table: str, places: Sequence[Place]) -> Iterator[Found]:
        """The subject's rows of one table, page by page, in the order of the service."""
        part = self._table(table)
        if part.identity or part.link is None:
            yield from self._identity_rows(table, places)
            return
        for parent in self.of(part.link.table, places):
            yield from self.children(table, parent)

    def walk(self, places: Sequence[Place], tables: Iterable[str]) -> Iterator[Found]:
        """The subject's rows of some tables and of those they are linked to: each row before its dependants,
        everything read once."""
        needed = {above for table in tables for above in self.chain(table)}
        for table in self._described.tables:
            if table in needed and self._table(table).identity:
                for found in self._identity_rows(table, places):
                    yield from self._down(found, needed)

    def chain(self, table: str) -> list[str]:
        """A table and the tables it is linked to, up to its identity."""
        chain = [table]
        while not (part := self._table(chain[-1])).identity and part.link:
            chain.append(part.link.table)
        return chain

    def children(self, table: str, parent: Found) -> Iterator[Found]:
        """The rows of a table that are linked to this one."""
        part = self._table(table)
        read = part.reads_by("parent")
        if read is None or part.link is None:
            raise self.refused(table, "the map has no read for the rows of one person")
        theirs = parent.values.get(part.link.target)
        values = {f"parent.{name}": value for name, value in parent.values.items()}
        by_path = any(name.startswith("parent.") for name in read.in_path())
        try:
            for found in self._list(table, read, values, parent):
                if not stands_at(found.row, part.pointer(part.link.column)):
                    if not by_path:
                        raise self.refused(table, "its rows do not say whose they are")
                elif not same(found.values[part.link.column], theirs):
                    continue
                yield found
        except CannotStand:
            raise self.refused(table, "a value cannot stand in its address") from None

    def day(self, found: Found, by: Literal["came", "counted"]) -> date | None:
        """The day of a row, by its own column or that of the nearest row up its links that has one."""
        one: Found | None = found
        while one is not None:
            part = self._table(one.table)
            columns = (part.dated_by, part.counted_from)
            column = next((c for c in (columns if by == "came" else columns[::-1]) if c), None)
            if column:
                return day_of(one.values.get(column))
            one = one.parent
        return None

    def in_range(self, found: Found, since: date | None, until: date | None) -> bool:
        """Does a row lie in a range of days, both included? One without a date lies in none."""
        if since is None and until is None:
            return True
        day = self.day(found, "came")
        return day is not None and (since or date.min) <= day <= (until or date.max)

    def refused(self, table: str, why: str) -> SystemRefused:
        return SystemRefused(self.name, table, why)

    def _down(self, found: Found, needed: set[str]) -> Iterator[Found]:
        yield found
        for table in self.linked[found.table]:
            if table in needed:
                for child in self.children(table, found):
                    yield from self._down(child, needed)

    def _identity_rows(self, table: str, places: Sequence[Place]) -> Iterator[Found]:
        for place in places:
            described = self._described.tables.get(place.table)
            if described is None or described.identity is None:
                raise self.refused(place.table, "nobody is found in this table")
        seen: set[Columns] = set()  # one row may be meant by two of the places
        for place in places:
            for columns in place.rows if place.table == table else ():
                for found in self._at(table, dict(columns)):
                    if found.key not in seen:
                        seen.add(found.key)
                        yield found

    def _at(self, table: str, wanted: Mapping[str, Scalar]) -> Iterator[Found]:
        read, values = self._way_to(table, wanted)
        try:
            for found in self._list(table, read, values, None):
                if all(same(found.values.get(name), value) for name, value in wanted.items()):
                    yield found
        except CannotStand:
            raise self.refused(table, "a value cannot stand in its address") from None

    def _way_to(self, table: str, wanted: Mapping[str, Scalar]) -> tuple[Read, dict[str, Scalar]]:
        part = self._table(table)
        ways = {"key": part.row_key}
        if part.identity:
            contacts = (part.identity.email, part.identity.phone, part.identity.customer_number)
            ways |= {k: c.column for k, c in zip(CONTACTS, contacts, strict=True) if c}
        for kind, column in ways.items():
            read = part.reads_by(kind)
            if read and wanted.get(column) is not None:
                return read, {kind: wanted[column]}
        raise self.refused(table, "the map has no read for a row that was found before")

    def _list(
        self, table: str, read: Read, values: Mapping[str, Any], parent: Found | None
    ) -> Iterator[Found]:
        paging = read.paging or self._described.paging
        part = self._table(table)
        page, before = first(paging), None
        asked = question(
            read, self._client.base_path, values, fine=frozenset(read.nobody), extra=page.query
        )
        for _ in range(self._described.max_pages):
            answer = self._client.ask(asked, table)
            if answer.status in read.nobody:
                return
            rows = rows_of(answer.json, read.items)
            if rows is None:
                raise self.refused(table, "its answer has no rows where the map says")
            if rows and rows == before:
                raise self.refused(table, "its pages repeat themselves")
            before = rows
            for row in rows:
                yield self._found(table, part, row, parent)
            try:
                then = following(paging, page, asked, answer, len(rows), self._described.base_url)
            except LeadsAstray:
                raise self.refused(table, "its next page is not where it may be") from None
            if then is None:
                return
            page = then
            asked = question(
                read, self._client.base_path, values, fine=asked.fine, extra=page.query
            )
            if page.target is not None:
                asked = replace(asked, target=page.target)
        raise self.refused(table, "it has more pages than max_pages")

    def _found(
        self, table: str, part: HttpTable, row: Mapping[str, Any], parent: Found | None
    ) -> Found:
        values = {name: _plain(read_at(row, part.pointer(name))) for name in part.columns()}
        if not part.row_key:
            return Found(table, row, values, tuple(values.items()), parent)
        key = values.get(part.row_key)
        if key is None:
            raise self.refused(table, "a row of it has no key")
        return Found(table, row, values, ((part.row_key, key),), parent)

    def _table(self, table: str) -> HttpTable:
        return self._described.tables[table]


def same(one: object, other: object) -> bool:
    """Are two values one, though a service may write a number as text?"""
    if one is None or other is None:
        return one is other
    return str(one) == str(other)


def day_of(value: object) -> date | None:
    """The day of a stored moment (UTC)."""
    at = moment(value)
    return at.date() if at else None


def dated(part: HttpTable, values: Mapping[str, Scalar]) -> date | None:
    """When a row came to be, as it says itself."""
    return day_of(values.get(part.dated_by or part.counted_from or ""))


def _plain(value: Any) -> Scalar:
    """Lists and objects as JSON text."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

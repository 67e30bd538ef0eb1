"""The one place where it is said whose rows a statement is about.

A table with an identity is selected by the subject's places, a linked one by the rows it hangs on,
along the links of the data map. Nothing here can make a condition that names nobody: such a place
raises `Nobody`, so that no statement without its subject is ever built.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Literal

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, or_

from privacy.datamap.parts import System
from privacy.systems.comparing import Pointing, among, bound
from privacy.systems.days import When, on_days
from privacy.systems.port import Columns, Place, SystemRefused
from privacy.systems.shape import Shape
from privacy.systems.stored import given_back


class Nobody(SystemRefused):
    """Somebody asked for rows without saying whose."""

    def __init__(self, system: str, table: str) -> None:
        super().__init__(system, table, "nothing says whose rows are meant")


class Whose:
    """The rows of one subject in one database."""

    def __init__(
        self, system: str, described: System, shape: Callable[[str], Shape], places: Sequence[Place]
    ) -> None:
        self._system, self._described, self._shape = system, described, shape
        self._places: dict[str, list[Columns]] = {}
        for place in places:
            table = described.tables.get(place.table)
            if table is None or table.identity is None:
                raise SystemRefused(system, place.table, "nobody is found in this table")
            self._places.setdefault(place.table, []).extend(place.rows)

    def reaches(self, table: str, when: When | None = None) -> bool:
        """May there be rows of the subject in this table?"""
        return any(True for _ in self._ways(table, when, frozenset()))

    def rows(
        self,
        table: str,
        when: When | None = None,
        *,
        source: FromClause | None = None,
        alone: bool = False,
    ) -> ColumnElement[bool]:
        """The condition for the subject's rows. `alone`: not those that hang on somebody else's row too.

        Raises Nobody where nothing says whose rows are meant, ColumnMissing.
        """
        return self._rows(table, when, source, alone, frozenset())

    def _ways(
        self, table: str, when: When | None, seen: frozenset[str]
    ) -> list[Literal["place", "link"]]:
        """How the subject's rows of a table are found: here, or by what they hang on."""
        described = self._described.tables[table]
        dated = when is not None and when.column(described) is not None
        ways: list[Literal["place", "link"]] = []
        if self._places.get(table) and (when is None or dated):
            ways.append("place")
        link, seen = described.link, seen | {table}
        if (
            link
            and link.table in self._described.tables
            and link.table not in seen
            and self._ways(link.table, None if dated else when, seen)
        ):
            ways.append("link")
        return ways

    def _rows(
        self,
        table: str,
        when: When | None,
        source: FromClause | None,
        alone: bool,
        seen: frozenset[str],
    ) -> ColumnElement[bool]:
        described, shape = self._described.tables[table], self._shape(table)
        here = shape.source if source is None else source
        dated = when.column(described) if when else None
        found: list[ColumnElement[bool]] = []
        for way in self._ways(table, when, seen):
            if way == "place":
                found.append(fits(self._system, shape, here, self._places[table]))
            else:
                upward = None if dated else when
                found.append(self._hanging(table, upward, here, alone, seen | {table}))
        if not found:
            raise Nobody(self._system, table)
        whose = or_(*found)
        return and_(whose, on_days(shape, dated, here, when)) if when and dated else whose

    def _hanging(
        self, table: str, when: When | None, here: FromClause, alone: bool, seen: frozenset[str]
    ) -> ColumnElement[bool]:
        link = self._described.tables[table].link
        assert link is not None
        shape, above = self._shape(table), self._shape(link.table)
        parent = above.source.alias()
        theirs = self._rows(link.table, when, parent, alone, seen)
        mine = Pointing(shape, link.columns, here, above, link.targets, parent).leads_to(theirs)
        if not alone or above.names_one(link.targets):
            return mine
        other = above.source.alias()
        not_mine = case((self._rows(link.table, None, other, False, seen), 0), else_=1) == 1
        same = Pointing(shape, link.columns, here, above, link.targets, other).meets()
        shared = exists().select_from(other).where(*same, not_mine)
        return and_(mine, ~shared.correlate(here))


def fits(
    system: str, shape: Shape, source: FromClause, rows: Sequence[Columns]
) -> ColumnElement[bool]:
    """Rows that hold one of these sets of values. Raises Nobody for a set that says nothing."""
    if not rows:
        raise Nobody(system, shape.name)
    for row in rows:
        if all(value is None or value == "" for _, value in row):
            raise Nobody(system, shape.name)

    # Sets with the same columns in use become one list, however long it is.
    def outline(row: Columns) -> tuple[tuple[str, bool], ...]:
        return tuple((name, value is None) for name, value in row)

    found = []
    for columns, alike in groupby(sorted(dict.fromkeys(rows), key=outline), key=outline):
        filled = [name for name, empty in columns if not empty]
        values = [
            tuple(given_back(value, bound(shape, name)) for name, value in row if value is not None)
            for row in alike
        ]
        nothing = [shape.column(name, source).is_(None) for name, empty in columns if empty]
        found.append(and_(among(shape, source, filled, values), *nothing))
    return or_(*found)

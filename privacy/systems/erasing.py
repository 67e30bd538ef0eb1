"""How the rows of one subject go, or go empty, table by table in one transaction.

It does what it is told by table; what the law wants gone or kept is decided elsewhere. A row to which
another row still points stays as an empty shell, so that what must be kept still hangs together.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    FromClause,
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
    update,
)

from privacy.datamap.parts import System
from privacy.systems.days import When, days
from privacy.systems.neutral import Neutral, neutral
from privacy.systems.port import MoreThanBound, SystemRefused, TableErased, TableErasure
from privacy.systems.refusals import At
from privacy.systems.shape import Pointer, Shape, Shapes
from privacy.systems.whose import Whose

_AT_ONCE = 5_000  # rows that get a value of their own, held in memory together


class Act:
    """What becomes of one table: the statements, none without its subject."""

    def __init__(
        self, system: str, described: System, shape: Shape, whose: Whose, act: TableErasure,
        pointers: Sequence[tuple[Pointer, Shape]],
    ) -> None:  # fmt: skip
        self.table, self.bound = act.table, described.tables[act.table].bound
        self._system, self._described, self._shape = system, described, shape
        self._whose, self._act, self._pointers = whose, act, pointers
        older = When("counted", before=act.older_than) if act.older_than else None
        ranges = [when for when in (older, days(act.since, act.until)) if when]
        self._whens: Sequence[When | None] = ranges or [None]

    @property
    def reaches(self) -> bool:
        """May the subject have rows here?"""
        return all(self._whose.reaches(self.table, when) for when in self._whens)

    def counted(self) -> Select[int]:
        """How many rows are the subject's."""
        return self._counting()

    def gone(self) -> Delete | None:
        """The rows that go."""
        if self._act.rows == "stay":
            return None
        return delete(self._shape.source).where(self._mine, not_(self._held))

    def emptied(self) -> Update | None:
        """The rows that stay, where each gets the same values."""
        if not self._blank or self.of_row:
            return None
        return (
            update(self._shape.source)
            .where(self._mine, self._still)
            .values({part.column: part.bound for part in self._blank})
        )

    @cached_property
    def of_row(self) -> list[Neutral]:
        """Values that each row gets for itself."""
        return [part for part in self._blank if part.of_row]

    def next_keys(self) -> Select[*tuple[Any, ...]]:
        """Keys of some rows that still hold what should be gone."""
        keys = [self._shape.column(name) for name in self._shape.key]
        return select(*keys).where(self._mine, self._still).limit(_AT_ONCE)

    def emptied_one(self) -> Update:
        """One row by its own key, as `next_keys` found it among the subject's."""
        by_key = [
            self._shape.column(name) == bindparam(f"vera_key_{number}")
            for number, name in enumerate(self._shape.key)
        ]
        values = {
            part.column: bindparam(f"vera_new_{number}") if part.of_row else part.bound
            for number, part in enumerate(self._blank)
        }
        return update(self._shape.source).where(*by_key).values(values)

    def bound_for(self, key: Sequence[object]) -> dict[str, object]:
        """What to bind to `emptied_one`."""
        bound = {f"vera_key_{number}": part for number, part in enumerate(key)}
        for number, part in enumerate(self._blank):
            if part.of_row:
                bound[f"vera_new_{number}"] = part.of_row(key)
        return bound

    def going(self) -> Select[int]:
        """How many rows are there that should be gone."""
        return self._counting(not_(self._held) if self._act.rows == "erase" else false())

    def staying(self) -> Select[int]:
        """How many rows are there that stay."""
        return self._counting(self._held if self._act.rows == "erase" else true())

    def holding(self) -> Select[int]:
        """How many of those that stay still hold what should be gone."""
        holding = self._still if self._blank else false()
        return self._counting(and_(self._held, holding) if self._act.rows == "erase" else holding)

    def _counting(self, *conditions: ColumnElement[bool]) -> Select[int]:
        return select(func.count()).select_from(self._shape.source).where(self._mine, *conditions)

    @cached_property
    def _mine(self) -> ColumnElement[bool]:
        return self._of_subject()

    def _of_subject(self, source: FromClause | None = None) -> ColumnElement[bool]:
        return and_(
            *(self._whose.rows(self.table, when, source=source, alone=True) for when in self._whens)
        )

    @cached_property
    def _still(self) -> ColumnElement[bool]:
        return or_(*(part.still() for part in self._blank))

    @cached_property
    def _blank(self) -> list[Neutral]:
        points = {column for p in self._shape.pointers for column in p.columns}
        return [
            neutral(self._system, self._shape, name, wanted, name in points)
            for name, wanted in self._act.blank.items()
            if name not in self._never_blank
        ]

    @cached_property
    def _never_blank(self) -> frozenset[str]:
        """What a row that stays is known by."""
        identity = self._described.tables[self.table].identity
        links = [t.link for t in self._described.tables.values() if t.link]
        return frozenset(
            [
                *self._shape.key,
                *self._shape.computed,
                *([identity.key] if identity and identity.key else []),
                *(t for link in links if link.table == self.table for t in link.targets),
                *(target for pointer, _ in self._pointers for target in pointer.targets),
            ]
        )

    @cached_property
    def _held(self) -> ColumnElement[bool]:
        """A row that stays still points at this one."""
        held: list[ColumnElement[bool]] = []
        for pointer, shape in self._pointers:
            if pointer.table == self.table:
                held.append(self._held_by_its_own(pointer))
                continue
            other = shape.source.alias()
            same = [
                shape.column(column, other) == self._shape.column(target)
                for column, target in zip(pointer.columns, pointer.targets, strict=True)
            ]
            held.append(exists().select_from(other).where(*same).correlate(self._shape.source))
        return or_(*held) if held else false()

    def _held_by_its_own(self, pointer: Pointer) -> ColumnElement[bool]:
        """Another person's row of the same table points at this one.

        Through a table of its own (DISTINCT keeps it one): MySQL forbids to ask the table from which it deletes.
        """
        other = self._shape.source.alias()
        columns = [self._shape.column(name, other) for name in pointer.columns]
        mine = self._of_subject(other)
        found = (
            select(*columns)
            .where(*(c.is_not(None) for c in columns), case((mine, 0), else_=1) == 1)
            .distinct()
            .correlate(None)
            .subquery()
        )
        targets = [self._shape.column(name) for name in pointer.targets]
        inner = select(*found.c)
        return targets[0].in_(inner) if len(targets) == 1 else tuple_(*targets).in_(inner)


class Erasing:
    """All acts on one database, in the order given: dependants first."""

    def __init__(
        self, system: str, described: System, shapes: Shapes, connection: Connection, whose: Whose,
        acts: Sequence[TableErasure],
    ) -> None:  # fmt: skip
        self._system, self._connection = system, connection
        self._acts = [
            Act(
                system, described, shapes.of(connection, act.table), whose, act,
                [
                    (pointer, shapes.of(connection, pointer.table))
                    for pointer in pointers_to(described, shapes, connection, act.table)
                ],
            )
            for act in acts
        ]  # fmt: skip

    def check(self, at: At) -> list[int]:
        """How many rows each act is about. Raises MoreThanBound."""
        counts = []
        for act in self._acts:
            at.table = act.table
            count = self._connection.scalar(act.counted()) if act.reaches else 0
            if (count or 0) > act.bound:
                raise MoreThanBound(
                    self._system, act.table, f"more than {act.bound} rows of one person"
                )
            counts.append(count or 0)
        return counts

    def do(self, at: At) -> Iterator[TableErased]:
        """Check all, then do one act after the other. Raises MoreThanBound before anything is changed."""
        counts = self.check(at)
        for act, count in zip(self._acts, counts, strict=True):
            at.table = act.table
            if not act.reaches:
                yield TableErased(act.table, 0, 0, 0)
                continue
            erased = self._erase(act)
            # Only where rows stay must there be something to write into them.
            blanked = self._empty(act, count - erased) if count > erased else 0
            if erased + blanked > count:
                raise SystemRefused(self._system, act.table, "more rows changed than were counted")
            yield TableErased(act.table, erased, blanked, self._left(act))

    def left(self) -> Iterator[tuple[str, int]]:
        """Per table, how many rows still hold what should be gone."""
        for act in self._acts:
            yield act.table, self._left(act) if act.reaches else 0

    def _left(self, act: Act) -> int:
        going = self._connection.scalar(act.going()) or 0
        stays = self._connection.scalar(act.staying())
        return going + ((self._connection.scalar(act.holding()) or 0) if stays else 0)

    def _erase(self, act: Act) -> int:
        statement = act.gone()
        return self._connection.execute(statement).rowcount if statement is not None else 0

    def _empty(self, act: Act, most: int) -> int:
        statement = act.emptied()
        if statement is not None:
            return self._connection.execute(statement).rowcount
        changed = 0
        while act.of_row:
            keys = self._connection.execute(act.next_keys()).all()
            if not keys:
                break
            changed += len(keys)
            if changed > most:
                raise SystemRefused(self._system, act.table, "its rows do not stay as written")
            self._connection.execute(act.emptied_one(), [act.bound_for(key) for key in keys])
        return changed


def pointers_to(
    described: System, shapes: Shapes, connection: Connection, table: str
) -> list[Pointer]:
    """What may hold a row of this table: links of the map and foreign keys of the database."""
    keys = shapes.pointers(connection)
    found = [p for p in keys if p.to == table and not p.unlinks]
    for name, other in described.tables.items():
        link = other.link
        if link is None or link.table != table:
            continue
        pointer = Pointer(name, link.columns, table, link.targets)
        # A link may go against the database's own key (a customer's address): then it holds nothing.
        against = any(
            p.table == table and p.to == name and p.columns == pointer.targets for p in keys
        )
        if not against:
            found.append(pointer)
    return list(dict.fromkeys(found))

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
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)

from privacy.datamap.parts import System
from privacy.systems import mysql
from privacy.systems.comparing import Pointing
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

    @property
    def keeps_history(self) -> bool:
        """Would what goes from this table still be there?"""
        return self._shape.keeps_history

    def counted(self) -> Select[int]:
        """How many rows are the subject's."""
        return self._counting()

    def gone(self) -> Delete | None:
        """The rows that go."""
        if self._act.rows == "stay":
            return None
        return self._shape.by_index(delete(self._shape.source).where(self._mine, not_(self._held)))

    def loosened(self) -> Update | None:
        """The rows that go let go of each other, where the database looks at its keys row by row (InnoDB)."""
        if self._act.rows == "stay" or self._shape.dialect not in mysql.NAMES:
            return None
        own = [
            name
            for pointer, _ in self._pointers
            if pointer in self._shape.pointers and pointer.table == self.table
            for name in pointer.columns
            if name in self._shape.nullable and name not in self._found_by
        ]
        if not own:
            return None
        values = dict.fromkeys(own, null())
        going = update(self._shape.source).where(self._mine, not_(self._held))
        return self._shape.by_index(going.values(values))

    def emptied(self) -> Update | None:
        """The rows that stay, where each gets the same values."""
        if not self._blank or self.of_row:
            return None
        holding = update(self._shape.source).where(self._mine, self._still)
        return self._shape.by_index(
            holding.values({part.column: part.bound for part in self._blank})
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

    def cannot(self) -> Iterator[str]:
        """Why a row that has to stay could not be emptied, whoever's it is."""
        if self._act.rows == "erase" and not self._pointers:
            return
        for name in self._act.blank:
            try:
                self._neutral(name)
            except SystemRefused as refused:
                yield refused.why

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
        return [part for name in self._act.blank if (part := self._neutral(name))]

    def _neutral(self, name: str) -> Neutral | None:
        """What takes the place of a column's values; None for one that its row is known by."""
        if name in self._never_blank:
            return None
        points = any(name in pointer.columns for pointer in self._shape.pointers)
        return neutral(self._system, self._shape, name, self._act.blank[name], points)

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
    def _found_by(self) -> frozenset[str]:
        """What says whose a row is, and of which day."""
        table = self._described.tables[self.table]
        link, identity = table.link, table.identity
        parts = (identity.customer_number, identity.email, identity.phone) if identity else ()
        named = [*(link.columns if link else ()), *(part.column for part in parts if part)]
        dates = [day for day in (table.dated_by, table.counted_from) if day]
        return self._never_blank.union(named, dates)

    @cached_property
    def _held(self) -> ColumnElement[bool]:
        """A row that stays still points at this one."""
        held = self._held_elsewhere(self._shape.source)
        by_target: dict[tuple[str, ...], list[Pointer]] = {}
        for pointer, _ in self._pointers:
            if pointer.table == self.table:
                by_target.setdefault(pointer.targets, []).append(pointer)
        held += [self._held_by_its_own(*one) for one in by_target.items()]
        return or_(*held) if held else false()

    def _held_elsewhere(self, source: FromClause) -> list[ColumnElement[bool]]:
        """Rows of other tables point at this one: what had to go there is gone already."""
        held: list[ColumnElement[bool]] = []
        for pointer, shape in self._pointers:
            if pointer.table == self.table:
                continue
            other = shape.source.alias()
            pointing = Pointing(shape, pointer.columns, other, self._shape, pointer.targets, source)
            same = pointing.meets()
            held.append(exists().select_from(other).where(*same).correlate(source))
        return held

    def _held_by_its_own(
        self, targets: tuple[str, ...], pointers: Sequence[Pointer]
    ) -> ColumnElement[bool]:
        """A row of the same table that stays points at this one, or at one that points at it, and so on: the answer
        to an answer keeps the whole thread.

        Found through tables of their own: MySQL forbids to ask the table from which it deletes.
        """
        staying = [self._pointed(pointer, targets, staying=True) for pointer in pointers]
        pointing = [self._pointed(pointer, targets, staying=False) for pointer in pointers]
        width = len(targets)
        first = union_all(*staying).subquery()
        edges = union_all(*pointing).subquery()
        held = select(*list(first.c)[width:]).cte(recursive=True, nesting=True)
        again = [edges.c[number] == held.c[number] for number in range(width)]
        held = held.union(
            select(*list(edges.c)[width:]).select_from(edges.join(held, and_(*again)))
        )
        own = [self._shape.column(name) for name in targets]
        found = select(*held.c).distinct().correlate(None).subquery()
        inner = select(*found.c)
        return own[0].in_(inner) if width == 1 else tuple_(*own).in_(inner)

    def _pointed(
        self, pointer: Pointer, targets: tuple[str, ...], *, staying: bool
    ) -> Select[*tuple[Any, ...]]:
        """What names a row, and what names the subject's row at which it points; `staying`: of rows that stay for a
        reason of their own, else of the subject's."""
        other, here = self._shape.source.alias(), self._shape.source.alias()
        to = [self._shape.column(name, other) for name in pointer.columns]
        mine = self._of_subject(other)
        if staying:
            theirs = case((mine, 0), else_=1) == 1
            conditions = [or_(theirs, *self._held_elsewhere(other))]
        else:
            conditions = [mine]
        conditions.append(
            Pointing(self._shape, pointer.columns, other, self._shape, targets, here).leads_to(
                self._of_subject(here)
            )
        )
        names = [self._shape.column(name, other) for name in targets]
        labelled = [c.label(f"vera_{number}") for number, c in enumerate([*names, *to])]
        return select(*labelled).where(*conditions).correlate(None)


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
            if act.keeps_history:
                raise SystemRefused(self._system, act.table, "it keeps what is deleted from it")
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

    def cannot(self) -> Iterator[tuple[str, str]]:
        """Tables with rows that could not be emptied where they have to stay, and why."""
        for act in self._acts:
            yield from ((act.table, why) for why in act.cannot())

    def left(self) -> Iterator[tuple[str, int]]:
        """Per table, how many rows still hold what should be gone."""
        for act in self._acts:
            yield act.table, self._left(act) if act.reaches else 0

    def _left(self, act: Act) -> int:
        going = self._connection.scalar(act.going()) or 0
        stays = self._connection.scalar(act.staying())
        return going + ((self._connection.scalar(act.holding()) or 0) if stays else 0)

    def _erase(self, act: Act) -> int:
        loosened, statement = act.loosened(), act.gone()
        loose = self._connection.execute(loosened).rowcount if loosened is not None else 0
        gone = self._connection.execute(statement).rowcount if statement is not None else 0
        if loose > gone:
            raise SystemRefused(self._system, act.table, "its rows do not stay as written")
        return gone

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

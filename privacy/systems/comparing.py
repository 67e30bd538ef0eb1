"""When a column holds exactly the value that is meant, and when a row points at another one: letter by letter, whatever
the database takes for the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, not_, or_, select, tuple_

from privacy.systems import mysql
from privacy.systems.port import Value
from privacy.systems.shape import Shape
from privacy.systems.stored import given_back

type _Places = list[ColumnElement[Any]]


def equals(
    shape: Shape, name: str, value: Value, source: FromClause | None = None
) -> ColumnElement[bool]:
    """The column holds exactly this; None is NULL."""
    place = shape.column(name, source)
    if value is None:
        return place.is_(None)
    here = shape.source if source is None else source
    return among(shape, here, [name], [(given_back(value, bound(shape, name)),)])


def differs(shape: Shape, name: str, value: Any) -> ColumnElement[bool]:
    """The column holds something else than this value of its own type, or nothing."""
    place = shape.column(name)
    if not _is_loose(shape, name) or not isinstance(value, str):
        other: ColumnElement[bool] = place.is_distinct_from(value)
        return other
    return or_(place.is_(None), not_(among(shape, shape.source, [name], [(value,)])))


def holds_other(shape: Shape, name: str, value: Any) -> ColumnElement[bool]:
    """The column holds something, and not this value of its own type."""
    place = shape.column(name)
    if not _is_loose(shape, name) or not isinstance(value, str):
        other: ColumnElement[bool] = place != value
        return other
    return and_(place.is_not(None), differs(shape, name, value))


def among(
    shape: Shape, source: FromClause, names: Sequence[str], values: Sequence[tuple[Any, ...]]
) -> ColumnElement[bool]:
    """The columns hold one of these sets of values."""
    places: _Places = [shape.column(name, source) for name in names]
    loose = [_is_loose(shape, name) for name in names]
    if not any(loose):
        return _in(places, values)
    # Look by the index first, then letter by letter.
    texts = [tuple(_text(v) if one else v for v, one in zip(row, loose, strict=True)) for row in values]  # fmt: skip
    exact: _Places = [
        mysql.letters(place) if one else place for place, one in zip(places, loose, strict=True)
    ]
    letters = [
        tuple(v.encode() if one else v for v, one in zip(row, loose, strict=True)) for row in texts
    ]
    found = _in(exact, letters)
    told = "".join(v for row in texts for v, one in zip(row, loose, strict=True) if one)
    return (
        found
        if shape.narrow & set(names) and not told.isascii()
        else and_(_in(places, texts), found)
    )


@dataclass(frozen=True, slots=True)
class Pointing:
    """Columns of rows of one table (`here`) that hold what columns of another table's rows (`there`) hold."""

    shape: Shape
    columns: Sequence[str]
    here: FromClause
    above: Shape
    targets: Sequence[str]
    there: FromClause

    def leads_to(self, whose: ColumnElement[bool]) -> ColumnElement[bool]:
        """The row points at one of the rows for which a condition holds."""

        def pointing(own: _Places, theirs: _Places) -> ColumnElement[bool]:
            found: Select[Any] = select(*theirs).where(whose).correlate(None)
            return own[0].in_(found) if len(own) == 1 else tuple_(*own).in_(found)

        return and_(
            *(pointing([a for a, _ in side], [b for _, b in side]) for side in self._sides())
        )

    def meets(self) -> list[ColumnElement[bool]]:
        """The conditions under which one row points at another."""
        return [a == b for side in self._sides() for a, b in side]

    def _sides(self) -> list[list[tuple[ColumnElement[Any], ColumnElement[Any]]]]:
        """What is compared with what, once for the index where one can serve, and once letter by letter where that
        is another thing."""
        pairs = list(zip(self.columns, self.targets, strict=True))
        plain: list[tuple[ColumnElement[Any], ColumnElement[Any]]] = [
            (self.shape.column(own, self.here), self.above.column(target, self.there))
            for own, target in pairs
        ]
        # Where the database has a key of its own, it has decided itself what is the same.
        is_key = any(
            key.to == self.above.name
            and set(zip(key.columns, key.targets, strict=True)) == set(pairs)
            for key in self.shape.pointers
        )
        loose = [
            _is_loose(self.shape, own) or _is_loose(self.above, target) for own, target in pairs
        ]
        if is_key or not any(loose):
            return [plain]
        exact = [
            (mysql.letters(a), mysql.letters(b)) if one else (a, b)
            for (a, b), one in zip(plain, loose, strict=True)
        ]
        # Texts of two collations are not comparable at all, and a number is taken for any text that begins with it.
        alike = all(
            self.shape.collations.get(own) == self.above.collations.get(target)
            for own, target in pairs
        )
        return [plain, exact] if alike else [exact]


def bound(shape: Shape, name: str) -> type:
    """The type to which values of a column are brought. SQLite holds what it was given."""
    shape.column(name)
    kind = shape.kinds[name]
    return kind if shape.dialect != "sqlite" or kind is bytes else object


def _is_loose(shape: Shape, name: str) -> bool:
    """Does the database take several texts for one here?"""
    shape.column(name)
    return shape.dialect in mysql.NAMES and shape.kinds[name] is str


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else str(value)


def _in(places: _Places, values: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    if len(places) > 1:
        return tuple_(*places).in_(values)
    [place] = places
    return place == values[0][0] if len(values) == 1 else place.in_([v for (v,) in values])

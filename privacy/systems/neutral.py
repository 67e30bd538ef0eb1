"""What is written where a value is to be gone and its row stays: nothing, or something that says nothing.

NULL where the column allows it, else an empty value of its type; where values must differ, a new one
made from the row's own key, so that it is the same each time.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, DateTime, Enum, LargeBinary, String, cast, null
from sqlalchemy.dialects.postgresql import DOMAIN, INET
from sqlalchemy.types import TypeEngine

from privacy.systems import mysql
from privacy.systems.comparing import holds_other
from privacy.systems.matching import NOBODYS
from privacy.systems.port import SystemRefused
from privacy.systems.shape import Shape
from privacy.systems.stored import given_back, scalar

_PREFIX: Final = "erased"
_DIGITS: Final = 12
_EMPTY: Final[dict[type, Any]] = {
    str: "",
    int: 0,
    float: 0.0,
    Decimal: Decimal(0),
    bool: False,
    bytes: b"",
    date: date(1900, 1, 1),
    datetime: datetime.combine(date(1900, 1, 1), time(0)),
    time: time(0),
    timedelta: timedelta(0),
    UUID: UUID(int=0),
    dict: {},
    list: [],
}
# As SQLite programs write them.
_EMPTY_TEXT: Final[dict[type, Any]] = {
    date: "1900-01-01",
    datetime: "1900-01-01 00:00:00",
    time: "00:00:00",
    Decimal: 0,
    bool: 0,
    UUID: str(UUID(int=0)),
    dict: "{}",
    object: "",
}


@dataclass(frozen=True, slots=True)
class Neutral:
    """What takes the place of a column's values."""

    column: str
    constant: Any = None
    of_row: Callable[[Sequence[Any]], Any] | None = None  # from the row's key
    holds: ColumnElement[bool] | None = None
    """The condition for rows in which the old value still stands."""

    @property
    def bound(self) -> Any:
        """What an UPDATE writes where all rows get the same."""
        # None would be JSON's own null in a JSON column.
        return null() if self.constant is None else self.constant

    def still(self) -> ColumnElement[bool]:
        assert self.holds is not None
        return self.holds


def neutral(system: str, shape: Shape, name: str, wanted: str | None, points: bool) -> Neutral:
    """What to write into a column. `wanted`: the words of the data map, None for nothing; `points`: is it a foreign
    key?

    Raises SystemRefused where nothing neutral fits the column, ColumnMissing.
    """
    place, kind = shape.column(name), shape.kinds[name]
    if wanted is None and name in shape.nullable:
        return Neutral(name, holds=place.is_not(None))
    if points:
        raise SystemRefused(
            system, shape.name, f"{name} leads to another table and cannot be empty"
        )
    if name in shape.unique:
        return _one_each(system, shape, name, wanted)
    if wanted is not None:
        value = given_back(wanted, object if shape.dialect == "sqlite" else kind)
    elif isinstance(declared := _declared(shape, name), Enum):
        # One of its words has to stand there: that of every new row, else the first.
        default = shape.defaults.get(name, "")
        value = next((word for word in declared.enums if f"'{word}'" in default), declared.enums[0])
    elif kind is str and "json_valid" in shape.checks.get(name, ""):
        value = "{}"  # MariaDB's JSON is a text of which that is asked
    elif kind is str and "@" in shape.checks.get(name, ""):
        value = f"{_PREFIX}@{_PREFIX}{NOBODYS}"
    else:
        texts = _EMPTY_TEXT if shape.dialect == "sqlite" else {}
        value = texts.get(kind, _EMPTY.get(kind))
        if isinstance(declared, INET):
            value = "0.0.0.0"
        if isinstance(value, datetime) and mysql.begins_in_1970(declared):
            value = datetime(1970, 1, 2)  # noqa: DTZ001
        elif isinstance(value, datetime) and isinstance(declared, DateTime) and declared.timezone:
            value = value.replace(tzinfo=UTC)
    if value is None:
        raise SystemRefused(system, shape.name, f"{name} cannot be empty")
    # NULL holds nothing, and stays as it is.
    if isinstance(shape.types[name], JSON) and shape.dialect != "sqlite":
        # PostgreSQL does not compare JSON.
        return Neutral(name, value, holds=cast(place, String) != json.dumps(value))
    return Neutral(name, value, holds=holds_other(shape, name, value))


def _one_each(system: str, shape: Shape, name: str, wanted: str | None) -> Neutral:
    """A value for each row of its own, the same each time."""
    place, kind, declared = shape.column(name), shape.kinds[name], _declared(shape, name)
    if not shape.key:
        raise SystemRefused(system, shape.name, f"{name} must differ and the rows have no key")
    number = _number_of(system, shape.name)
    if kind is UUID:
        return Neutral(
            name,
            of_row=lambda key: UUID(int=number(key)),
            holds=place >= UUID(int=16**_DIGITS),
        )
    if kind in (int, float, Decimal):
        if getattr(declared, "unsigned", False):
            raise SystemRefused(system, shape.name, f"{name} must differ and be above zero")
        # Below zero, where no real number of an order or a customer is.
        return Neutral(name, of_row=lambda key: -1 - number(key) % 2**31, holds=place >= 0)
    if kind not in (str, object) or isinstance(declared, Enum | LargeBinary):
        raise SystemRefused(system, shape.name, f"{name} must differ from row to row")
    begin, end = wanted or _PREFIX, ""
    if "@" in shape.checks.get(name, "") and not wanted:
        end = f"@{_PREFIX}{NOBODYS}"
    elif "@" in begin:
        begin, _, domain = begin.rpartition("@")
        end = f"@{domain}"
    prefix, digits = f"{begin}-", _DIGITS
    length = getattr(declared, "length", None)
    if length is not None and length < len(prefix) + digits + len(end):
        digits = length - len(prefix) - len(end)
        if digits < 5:
            raise SystemRefused(system, shape.name, f"{name} is too short for a new value")
    gone = place.like(f"{_as_is(prefix)}{'_' * digits}{_as_is(end)}", escape="\\")
    return Neutral(
        name,
        of_row=lambda key: f"{prefix}{f'{number(key):0{_DIGITS}x}'[:digits]}{end}",
        holds=~gone,
    )


def _as_is(text: str) -> str:
    """For a LIKE that takes every sign as it is."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _declared(shape: Shape, name: str) -> TypeEngine[Any]:
    declared = shape.types[name]
    return declared.data_type if isinstance(declared, DOMAIN) else declared


def _number_of(system: str, table: str) -> Callable[[Sequence[Any]], int]:
    """A number from a row's key, of twelve hex digits."""

    def number(key: Sequence[Any]) -> int:
        told = json.dumps([system, table, *(scalar(part) for part in key)])
        return int(hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:_DIGITS], 16)

    return number

"""Values as databases store them: as scalars that survive JSON, back again as what a column takes, and
as what the rest of the house reads.

It knows types, not tables.
"""

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from privacy.systems.port import Scalar, Value

# Said once: a union made anew for each value takes longer than asking.
_SCALARS: Final = (str, int, float, bool)
_READABLE: Final = (*_SCALARS, bytes, Decimal, date, datetime, time)


class WrongType(ValueError):
    """A value does not fit the type of its column. The text says the type, never the value."""

    def __init__(self, kind: type) -> None:
        super().__init__(f"a value is no {kind.__name__}")


def scalar(value: object) -> Scalar:
    """A stored value as JSON can carry it; `given_back` is the other way."""
    if value is None or isinstance(value, _SCALARS):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value)


def given_back(value: Value, kind: type) -> Any:
    """What to bind to a column of this Python type; None stays None.

    Raises WrongType where the value cannot be one.
    """
    if value is None or not isinstance(value, str) or kind in (str, object):
        return _dated(value, kind)
    try:
        if kind is bytes:
            return bytes.fromhex(value)
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
        if kind in (int, float, Decimal, UUID):
            return kind(value)
        if kind in (datetime, date, time):
            return _from_iso(value, kind)
    except (ValueError, ArithmeticError, KeyError):
        raise WrongType(kind) from None
    return value


def readable(value: object, kind: type) -> Value:
    """A stored value as the rest of the house reads it."""
    if kind is bool and isinstance(value, int):
        return bool(value) if value in (0, 1) else value
    if value is None or isinstance(value, _READABLE):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _dated(value: Value, kind: type) -> Value:
    """Days for columns of moments, and the other way round."""
    if kind is date and isinstance(value, datetime):
        return value.date()
    if kind is datetime and isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(0))
    if kind is str and isinstance(value, date | time):
        return value.isoformat()
    return value


def _from_iso(value: str, kind: type) -> date | time:
    if kind is time:
        return time.fromisoformat(value)
    moment = datetime.fromisoformat(value)
    return moment.date() if kind is date else moment

"""Rows on their way into a package: one line of JSON each, that loses no type.

The line is for the spool only; what stands in the package is written by `json_writer` and `csv_writer`.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from privacy.systems.port import Value

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_AS_JSON: Final = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number in the table (from 1), its own id and its parent's where they say nothing of a
    person, its values by column, and the columns of what is held and never shown."""

    number: int
    id: str | None
    of: str | None
    values: Mapping[str, Value]
    held: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Record({self.number})"


def to_line(record: Record) -> bytes:
    """The record as a line."""
    content = {
        "n": record.number,
        "i": record.id,
        "o": record.of,
        "v": {column: _packed(value) for column, value in record.values.items()},
        "h": record.held,
    }
    return _AS_JSON.encode(content).encode() + b"\n"


def from_line(line: bytes) -> Record:
    """The record of a line that `to_line` wrote."""
    read = json.loads(line.decode())
    values = {column: _unpacked(value) for column, value in read["v"].items()}
    return Record(read["n"], read["i"], read["o"], values, tuple(read["h"]))


def _packed(value: Value) -> Any:
    if type(value) in _PLAIN:
        return value
    # datetime before date: one is the other too.
    if isinstance(value, datetime):
        return {"m": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, time):
        return {"t": value.isoformat()}
    if isinstance(value, Decimal):
        return {"x": str(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"b": base64.b64encode(value).decode()}
    return value


def _unpacked(value: Any) -> Value:
    if not isinstance(value, dict):
        plain: Value = value
        return plain
    [(kind, text)] = value.items()
    if kind == "m":
        return datetime.fromisoformat(text)
    if kind == "d":
        return date.fromisoformat(text)
    if kind == "t":
        return time.fromisoformat(text)
    return Decimal(text) if kind == "x" else base64.b64decode(text)

"""What stood in one row before it was corrected: as it is kept, sealed, until the request is forgotten.

The receipt ("old → new") is made from it, and the way back where somebody says "that was not me". Personal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from privacy.fulfilment.correct.correctable import TableFields
from privacy.fulfilment.job import Json
from privacy.systems.port import Columns, Row, Value

MOST_ROWS = 1000
"""Rows of one table that are kept one by one; of more, only how many there were."""


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """One row before the correction."""

    system: str
    table: str
    key: Columns
    values: Mapping[str, Value]
    changed_at: Value = None

    def __repr__(self) -> str:
        return f"FrozenRow({self.system}, {self.table})"

    def as_json(self) -> Json:
        return {
            "system": self.system,
            "table": self.table,
            "key": [[column, value] for column, value in self.key],
            "values": {column: _kept(value) for column, value in self.values.items()},
            "changed_at": _kept(self.changed_at),
        }

    @classmethod
    def from_json(cls, kept: Json) -> "FrozenRow":
        """What `as_json` wrote."""
        read = cast(dict[str, Any], kept)
        return cls(
            read["system"],
            read["table"],
            tuple((column, value) for column, value in read["key"]),
            {column: _again(value) for column, value in read["values"].items()},
            _again(read["changed_at"]),
        )

    def row(self) -> Row:
        """The same as a row of the system."""
        return Row(self.key, self.values)


def freeze(fields: TableFields, row: Row) -> FrozenRow:
    """What this row says now."""
    changed_at = row.values.get(fields.changed_at) if fields.changed_at else None
    return FrozenRow(fields.system, fields.table, row.key, fields.standing(row), changed_at)


def frozen_rows(notes: Mapping[str, Json]) -> Iterator[FrozenRow]:
    """Every row that was noted, system by system."""
    for name, kept in notes.items():
        if name.startswith("old:") and isinstance(kept, list):
            yield from (FrozenRow.from_json(one) for one in kept)


def _kept(value: Value) -> Json:
    match value:
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case Decimal():
            return {"number": str(value)}
        case bytes():
            return {"bytes": value.hex()}
        case None | str() | bool() | int() | float():
            return value
        case _:
            return str(value)


def _again(kept: Any) -> Value:
    match kept:
        case {"moment": text}:
            return datetime.fromisoformat(text)
        case {"day": text}:
            return date.fromisoformat(text)
        case {"number": text}:
            return Decimal(text)
        case {"bytes": text}:
            return bytes.fromhex(text)
        case _:
            return cast(Value, kept)

"""A table as JSON, streamed: what the fields are, then one row a line. Values are raw: this is the copy for
machines.
"""

import json
from collections.abc import Iterable
from typing import IO, Any, Final

from privacy.fulfilment.holdings.explained import Reasons, TableWords
from privacy.fulfilment.package.exact_values import exact
from privacy.fulfilment.package.names import TABLE_SCHEMA
from privacy.fulfilment.package.records import Record

_BLOCK: Final = 64 * 1024
_AS_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_json(
    stream: IO[bytes],
    words: TableWords,
    rows: int,
    records: Iterable[tuple[Record, dict[str, str]]],
) -> None:
    """Write one table. `records` come with the names of their files by column."""
    head = {
        "schema": TABLE_SCHEMA,
        "system": {"name": words.system, "label": words.system_label},
        "table": {"name": words.table, "label": words.label},
        "fields": [
            {"name": field.column, "label": field.label, "category": field.category}
            for field in words.fields
            if field.how != "never"
        ],
        "never_shown": [{"name": field.column, "label": field.label} for field in words.never],
        "why": [_why(reasons) for reasons in words.reasons],
        "count": rows,
    }
    block = bytearray(_AS_JSON.encode(head)[:-1].encode() + b',"rows":[')
    before = b"\n"
    for record, files in records:
        block += before
        block += _AS_JSON.encode(row_of(record, files)).encode()
        before = b",\n"
        if len(block) > _BLOCK:
            stream.write(bytes(block))
            block.clear()
    stream.write(bytes(block) + b"\n]}\n")


def row_of(record: Record, files: dict[str, str]) -> dict[str, Any]:
    """One row as it stands in the JSON."""
    values: dict[str, Any] = {}
    for column, value in record.values.items():
        values[column] = (
            {"file": files[column], "size": len(value)}
            if column in files and isinstance(value, bytes)
            else exact(value)
        )
    row: dict[str, Any] = {"number": record.number}
    if record.id is not None:
        row["id"] = record.id
    if record.of is not None:
        row["belongs_to"] = record.of
    if record.held:
        row["held_and_never_shown"] = list(record.held)
    return {**row, "values": values}


def _why(reasons: Reasons) -> dict[str, Any]:
    return {
        "of": list(reasons.of),
        "why": reasons.why,
        "because": reasons.because,
        "grounds": list(reasons.grounds),
        "kept": reasons.kept,
        "recipients": list(reasons.recipients),
        "source": reasons.source,
    }

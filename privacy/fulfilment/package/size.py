"""How large a package will be, before it is made: counted rows, and a few of them as a sample."""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from privacy.fulfilment.holdings.explained import TableWords
from privacy.fulfilment.package.csv_writer import write_csv
from privacy.fulfilment.package.json_writer import write_json
from privacy.fulfilment.package.naming import with_files
from privacy.fulfilment.package.records import Record

SAMPLE: Final = 40  # rows of a table
_PAGE: Final = 8_000  # bytes, compressed: style and letter
_ENTRY: Final = 400  # of a zip: name and headers, twice two files


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how much a package holds; `rows` is exact."""

    rows: int
    bytes: int


def table_bytes(words: TableWords, rows: int, sample: Sequence[Record]) -> int:
    """About how many bytes of the package a table of so many rows like these takes."""
    if not sample:
        return _ENTRY
    named = [(record, with_files(words, record)) for record in sample]
    empty, full = io.BytesIO(), io.BytesIO()
    for stream, part in ((empty, named[:0]), (full, named)):
        write_json(stream, words, rows, part)
        write_csv(stream, words, part)
    head = len(zlib.compress(empty.getvalue()))
    each = max(len(zlib.compress(full.getvalue())) - head, len(sample)) / len(sample)
    files = sum(
        len(value)
        for record in sample
        for value in record.values.values()
        if isinstance(value, bytes)
    )
    # The same value stands on the page too, as long as it is among its first rows.
    page = each * min(rows, 200) / 2
    return round(head + each * rows + page + files / len(sample) * rows + _ENTRY)


def whole(parts: Sequence[tuple[int, int]]) -> Estimate:
    """The sum of (rows, bytes) of all tables."""
    return Estimate(sum(rows for rows, _ in parts), _PAGE + sum(size for _, size in parts))

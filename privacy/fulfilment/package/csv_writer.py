"""A table as CSV (RFC 4180, UTF-8 with a mark for spreadsheets): the copy for people with a spreadsheet.

A cell that a spreadsheet would take for a formula gets an apostrophe in front (S-42), also behind spaces,
quotes and in full-width signs; `unguarded` takes it off again. Control signs become their pictures.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable
from typing import IO, Final

from privacy.fulfilment.holdings.explained import TableWords
from privacy.fulfilment.package.exact_values import exact
from privacy.fulfilment.package.records import Record

_STARTS: Final = frozenset("=+-@")
_SKIPPED: Final = frozenset("\"'`´\u2018\u2019\u201c\u201d")
_PICTURES: Final = {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)} | {
    127: 0x2421
}
_BLOCK: Final = 64 * 1024


def write_csv(
    stream: IO[bytes], words: TableWords, records: Iterable[tuple[Record, dict[str, str]]]
) -> None:
    """Write one table: a line of names, then the rows; files by their names in the package."""
    columns = [field.column for field in words.fields if field.how != "never"]
    stream.write(b"\xef\xbb\xbf")
    block = io.StringIO(newline="")
    writer = csv.writer(block, lineterminator="\r\n")
    writer.writerow(["number", "id", "belongs_to", *map(guarded, columns)])
    for record, files in records:
        cells = [files.get(column) or _cell(record, column) for column in columns]
        writer.writerow([record.number, guarded(record.id or ""), guarded(record.of or ""), *cells])
        if block.tell() > _BLOCK:
            stream.write(block.getvalue().encode())
            block.seek(0)
            block.truncate()
    stream.write(block.getvalue().encode())


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet computes."""
    plain = text if text.isprintable() else text.translate(_PICTURES)
    return f"'{plain}" if _is_formula(plain) else plain


def unguarded(cell: str) -> str:
    """The text that `guarded` was given, control signs aside."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _cell(record: Record, column: str) -> str:
    value = exact(record.values.get(column))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # A negative number is a number, and no formula.
    return str(value) if isinstance(value, int | float) else guarded(value)


def _is_formula(text: str) -> bool:
    first = text[:1]
    if first in ("\t", "\r", "\n"):
        return True
    if first.isascii() and first.isalnum():  # most cells
        return False
    for letter in text[:200]:
        if letter.isspace() or letter in _SKIPPED or unicodedata.category(letter) in ("Cf", "Cc"):
            continue
        return unicodedata.normalize("NFKC", letter)[0] in _STARTS
    # Nothing else in so long a beginning: rather one apostrophe too many.
    return len(text) > 200

"""Writing a corrected value into one table until, asked again, every row of the subject says it.

Only rows that hold something are changed: a value that a system never had is not spread to it. The leading
system's own row is: that is where a person completes what is missing (GDPR Art. 16). Idempotent.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from privacy.crashpoints import crashpoint
from privacy.fulfilment.correct.correctable import TableFields, rows_of
from privacy.fulfilment.correct.frozen import FrozenRow
from privacy.fulfilment.values.checked import Checked
from privacy.fulfilment.values.spelling import moment_as_written
from privacy.systems.port import Columns, Place, Row, System, SystemRefused, Value

_ROUNDS = 3

type Which = Callable[[Row], bool]
"""Which rows of a table are meant."""


def is_wrong(fields: TableFields, row: Row, checked: Checked) -> bool:
    """Has this row to be written?"""
    return (fields.leads or fields.holds(row)) and not fields.is_right(row, checked)


def bring(
    system: System,
    places: Sequence[Place],
    fields: TableFields,
    checked: Checked,
    which: Which,
    at: datetime,
) -> int:
    """Write the value into the rows that are meant and do not say it; returns how many were written.

    Raises SystemDown; SystemRefused, also where rows still say something else after three rounds.
    """
    written = 0
    for _ in range(_ROUNDS):
        wrong = _groups(system, places, fields, checked, which)
        if not wrong:
            return written
        for (old, changed_at), key in wrong.items():
            standing = dict(old)
            new = fields.new(standing, checked)
            if fields.changed_at:
                new[fields.changed_at] = moment_as_written(at, changed_at)
            written += system.correct(places, fields.table, new, key=key, only_where=standing)
            crashpoint("correct.row_written")
    raise SystemRefused(system.name, fields.table, "it still holds what was corrected")


def rows_left(
    system: System,
    places: Sequence[Place],
    fields: TableFields,
    checked: Checked,
    which: Which,
    meant: Collection[Columns],
) -> int:
    """How many rows that a person was to change say something else, read anew. `meant`: the keys that are known.

    Raises SystemDown, SystemRefused.
    """
    return sum(
        _is_left(fields, row, checked, which, meant) for row in rows_of(system, places, fields)
    )


def places_by_key(fields: TableFields, rows: Iterable[FrozenRow]) -> tuple[Place, ...]:
    """Where these rows are, whatever became of their contacts: a place made of contacts loses a row into which a
    hand has written another one. Not by a key that holds the value itself: it went with it."""
    if fields.links:
        return ()
    keys = tuple(
        one.key for one in rows if not any(column in fields.columns for column, _ in one.key)
    )
    return (Place(fields.table, keys),) if keys else ()


def _is_left(
    fields: TableFields, row: Row, checked: Checked, which: Which, meant: Collection[Columns]
) -> bool:
    # A row that is known is told as "old → new": emptied, or mistyped so that it is no copy any more, it is not that.
    if row.key in meant:
        return not fields.is_right(row, checked)
    return is_wrong(fields, row, checked) and which(row)


type _Old = tuple[tuple[tuple[str, Value], ...], Value]


def _groups(
    system: System,
    places: Sequence[Place],
    fields: TableFields,
    checked: Checked,
    which: Which,
) -> dict[_Old, Columns | None]:
    """What the wrong rows say, each once however many rows say it; with the row's key where only one does."""
    wrong: dict[_Old, Columns | None] = {}
    for row in rows_of(system, places, fields):
        if is_wrong(fields, row, checked) and which(row):
            changed_at = row.values.get(fields.changed_at) if fields.changed_at else None
            old = tuple(fields.standing(row).items()), changed_at
            wrong[old] = row.key if old not in wrong else None
    return wrong

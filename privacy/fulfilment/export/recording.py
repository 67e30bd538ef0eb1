"""From a row as it may be shown to a record of the package."""

from privacy.datamap.parts import Table
from privacy.fulfilment.holdings.explained import TableWords
from privacy.fulfilment.holdings.held import Held, as_file
from privacy.fulfilment.package.records import Record
from privacy.redaction import Redaction
from privacy.systems.port import Value


def recorded(
    number: int, row: Held, words: TableWords, table: Table, redaction: Redaction
) -> Record:
    """The record. A row's own id, and that of the row it hangs on, are told where they are keys of the system
    and nothing else."""
    values: dict[str, Value] = {
        field.column: as_file(value) if field.how == "file" else value
        for field in words.fields
        if field.how != "never"
        for value in (row.values.get(field.column),)
    }
    technical = table.technical
    is_key = bool(row.key) and all(column in technical for column, _ in row.key)
    return Record(
        number=number,
        id=redaction.text("/".join(str(value) for _, value in row.key)) if is_key else None,
        of=redaction.text(str(row.of)) if row.of is not None and words.link in technical else None,
        values=values,
        held=tuple(sorted(row.held)),
    )

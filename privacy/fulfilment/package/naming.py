"""Which values of a row are files, and under which names of ours they lie in the package."""

from privacy.fulfilment.holdings.explained import TableWords
from privacy.fulfilment.package.names import attachment_file, ending_of
from privacy.fulfilment.package.records import Record


def with_files(words: TableWords, record: Record) -> dict[str, str]:
    """The names of the row's files, by column."""
    return {
        column: attachment_file(words.system, words.table, record.number, column, ending_of(value))
        for column, value in record.values.items()
        if isinstance(value, bytes)
    }

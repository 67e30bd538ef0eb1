"""What a package of one request holds: its tables from the spool, and every part that is left out, with why."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from privacy.datamap.model import DataMap
from privacy.datamap.reading_back import words_of
from privacy.datamap.topics import joined
from privacy.fulfilment.holdings.explained import NEVER_SHOWN, TableWords, explained, tables_of
from privacy.fulfilment.holdings.held import Company
from privacy.fulfilment.job import Job
from privacy.fulfilment.package.contents import Brought, Contents, LeftOut, TableContent
from privacy.fulfilment.package.spool import Spool

_WORKED_OUT: Final = (
    "We made or worked this out ourselves. A copy to take along holds what you gave us and what we noticed. Ask to see your "
    "data, and we show you this too:"
)
_NOT_ASKED: Final = "You asked for a part only. You can ask for the rest at any time."
_OTHERS: Final = (
    "Where a text held something that we never show, a note in square brackets stands in its place."
)


def contents_of(
    company: Company,
    job: Job,
    tables: Sequence[TableWords],
    spool: Spool,
    brought: tuple[Brought, ...],
    made_at: datetime,
) -> Contents:
    """Everything the writers of a package need."""
    datamap = company.datamap
    return Contents(
        company=datamap.company,
        reference=job.reference,
        made_at=made_at,
        scope=words_of(job.scope, datamap),
        tables=tuple(_table(datamap, words, spool) for words in tables),
        left_out=tuple(_left_out(datamap, job, tables, spool)),
        brought=brought,
    )


def _table(datamap: DataMap, words: TableWords, spool: Spool) -> TableContent:
    traits = spool.traits(words.system, words.table)
    noun = datamap.systems[words.system].tables[words.table].count_as or "|"
    one, several = noun.split("|")
    return TableContent(
        words=words,
        rows=traits.rows,
        files=traits.files,
        noun=one if traits.rows == 1 else several,
        records=partial(spool.records, words.system, words.table),
    )


def _left_out(
    datamap: DataMap, job: Job, tables: Sequence[TableWords], spool: Spool
) -> Iterator[LeftOut]:
    """Only what is really held: nobody is told of a bank account that we do not know."""
    collected = {words.id: spool.traits(words.system, words.table) for words in tables}
    never: list[LeftOut] = []
    worked_out: list[LeftOut] = []
    for name in datamap.systems:
        if not job.places.get(name):
            continue
        for table in tables_of(datamap, name, job.scope):
            words = explained(datamap, name, table, job.scope)
            where = f"{words.system_label}, {words.label}"
            traits = collected.get(words.id)
            held = [f.label for f in words.never if traits is None or f.column in traits.held]
            ours = [f.label for f in words.fields if not f.given and f.how != "never"]
            if held:
                never.append(LeftOut(joined(held), where, NEVER_SHOWN))
            if ours and (traits is None or traits.rows):
                worked_out.append(LeftOut(joined(ours), where, _WORKED_OUT))
    yield from never
    if any(traits.cleaned for traits in collected.values()):
        yield LeftOut("numbers and passwords inside texts", "", _OTHERS)
    yield from worked_out
    if not job.scope.is_all:
        yield LeftOut("what else we hold", "", _NOT_ASKED)

"""Where a correction is written: the columns of the data map that bear its name, and the rows that stand there.

Reads the map and rows; writes nothing. A row is named to the outside by an opaque token only.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from privacy.datamap.categories import within
from privacy.datamap.model import DataMap
from privacy.datamap.parts import Table
from privacy.datamap.scope import EVERYTHING
from privacy.dates import day_in_words
from privacy.fulfilment.values.checked import Checked
from privacy.fulfilment.values.in_words import day_of
from privacy.fulfilment.values.spelling import as_written, is_same, join_parts, shown_text
from privacy.store.keyring import Keyring
from privacy.systems.port import Columns, Place, Row, System, Value

PER_ROW = frozenset({"address", "text"})
"""Kinds of which one person may have several; of the others there is one, wherever it stands."""

NAMED_ONLY: Final = "(not shown here, since it may name other people)"


@dataclass(frozen=True, slots=True)
class TableFields:
    """The columns of one table that belong to a correction, each with its part of the value."""

    correction: str
    kind: str
    region: str
    system: str
    table: str
    columns: Mapping[str, str]
    clean: frozenset[str]
    names_others: frozenset[str]
    beside: tuple[str, ...]
    changed_at: str | None
    recipients: frozenset[str]
    leads: bool
    links: bool

    def holds(self, row: Row) -> bool:
        """Does the row say anything here?"""
        return any(shown_text(row.values.get(column)) for column in self.columns)

    def standing(self, row: Row) -> dict[str, Value]:
        """What the row says here now."""
        return {column: row.values.get(column) for column in self.columns}

    def shown(self, row: Row) -> str:
        """The same, as the customer reads it: a text that may name others is named only."""
        texts = {column: self._text(row.values.get(column)) for column in self.columns}
        return join_parts(
            {
                part: NAMED_ONLY if column in self.names_others and texts[column] else texts[column]
                for column, part in self.columns.items()
            }
        )

    def in_full(self, row: Row) -> str:
        """The same, as our own people read it."""
        return join_parts(
            {part: self._text(row.values.get(column)) for column, part in self.columns.items()}
        )

    def _text(self, value: Value) -> str:
        day = day_of(value) if self.kind == "date" else None
        return shown_text(value) if day is None else day_in_words(day)

    def is_right(self, row: Row, checked: Checked) -> bool:
        """Whether the row says this already."""
        return all(
            is_same(self.kind, part, row.values.get(column), checked, region=self.region)
            for column, part in self.columns.items()
        )

    def new(self, old: Mapping[str, Value], checked: Checked) -> dict[str, Value]:
        """What is written over `old`; columns that the value does not speak of stay."""
        written = {
            column: as_written(
                self.kind,
                part,
                checked,
                old[column],
                clean=column in self.clean,
                region=self.region,
            )
            for column, part in self.columns.items()
        }
        return {column: value for column, value in written.items() if value is not None}


def fields_of(datamap: DataMap, correction: str) -> list[TableFields]:
    """Every table that holds something of this correction, in the order of the map."""
    kind = datamap.corrections[correction].kind
    found = []
    for system_name, system in datamap.systems.items():
        for table_name, table in system.tables.items():
            columns = {
                column: (part.correct or "").partition(".")[2]
                for column, part in table.fields.items()
                if (part.correct or "").partition(".")[0] == correction and not part.never_disclose
            }
            if columns:
                found.append(
                    TableFields(
                        correction=correction,
                        kind=kind,
                        region=datamap.region,
                        system=system_name,
                        table=table_name,
                        columns=columns,
                        clean=_clean(table),
                        names_others=frozenset(
                            column for column in columns if table.fields[column].may_name_others
                        ),
                        beside=_beside(table, columns),
                        changed_at=_changed_at(table, columns),
                        recipients=_recipients(table, columns),
                        leads=_leads(datamap, system_name, table_name),
                        links=table.identity is None,
                    )
                )
    return found


def parts_of(datamap: DataMap, correction: str) -> frozenset[str]:
    """The parts in which a correction's value is held somewhere; "" for the whole."""
    return frozenset(
        p for fields in fields_of(datamap, correction) for p in fields.columns.values()
    )


def rows_of(system: System, places: Sequence[Place], fields: TableFields) -> Iterator[Row]:
    """The subject's rows of the table, streamed."""
    return system.rows(fields.table, places, EVERYTHING)


def moved(places: Sequence[Place], table: str, changes: Mapping[str, Value]) -> tuple[Place, ...]:
    """Where rows are found after these columns were written: a place made of contacts moves with them."""
    return tuple(
        Place(
            place.table,
            tuple(
                dict.fromkeys(
                    tuple(
                        (column, _scalar(changes[column]) if column in changes else value)
                        for column, value in row
                    )
                    for row in place.rows
                )
            ),
        )
        for place in places
        if place.table == table and any(c in changes for row in place.rows for c, _ in row)
    )


def row_token(keyring: Keyring, system: str, table: str, key: Columns) -> str:
    """An opaque name of one row: it tells nothing, and is only ever looked for among the subject's own rows."""
    return keyring.index(json.dumps([system, table, key], default=str), "correction row")[:32]


def beside_text(fields: TableFields, row: Row) -> str:
    """What stands beside the value and tells it from others of its kind: "delivery"."""
    return ", ".join(t for column in fields.beside if (t := shown_text(row.values.get(column))))


def _clean(table: Table) -> frozenset[str]:
    identity = table.identity
    named = (identity.email, identity.phone) if identity else ()
    return frozenset(part.column for part in named if part and part.stored == "clean")


def _changed_at(table: Table, columns: Mapping[str, str]) -> str | None:
    identity = table.identity
    if identity is None or identity.changed_at is None:
        return None
    # Codes go to the e-mail address: a number that was corrected opens nothing by itself, and must not cost its owner
    # thirty days of proving less (S-19).
    codes_go_to = identity.email.column if identity.email else None
    return identity.changed_at if codes_go_to in columns else None


def _beside(table: Table, columns: Mapping[str, str]) -> tuple[str, ...]:
    corrected = [table.fields[column].category for column in columns]
    return tuple(
        column
        for column, part in table.fields.items()
        if column not in columns
        and not part.never_disclose
        and not part.may_name_others
        and not part.is_file
        and any(within(category, part.category) for category in corrected)
    )


def _recipients(table: Table, columns: Mapping[str, str]) -> frozenset[str]:
    return frozenset(
        name
        for column in columns
        for name in (
            table.recipients
            if table.fields[column].recipients is None
            else table.fields[column].recipients or []
        )
    )


def _leads(datamap: DataMap, system: str, table: str) -> bool:
    """Is this the table that decides who a person is?"""
    if system != datamap.leading:
        return False
    return next(datamap.systems[system].identities(), (None,))[0] == table


def _scalar(value: Value) -> str | int | float | bool | None:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)

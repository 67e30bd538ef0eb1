"""Reading what is held of one subject so that it can be shown: rows in the order of the map, with everything
that is never shown taken out, also out of free text (S-28).

Reads only. What a value looks like to a customer, on a page or in a file, is decided elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from privacy.datamap.model import DataMap
from privacy.datamap.scope import Scope
from privacy.errors import SystemDown
from privacy.fulfilment.holdings.explained import TableWords, is_never_shown, kind_of_secret
from privacy.fulfilment.job import Places
from privacy.redaction import KnownValues, Redaction
from privacy.systems.port import Columns, Place, Row, System, SystemRefused, Value

_DIGITS_OF_A_SECRET: Final = 6  # a shorter whole number is a quantity, not an account


class Company(Protocol):
    """The systems of the company (`privacy.systems.company`)."""

    @property
    def datamap(self) -> DataMap: ...
    def system(self, name: str) -> System: ...


@dataclass(frozen=True, slots=True)
class Held:
    """One row as it may be shown: the values by column, without those that are named only; `held` are the
    columns of those that hold something; `of` names the row it hangs on, where the system tells."""

    key: Columns
    values: Mapping[str, Value]
    held: frozenset[str]
    of: Value = None

    def __repr__(self) -> str:
        return f"Held({len(self.values)} values)"


def as_file(value: Value) -> bytes | None:
    """The bytes of a column that holds a file; a text is a file too."""
    if value is None or isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "replace")


def systems_of(company: Company, places: Places) -> list[str]:
    """The systems that can be asked and in which the subject has rows, in the order of the map."""
    return [
        name
        for name in company.datamap.systems
        if places.get(name) and not company.system(name).is_manual
    ]


def manual_systems(company: Company, scope: Scope) -> list[str]:
    """The systems that only persons can look into, as far as the scope covers them."""
    return [
        name
        for name, part in company.datamap.systems.items()
        if company.system(name).is_manual
        and any(scope.covers_table(name, table) for table in part.tables)
    ]


def redaction_for(company: Company, places: Places, *, most: int | None = None) -> Redaction:
    """What takes every never-shown value of the subject out of texts, whatever the wish is limited to.

    At most `most` rows of each table are read for it. Where a system that holds such values is away, longer
    texts wait. Raises SystemRefused.
    """
    known, away = KnownValues(), False
    for name in systems_of(company, places):
        try:
            for value, what in secrets_of(company, name, places[name], most=most):
                known.add(value, what)
        except SystemDown:
            away = True
    return Redaction(known, is_whole=not away)


def secrets_of(
    company: Company, name: str, places: Sequence[Place], *, most: int | None = None
) -> Iterator[tuple[str, str]]:
    """The never-shown values in the subject's fields of one system, each with what it is called.

    Raises SystemDown, SystemRefused.
    """
    for table, part in company.datamap.systems[name].tables.items():
        secret = {c: f for c, f in part.fields.items() if is_never_shown(f) and not f.is_file}
        if not secret:
            continue
        only = Scope(fields=frozenset(f"{name}.{table}.{column}" for column in secret))
        for row in company.system(name).rows(table, places, only, limit=most):
            for column, field in secret.items():
                value = row.values.get(column)
                if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
                    yield str(value), kind_of_secret(field.category)


def held_rows(
    system: System,
    words: TableWords,
    places: Sequence[Place],
    scope: Scope,
    redaction: Redaction,
    *,
    limit: int | None = None,
    skip: int = 0,
) -> Iterator[Held]:
    """The rows of a table as they may be shown, streamed.

    Raises SystemDown, SystemRefused.
    """
    for row in system.rows(words.table, places, scope, limit=limit, skip=skip):
        yield shown(row, words, redaction)


def shown(row: Row, words: TableWords, redaction: Redaction) -> Held:
    """One row without what is never shown."""
    values: dict[str, Value] = {}
    held: set[str] = set()
    for field in words.fields:
        value = row.values.get(field.column)
        if field.how == "never":
            if value is not None and value not in ("", b""):
                held.add(field.column)
        else:
            values[field.column] = clean(value, redaction)
    of = row.values.get(words.link) if words.link else None
    return Held(row.key, values, frozenset(held), of)


def clean(value: Value, redaction: Redaction) -> Value:
    """The value, or the statement that stands for what is never shown."""
    if isinstance(value, str):
        return redaction.text(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        written = str(value)
        if len(written) >= _DIGITS_OF_A_SECRET and not redaction.is_clean(written):
            return redaction.text(written)
    return value


__all__ = [
    "Company", "Held", "SystemDown", "SystemRefused", "clean", "held_rows", "manual_systems", "redaction_for",
    "secrets_of", "shown", "systems_of",
]  # fmt: skip

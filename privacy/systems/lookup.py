"""The one search in one identity table: which rows hold any of these numbers, e-mail addresses,
phone numbers?

Built once from the data map and the reflected columns: a name that the database does not have
cannot get in, and values are bound. The statement never changes shape, whether something is known,
unknown or not asked for.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Dialect,
    Select,
    String,
    TableClause,
    bindparam,
    cast,
    column,
    or_,
    select,
)

from privacy.datamap.parts import Identity
from privacy.systems import mysql
from privacy.systems.matching import (
    bindable,
    email_expression,
    email_spellings,
    phone_expression,
    phone_spellings,
)

MOST_ROWS: Final = 200  # of one search; more than one person is a case for a human being anyway

# Bound where nothing is looked for: no system holds it, and nobody can have it written there. In letters that every
# column can hold.
_NO_TEXT: Final = f"nobody-{secrets.token_hex(16)}"
_NO_NUMBER: Final = -1


@dataclass(frozen=True)
class Wanted:
    """What to look for, in normal forms: rows with any of these."""

    numbers: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()


class ColumnMissing(Exception):
    """The data map names a column that the table does not have."""


class Lookup:
    """The search in one table."""

    def __init__(
        self, source: TableClause, identity: Identity, narrow: Collection[str] = ()
    ) -> None:
        """`narrow`: columns of MySQL that cannot hold every letter, and that it does not compare with such."""
        self._source = source
        self._identity = identity
        columns = {
            "key": identity.key if identity.person == "row" else None,
            "number": identity.customer_number and identity.customer_number.column,
            "email": identity.email and identity.email.column,
            "phone": identity.phone and identity.phone.column,
            "changed_at": identity.changed_at,
        }
        self._columns = {label: self._column(name) for label, name in columns.items() if name}
        self._searched = self._expressions(self._columns)
        # Customer numbers are texts in one system and whole numbers in the next.
        self._whole_numbers = "number" in self._columns and _kind(self._columns["number"]) is int
        self._plain = self._search(self._searched)
        wide = {
            label: mysql.widened(place) if place.name in narrow else place
            for label, place in self._columns.items()
        }
        self._wide = self._search(self._expressions(wide)) if narrow else self._plain

    def statement(self, values: Mapping[str, Iterable[str | int]]) -> Select[Any]:
        """The search for what is bound: the same for all, but for letters that not every column can hold."""
        every = (str(one) for bound in values.values() for one in bound)
        return self._plain if all(one.isascii() for one in every) else self._wide

    def _search(self, searched: Mapping[str, ColumnElement[Any]]) -> Select[Any]:
        conditions = [
            expression.in_(bindparam(label, expanding=True))
            for label, expression in searched.items()
        ]
        selected = [column.label(label) for label, column in self._columns.items()]
        return select(*selected).distinct().where(or_(*conditions)).limit(MOST_ROWS)

    def values(self, wanted: Wanted) -> dict[str, list[str] | list[int]]:
        """What to bind to the statement."""
        identity = self._identity
        bound: dict[str, list[str] | list[int]] = {}
        if "number" in self._searched:
            bound["number"] = (
                _whole(wanted.numbers) if self._whole_numbers else _texts(wanted.numbers)
            )
        if identity.email:
            clean = identity.email.stored == "clean"
            bound["email"] = _texts(
                s for e in wanted.emails for s in ([e] if clean else email_spellings(e))
            )
        if identity.phone:
            clean = identity.phone.stored == "clean"
            bound["phone"] = _texts(
                s for p in wanted.phones for s in ([p] if clean else phone_spellings(p))
            )
        return bound

    def index_advice(self, dialect: Dialect) -> list[str]:
        """Statements that make this search quick in a large table; a person runs them, not Vera."""
        # Without the table's name before the column, which an index does not allow.
        bare = {label: column(place.name, place.type) for label, place in self._columns.items()}
        advice: list[str] = []
        for label, expression in self._expressions(bare).items():
            if getattr(dialect, "is_mariadb", False) and not isinstance(expression, ColumnClause):
                continue  # it has no index on what is made of a column
            written = str(expression.compile(dialect=dialect))
            place = written if isinstance(expression, ColumnClause) else f"({written})"
            name = self._source.name
            advice.append(f"CREATE INDEX {name}_{label}_lookup ON {name} ({place})")
        return advice

    def _expressions(
        self, columns: Mapping[str, ColumnElement[Any]]
    ) -> dict[str, ColumnElement[Any]]:
        """What each kind of thing is compared with."""
        identity = self._identity
        searched: dict[str, ColumnElement[Any]] = {}
        if "number" in columns:
            number = columns["number"]
            searched["number"] = number if _kind(number) is int else _as_text(number)
        if identity.email:
            email = _as_text(columns["email"])
            searched["email"] = (
                email if identity.email.stored == "clean" else email_expression(email)
            )
        if identity.phone:
            phone = _as_text(columns["phone"])
            searched["phone"] = (
                phone if identity.phone.stored == "clean" else phone_expression(phone)
            )
        return searched

    def _column(self, name: str) -> ColumnClause[Any]:
        found = self._source.c.get(name)
        if found is None:
            raise ColumnMissing(f"{self._source.name}.{name}")
        return found


def _kind(place: ColumnElement[Any]) -> type:
    try:
        return place.type.python_type
    except NotImplementedError:
        return object


def _as_text(place: ColumnElement[Any]) -> ColumnElement[Any]:
    return place if _kind(place) is str else cast(place, String)


def _texts(texts: Iterable[str]) -> list[str]:
    return sorted({text for text in texts if bindable(text)}) or [_NO_TEXT]


def _whole(numbers: Iterable[str]) -> list[int]:
    return sorted({int(n) for n in numbers if n.isascii() and n.isdigit() and len(n) < 19}) or [
        _NO_NUMBER
    ]

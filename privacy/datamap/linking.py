"""How the tables of a live database hang on each other: its foreign keys, and where it declares none, what the names
of columns suggest.

A guess is marked as one. Which of the ways leads to a person is the draft's business.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from privacy.datamap.categories import within
from privacy.datamap.reflection import LiveColumn, LiveTable
from privacy.datamap.vocabulary import is_person, sense_of, subject_of, words_of

_KEY_WORDS: Final = frozenset(
    ("id", "no", "nr", "num", "number", "key", "fk", "uuid", "guid", "code", "ref")
)
_SAYS_NOTHING: Final = frozenset(
    ("id", "key", "code", "name", "uuid", "guid", "no", "nr", "number", "email")
)


@dataclass(frozen=True, slots=True)
class Way:
    """From columns of one table to those that name a row of another."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    is_guess: bool = False

    @property
    def link(self) -> tuple[str, str]:
        """The first column, and where it leads."""
        return self.columns[0], f"{self.table}.{self.targets[0]}"

    @property
    def also(self) -> dict[str, str]:
        """The other columns of a key that has several."""
        return dict(zip(self.columns[1:], self.targets[1:], strict=True))


class Ways:
    """Every way between the tables of one database."""

    def __init__(self, known: Mapping[str, LiveTable]) -> None:
        self._known = known

    def of(self, name: str) -> list[Way]:
        """The ways from this table, guesses last."""
        return self._every[name]

    def leads_to(self, name: str, target: str) -> bool:
        """Hangs this table on that other one?"""
        return name != target and any(way.table == target for way in self.of(name))

    @cached_property
    def _every(self) -> dict[str, list[Way]]:
        return {
            name: [*_declared(table), *self._guessed(table)] for name, table in self._known.items()
        }

    def _guessed(self, table: LiveTable) -> Iterator[Way]:
        """A column that is called like another table, or like its key."""
        taken = {column for way in _declared(table) for column in way.columns}
        for column in table.columns:
            if column.name in taken or (column.name,) == table.key or table.is_view:
                continue
            fitting = [
                other
                for other in self._known.values()
                if other.name != table.name
                and len(other.key) == 1
                and not other.is_view
                and column.is_text == _key_of(other).is_text
                and _is_called_like(column.name, other)
            ]
            # "customer_id" means "customers" rather than "former_customers".
            fitting.sort(key=lambda other: len(words_of(other.name)))
            if fitting and (
                len(fitting) == 1 or len(words_of(fitting[0].name)) < len(words_of(fitting[1].name))
            ):
                yield Way((column.name,), fitting[0].name, fitting[0].key, is_guess=True)


def is_about_persons(table: LiveTable) -> bool:
    """Do its columns, or its name, say that it holds something about persons?"""
    subject = subject_of(table.name)
    return bool(likely_personal([column.name for column in table.columns], table.name)) or (
        subject is not None and subject[0] == "user.contact.address"
    )


def likely_personal(columns: list[str], table: str) -> list[str]:
    """The columns whose names say that they are about a person, whatever the table is."""
    return [
        column
        for column in columns
        if (sense := sense_of(column, table)) is not None
        and sense.strong
        and within(sense.category, "user")
        and not within(sense.category, "user.contact.organization")
        and not within(sense.category, "user.contact.url")
    ]


def _declared(table: LiveTable) -> list[Way]:
    single = [Way((column,), target, (there,)) for column, target, there in table.links]
    return single + [Way(*wide) for wide in table.wide_links]


def _key_of(table: LiveTable) -> LiveColumn:
    return next(column for column in table.columns if column.name == table.key[0])


def _is_called_like(column: str, table: LiveTable) -> bool:
    key, words = table.key[0], words_of(column)
    if column.casefold() == key.casefold():
        return not _SAYS_NOTHING.issuperset(words)
    stem = words[:-1] if words[-1:] and words[-1] in _KEY_WORDS else words
    named = _stem(words_of(table.name))
    if not stem or _stem(stem) != named[-len(stem) :]:
        return False
    return len(stem) < len(words) or is_person(table.name)


def _stem(words: list[str]) -> list[str]:
    if not words:
        return []
    last = words[-1]
    one = f"{last[:-3]}y" if last.endswith("ies") else last.removesuffix("s")
    return [*words[:-1], one]

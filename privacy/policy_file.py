"""A YAML file of ours, read with its place at hand: every complaint names where in the file it is.

Knows how a value must look, not what it means.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, cast

import yaml

from privacy.rights import is_name


class PolicyBroken(Exception):
    """The policy file cannot be used; the text says where and why."""


class Place:
    """One node of the file and the way to it, so that every complaint can say where it is."""

    def __init__(self, value: object, path: str) -> None:
        self._value = value
        self._path = path

    def __str__(self) -> str:
        return self._path

    def keys(self, *required: str, optional: tuple[str, ...] = ()) -> None:
        """This is a table with exactly these keys."""
        table = self._table()
        for key in required:
            if key not in table:
                raise PolicyBroken(f"{self} needs {key}.")
        for key in table:
            if key not in required and key not in optional:
                raise PolicyBroken(f"{self} has {key}, which is not known there.")

    def has(self, key: str) -> bool:
        return key in self._table()

    def at(self, key: str) -> "Place":
        table = self._table()
        if key not in table:
            raise PolicyBroken(f"{self} needs {key}.")
        return Place(table[key], f"{self} → {key}")

    def items(self) -> Iterator[tuple[str, "Place"]]:
        for key in self._table():
            yield key, self.at(key)

    def named(self) -> Iterator[tuple[str, "Place"]]:
        """Like `items`, for a table whose keys become names in the database and in code."""
        for key, place in self.items():
            if not is_name(key):
                raise PolicyBroken(f"{place} needs a name of lower-case letters and underscores.")
            yield key, place

    def each(self) -> Iterator["Place"]:
        if not isinstance(self._value, list):
            raise PolicyBroken(f"{self} needs a list.")
        for number, item in enumerate(self._value, start=1):
            yield Place(item, f"{self} → item {number}")

    def words(self) -> Mapping[str, str]:
        """A text by language, in English at least."""
        words = {language: text.text() for language, text in self.items()}
        if "en" not in words:
            raise PolicyBroken(f"{self} needs an English text (en).")
        return MappingProxyType(words)

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of words under an optional key."""
        return tuple(item.text() for item in self.at(key).each()) if self.has(key) else ()

    def text(self) -> str:
        if not isinstance(self._value, str) or not self._value.strip():
            raise PolicyBroken(f"{self} needs a text.")
        return self._value.strip()

    def number(self, *, minimum: int, maximum: int = 1_000_000) -> int:
        # bool is an int in Python; `tries: yes` is a mistake all the same.
        if not isinstance(self._value, int) or isinstance(self._value, bool):
            raise PolicyBroken(f"{self} needs a whole number.")
        if not minimum <= self._value <= maximum:
            raise PolicyBroken(f"{self} needs a number from {minimum} to {maximum}.")
        return self._value

    def flag(self) -> bool:
        if not isinstance(self._value, bool):
            raise PolicyBroken(f"{self} needs true or false.")
        return self._value

    def day(self) -> date:
        if type(self._value) is not date:  # a datetime is a date too, and not meant
            raise PolicyBroken(f"{self} needs a date such as 2026-12-25.")
        return self._value

    def _table(self) -> dict[str, object]:
        if not isinstance(self._value, dict):
            raise PolicyBroken(f"{self} needs a table of keys and values.")
        for key in self._value:
            if not isinstance(key, str):
                raise PolicyBroken(
                    f"{self} has the key {key!r}, which YAML does not read as a word."
                )
        return cast(dict[str, object], self._value)


class StrictLoader(yaml.SafeLoader):
    """YAML's safe subset, refusing a key written twice (PyYAML would silently keep the last)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _value in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key} stands twice (line {line})", None
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

"""The policy: laws in scope, limits, assurance levels and retention, read once from `policy.yml`.

Knows the shape of that file and complains in a sentence that names the place. Counts no dates
(`deadlines`) and refuses to guess: an unknown key, a missing level or a right without a limit stops
the start.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import yaml

from privacy.rights import OTHER_OPERATIONS, UNITS, Extension, Kind, Law, Limit, Unit, is_name

HIGHEST_LEVEL = 2


class PolicyBroken(Exception):
    """The policy file cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Limits of one-time codes and of what they prove."""

    minutes: int
    digits: int
    tries: int
    resend_after_seconds: int
    resends: int
    sends_per_hour: int
    new_numbers_per_hour: int
    failures_per_hour: int
    failures_per_day: int
    verified_idle_minutes: int
    verified_max_minutes: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows are kept."""

    transcript_days: int
    values_days: int
    request_record_months: int
    code_rows_hours: int
    audit_months: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """How long a deletion can be undone before it begins."""

    undo_days: int


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """How requests are carried out, and how long what they made can be fetched."""

    view_days: int
    package_hours: int
    package_downloads: int
    first_pause_seconds: int
    longest_pause_minutes: int
    person_after_hours: int


@dataclass(frozen=True, slots=True)
class ConversationLimits:
    """How much may be said."""

    message_characters: int
    messages_per_minute: int


@dataclass(frozen=True, slots=True)
class Policy:
    """All of `policy.yml`."""

    kinds: Mapping[str, Kind]
    assurance: Mapping[str, int]
    laws: tuple[Law, ...]
    promises: Mapping[str, Limit]
    receipt: str
    holidays: frozenset[date]
    codes: Codes
    retention: Retention
    deletion: Deletion
    fulfilment: Fulfilment
    conversation: ConversationLimits

    def level(self, operation: str) -> int:
        """The assurance level that `operation` needs.

        Raises KeyError for an operation that the policy does not know: nothing is free by default.
        """
        return self.assurance[operation]

    def kind(self, name: str) -> Kind:
        """The kind called `name`.

        Raises KeyError.
        """
        return self.kinds[name]


def load_policy(path: Path) -> Policy:
    """Read and check a policy file.

    Raises PolicyBroken.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # a SafeLoader
    except OSError as error:
        raise PolicyBroken(f"{path.name} cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        raise PolicyBroken(f"{path.name} is not YAML: {error}") from None
    top = _Place(content, path.name)
    top.keys(*(field.name for field in fields(Policy)))
    promises = {
        right: limit for right, place in top.at("promises").items() if (limit := _limit(place))
    }
    laws = tuple(_law(key, place) for key, place in top.at("laws").named())
    if not laws:
        raise PolicyBroken(f"{top.at('laws')} needs at least one law.")
    at_once = {
        right
        for limits in (promises, *(law.limits for law in laws))
        for right, limit in limits.items()
        if limit.unit == "at_once"
    }
    kinds = {name: _kind(name, place, at_once) for name, place in top.at("kinds").named()}
    _check_rights(top, kinds, laws, promises)
    return Policy(
        kinds=MappingProxyType(kinds),
        assurance=MappingProxyType(_assurance(top.at("assurance"), kinds)),
        laws=laws,
        promises=MappingProxyType(promises),
        receipt=top.at("receipt").text(),
        holidays=frozenset(place.day() for place in top.at("holidays").each()),
        codes=_numbers(top.at("codes"), Codes),
        retention=_numbers(top.at("retention"), Retention),
        deletion=_numbers(top.at("deletion"), Deletion),
        fulfilment=_numbers(top.at("fulfilment"), Fulfilment),
        conversation=_numbers(top.at("conversation"), ConversationLimits),
    )


def _kind(name: str, place: "_Place", at_once: set[str]) -> Kind:
    place.keys("right", "label", "wish", optional=("details", "distinct_by"))
    right = place.at("right").text()
    return Kind(
        name=name,
        right=right,
        labels=_words(place.at("label")),
        wishes=_words(place.at("wish")),
        details=_texts(place, "details"),
        distinct_by=_texts(place, "distinct_by"),
        at_once=right in at_once,
    )


def _texts(place: "_Place", key: str) -> tuple[str, ...]:
    """The list of words under an optional key."""
    return tuple(item.text() for item in place.at(key).each()) if place.has(key) else ()


def _words(place: "_Place") -> Mapping[str, str]:
    words = {language: text.text() for language, text in place.items()}
    if "en" not in words:
        raise PolicyBroken(f"{place} needs an English text (en).")
    return MappingProxyType(words)


def _law(key: str, place: "_Place") -> Law:
    place.keys("name", "limits", "extension", "identity_pauses")
    limits = {right: limit for right, item in place.at("limits").items() if (limit := _limit(item))}
    pauses = place.at("identity_pauses")
    pauses.keys("value", "source")
    pauses.at("source").text()
    extension = _extension(place.at("extension"))
    return Law(
        key, place.at("name").text(), MappingProxyType(limits), extension, pauses.at("value").flag()
    )


def _limit(place: "_Place") -> Limit | None:
    """The limit written at `place`; None for an explicit `no_limit`."""
    place.keys("source", optional=(*UNITS, "no_limit"))
    return _period(place, place.at("source").text())


def _period(place: "_Place", source: str) -> Limit | None:
    named = [unit for unit in (*UNITS, "no_limit") if place.has(unit)]
    if len(named) != 1:
        raise PolicyBroken(f"{place} needs exactly one of {', '.join((*UNITS, 'no_limit'))}.")
    unit = named[0]
    if unit in ("at_once", "no_limit"):
        if not place.at(unit).flag():
            raise PolicyBroken(f"{place.at(unit)} can only be true; leave it out otherwise.")
        return None if unit == "no_limit" else Limit("at_once", 0, source)
    return Limit(cast(Unit, unit), place.at(unit).number(minimum=1), source)


def _extension(place: "_Place") -> Extension | None:
    if place.has("none"):
        place.keys("none", "source")
        if not place.at("none").flag():
            raise PolicyBroken(f"{place.at('none')} can only be true; leave it out otherwise.")
        return None
    place.keys("rights", "total", "source")
    place.at("total").keys(optional=("months", "days"))
    total = _period(place.at("total"), place.at("source").text())
    rights = frozenset(item.text() for item in place.at("rights").each())
    return Extension(rights, total) if total else None


def _check_rights(
    top: "_Place", kinds: Mapping[str, Kind], laws: tuple[Law, ...], promises: Mapping[str, Limit]
) -> None:
    """Every law answers for every right that a kind exercises, and for no other."""
    if not kinds:
        raise PolicyBroken(f"{top.at('kinds')} needs at least one kind.")
    rights = {kind.right for kind in kinds.values()}
    for law in laws:
        place = top.at("laws").at(law.key)
        place.at("limits").keys(*sorted(rights))
        extended = law.extension.rights if law.extension else frozenset()
        for right in sorted(extended - set(law.limits)):
            raise PolicyBroken(
                f"{place.at('extension')} extends {right}, which has no limit there."
            )
    top.at("promises").keys(optional=tuple(rights))
    dated = set(promises).union(*(law.limits for law in laws))
    for kind in kinds.values():
        if kind.right not in dated:
            place = top.at("kinds").at(kind.name)
            raise PolicyBroken(f"{place} has the right {kind.right}, which no law here limits.")


def _assurance(place: "_Place", kinds: Mapping[str, Kind]) -> dict[str, int]:
    place.keys(*OTHER_OPERATIONS, *kinds)
    clash = set(OTHER_OPERATIONS) & set(kinds)
    if clash:
        raise PolicyBroken(
            f"{place}: {', '.join(sorted(clash))} names both a kind and another operation."
        )
    return {
        operation: level.number(minimum=0, maximum=HIGHEST_LEVEL)
        for operation, level in place.items()
    }


def _numbers[T](place: "_Place", group: type[T]) -> T:
    """A dataclass of whole numbers, one key of the file per field."""
    names = [field.name for field in fields(cast(Any, group))]
    place.keys(*names)
    return group(**{name: place.at(name).number(minimum=1) for name in names})


class _Place:
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

    def at(self, key: str) -> "_Place":
        table = self._table()
        if key not in table:
            raise PolicyBroken(f"{self} needs {key}.")
        return _Place(table[key], f"{self} → {key}")

    def items(self) -> Iterator[tuple[str, "_Place"]]:
        for key in self._table():
            yield key, self.at(key)

    def named(self) -> Iterator[tuple[str, "_Place"]]:
        """Like `items`, for a table whose keys become names in the database and in code."""
        for key, place in self.items():
            if not is_name(key):
                raise PolicyBroken(f"{place} needs a name of lower-case letters and underscores.")
            yield key, place

    def each(self) -> Iterator["_Place"]:
        if not isinstance(self._value, list):
            raise PolicyBroken(f"{self} needs a list.")
        for number, item in enumerate(self._value, start=1):
            yield _Place(item, f"{self} → item {number}")

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


class _StrictLoader(yaml.SafeLoader):
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

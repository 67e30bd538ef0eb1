"""The policy: laws in scope, limits, assurance levels and retention, read once from `policy.yml`.

Knows the shape of that file and complains in a sentence that names the place. Counts no dates
(`deadlines`) and refuses to guess: an unknown key, a missing level or a right without a limit stops
the start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, time
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import yaml

from privacy.decisions import Decisions, read_decisions
from privacy.office_hours import DAYS, Hours
from privacy.policy_file import Place, StrictLoader
from privacy.policy_file import PolicyBroken as PolicyBroken
from privacy.rights import OTHER_OPERATIONS, UNITS, Extension, Kind, Law, Limit, Unit

HIGHEST_LEVEL = 2


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
class People:
    """When people take conversations, and how long one who does nothing keeps one."""

    office_hours: Mapping[str, Hours]
    idle_minutes: int


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
    people: People
    decisions: Decisions

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
        content = yaml.load(path.read_text(encoding="utf-8"), StrictLoader)  # a SafeLoader
    except OSError as error:
        raise PolicyBroken(f"{path.name} cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        raise PolicyBroken(f"{path.name} is not YAML: {error}") from None
    top = Place(content, path.name)
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
        people=_people(top.at("people")),
        decisions=read_decisions(top.at("decisions"), frozenset(kinds)),
    )


def _kind(name: str, place: Place, at_once: set[str]) -> Kind:
    place.keys("right", "label", "wish", optional=("details", "distinct_by"))
    right = place.at("right").text()
    return Kind(
        name=name,
        right=right,
        labels=place.at("label").words(),
        wishes=place.at("wish").words(),
        details=place.texts("details"),
        distinct_by=place.texts("distinct_by"),
        at_once=right in at_once,
    )


def _law(key: str, place: Place) -> Law:
    place.keys("name", "limits", "extension", "identity_pauses")
    limits = {right: limit for right, item in place.at("limits").items() if (limit := _limit(item))}
    pauses = place.at("identity_pauses")
    pauses.keys("value", "source")
    pauses.at("source").text()
    extension = _extension(place.at("extension"))
    return Law(
        key, place.at("name").text(), MappingProxyType(limits), extension, pauses.at("value").flag()
    )


def _limit(place: Place) -> Limit | None:
    """The limit written at `place`; None for an explicit `no_limit`."""
    place.keys("source", optional=(*UNITS, "no_limit"))
    return _period(place, place.at("source").text())


def _period(place: Place, source: str) -> Limit | None:
    named = [unit for unit in (*UNITS, "no_limit") if place.has(unit)]
    if len(named) != 1:
        raise PolicyBroken(f"{place} needs exactly one of {', '.join((*UNITS, 'no_limit'))}.")
    unit = named[0]
    if unit in ("at_once", "no_limit"):
        if not place.at(unit).flag():
            raise PolicyBroken(f"{place.at(unit)} can only be true; leave it out otherwise.")
        return None if unit == "no_limit" else Limit("at_once", 0, source)
    return Limit(cast(Unit, unit), place.at(unit).number(minimum=1), source)


def _extension(place: Place) -> Extension | None:
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
    top: Place, kinds: Mapping[str, Kind], laws: tuple[Law, ...], promises: Mapping[str, Limit]
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


def _assurance(place: Place, kinds: Mapping[str, Kind]) -> dict[str, int]:
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


def _people(place: Place) -> People:
    place.keys("office_hours", "idle_minutes")
    hours = place.at("office_hours")
    hours.keys(optional=DAYS)
    return People(
        MappingProxyType({day: _hours(item) for day, item in hours.items()}),
        place.at("idle_minutes").number(minimum=1),
    )


def _hours(place: Place) -> Hours:
    begin, _, end = place.text().partition("-")
    try:
        hours = Hours(time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
    except ValueError:
        raise PolicyBroken(f'{place} needs hours such as "09:00-17:00".') from None
    if hours.begin.tzinfo or hours.end.tzinfo:
        raise PolicyBroken(f"{place} is told in the company's own time zone: leave it out.")
    if hours.begin >= hours.end:
        raise PolicyBroken(f"{place} ends before it begins.")
    return hours


def _numbers[T](place: Place, group: type[T]) -> T:
    """A dataclass of whole numbers, one key of the file per field."""
    names = [field.name for field in fields(cast(Any, group))]
    place.keys(*names)
    return group(**{name: place.at(name).number(minimum=1) for name in names})

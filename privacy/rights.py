"""Rights and kinds: what a customer can ask for and what each law says of it, as typed data.

The values stand in `policy.yml`; a further kind or law needs no code. Knows what a kind is and
which operations exist beside the kinds. Counts no dates and knows no database.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_NAME = re.compile(r"[a-z][a-z_]{1,39}")

# What a customer can do that is not itself a request; the policy gives each a level, as every kind.
OTHER_OPERATIONS = (
    "ask",
    "leave_message",
    "status",
    "plan",
    "cancel",
    "delete_now",
    "view",
    "download",
    "new_contact",
)

Unit = Literal["at_once", "days", "months", "business_days"]
UNITS: tuple[Unit, ...] = ("at_once", "days", "months", "business_days")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request.

    `right` names the right that it exercises (the key of each law's limits). `details` are facts
    that it cannot be filed without; two open requests of a subject may differ in `distinct_by` (the
    field to correct). `at_once` says that a law or the company's promise leaves no time for it.
    """

    name: str
    right: str
    labels: Mapping[str, str]
    wishes: Mapping[str, str]
    details: tuple[str, ...]
    distinct_by: tuple[str, ...]
    at_once: bool

    def label(self, language: str = "en") -> str:
        """The word on a button: "See", "Correct", "Download", "Delete" …"""
        return _spoken(self.labels, language)

    def wish(self, language: str = "en") -> str:
        """The same inside a sentence: "your request to see your data"."""
        return _spoken(self.wishes, language)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a law gives, and where it says so; `amount` is 0 for "at once"."""

    unit: Unit
    amount: int
    source: str


@dataclass(frozen=True, slots=True)
class Extension:
    """How far a law lets a limit be moved for a reason, counted from receipt."""

    rights: frozenset[str]
    total: Limit


@dataclass(frozen=True, slots=True)
class Law:
    """One law in scope; a right that is absent from `limits` has no period in it."""

    key: str
    name: str
    limits: Mapping[str, Limit]
    extension: Extension | None
    identity_pauses: bool


def is_name(text: str) -> bool:
    """Whether `text` can name a kind, a right, a law or an operation."""
    return _NAME.fullmatch(text) is not None


def _spoken(words: Mapping[str, str], language: str) -> str:
    """The words in `language` ("de", "de-AT"), else in English."""
    return words.get(language) or words.get(language.split("-")[0]) or words["en"]

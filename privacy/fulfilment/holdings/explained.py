"""One table of the data map in the customer's words: which fields are shown, and why each is held, on what
ground, how long, who gets it and from where it came. Fields that say the same are told of together.

It knows the map only, and opens no system. Page, chat and package say the same because they ask here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from privacy.datamap.categories import never_shown, within
from privacy.datamap.model import DataMap, Held
from privacy.datamap.parts import Basis, FieldPart
from privacy.datamap.scope import Scope
from privacy.datamap.topics import joined
from privacy.fulfilment.values.in_words import Telling
from privacy.redaction import BANK, CARD, HEALTH, IDENTITY, OTHER, SECRET

NEVER_SHOWN: Final = "We hold it. We never show it, so that nobody else can see it either."

_GROUNDS: Final[dict[Basis, str]] = {
    "contract": "a contract with you",
    "consent": "your consent, which you can take back at any time",
    "legal_obligation": "a law that we have to follow",
    "legitimate_interest": "an interest of ours that we weighed against yours; you can object to it",
    "vital_interest": "to protect somebody's life",
    "public_task": "a task in the public interest",
}
_KINDS: Final = (
    ("user.financial.bank_account", BANK),
    ("user.financial.credit_card", CARD),
    ("user.government_id", IDENTITY),
    ("user.health_and_medical", HEALTH),
    ("user.biometric", "a biometric detail"),
    ("user.authorization", SECRET),
    ("system.authentication", SECRET),
)


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field as the customer meets it."""

    id: str
    column: str
    label: str
    category: str
    how: Literal["shown", "never", "file"]
    given: bool
    correct: str | None
    what: str  # what stands for it where it is never shown: "a bank account number"
    telling: Telling = Telling()
    names_others: bool = False  # shown to nobody but in a download, once a person has read it


@dataclass(frozen=True, slots=True)
class Reasons:
    """What the map says about some fields of a table; `of` is empty where it is all of them."""

    of: tuple[str, ...]
    why: str  # after "We hold it"
    because: str  # after "We may, because"
    grounds: tuple[str, ...]
    kept: str  # after "We keep it"
    recipients: tuple[str, ...]
    source: str  # after "We have it"


@dataclass(frozen=True, slots=True)
class TableWords:
    """One table."""

    system: str
    table: str
    system_label: str
    label: str
    fields: tuple[FieldWords, ...]
    reasons: tuple[Reasons, ...]
    link: str | None = None  # the column that names the row it hangs on

    @property
    def id(self) -> str:
        return f"{self.system}.{self.table}"

    @property
    def never(self) -> tuple[FieldWords, ...]:
        """Fields that are named only."""
        return tuple(field for field in self.fields if field.how == "never")


def explained(
    datamap: DataMap, system: str, table: str, scope: Scope, *, given_only: bool = False
) -> TableWords:
    """The table with the fields that the scope covers; `given_only` leaves out what was worked out by us."""
    part = datamap.systems[system]
    described = part.tables[table]
    fields = tuple(
        _field(f"{system}.{table}.{column}", column, field)
        for column, field in described.fields.items()
        if scope.covers(f"{system}.{table}.{column}") and (field.given or not given_only)
    )
    held = [datamap.field(field.id) for field in fields]
    return TableWords(
        system,
        table,
        part.label,
        described.label,
        fields,
        _reasons(held),
        described.link.column if described.link else None,
    )


def tables_of(datamap: DataMap, system: str, scope: Scope) -> list[str]:
    """The tables of a system that the scope covers, in the order of the map."""
    return [name for name in datamap.systems[system].tables if scope.covers_table(system, name)]


def is_never_shown(field: FieldPart) -> bool:
    """By its own word or by its category: a map that forgot to say it is on the safe side (S-28)."""
    return field.never_disclose or never_shown(field.category)


def kind_of_secret(category: str) -> str:
    """What a value that is never shown is called: "a bank account number"."""
    return next((words for key, words in _KINDS if within(category, key)), OTHER)


def reasons_for(reasons: Iterable[Reasons], labels: Collection[str]) -> tuple[Reasons, ...]:
    """The reasons as far as they are about these fields; of what is not held nothing is said."""
    about = ((one, tuple(label for label in one.of if label in labels)) for one in reasons)
    return tuple(replace(one, of=of) for one, of in about if of or not one.of)


def capital(text: str) -> str:
    """With a capital letter in front."""
    return text[:1].upper() + text[1:]


def _field(field_id: str, column: str, field: FieldPart) -> FieldWords:
    how: Literal["shown", "never", "file"] = "file" if field.is_file else "shown"
    if is_never_shown(field):
        how = "never"
    return FieldWords(
        field_id, column, field.label, field.category, how, field.given, field.correct,
        kind_of_secret(field.category), Telling(field.shown_as == "cents", field.unit or "", field.means),
        field.may_name_others,
    )  # fmt: skip


def _reasons(held: Iterable[Held]) -> tuple[Reasons, ...]:
    groups: dict[Reasons, list[str]] = {}
    for field in held:
        groups.setdefault(_about(field), []).append(field.label)
    if len(groups) == 1:
        return tuple(groups)
    return tuple(
        Reasons(tuple(labels), one.why, one.because, one.grounds, one.kept, one.recipients, one.source)
        for one, labels in groups.items()
    )  # fmt: skip


def _about(field: Held) -> Reasons:
    return Reasons(
        of=(),
        why=joined(dict.fromkeys(purpose.why for purpose in field.purposes)),
        because=joined(
            dict.fromkeys(purpose.because for purpose in field.purposes), last="and because"
        ),
        grounds=tuple(dict.fromkeys(_GROUNDS[purpose.basis] for purpose in field.purposes)),
        kept=field.retention.words,
        recipients=tuple(
            f"{recipient.who}{' (outside Europe)' if recipient.outside_europe else ''},"
            f" {recipient.what_for}"
            for recipient in field.recipients
        ),
        source=field.source,
    )

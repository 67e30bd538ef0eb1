"""A data map that is not finished: what a program could find out, hints for the rest, and its text.

What a person has to decide stands in the text as TODO, with a hint behind it where there is one;
`vera datamap check` names each of them. The text is in the order of `demo/datamap.yml`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from privacy.datamap.load import TODO

_CORRECTIONS: Final = {
    "name": ("your name", "name", "nothing", ""),
    "email": ("your e-mail address", "email", "new_code", ""),
    "phone": (
        "your phone number",
        "phone",
        "new_code",
        "nothing, where no sign-in and no delivery hangs on a number",
    ),
    "address": ("your address", "address", "nothing", ""),
    "birth_date": ("your date of birth", "date", "person", "an agent looks at it first"),
}
_PURPOSES: Final = {
    # name: why, basis, because (hints only: what is true has to be decided by a person)
    "account": (
        "to give you an account with us",
        "contract",
        "you opened an account",
        "essential.service",
    ),
    "orders": (
        "to bring you what you ordered",
        "contract",
        "you ordered from us",
        "essential.service",
    ),
    "bookkeeping": (
        "to keep our books",
        "legal_obligation",
        "tax law tells us to keep them",
        "essential.legal_obligation",
    ),
    "support": (
        "to answer your questions",
        "contract",
        "you asked us something",
        "essential.service.operations.support",
    ),
    "newsletter": (
        "to send you the newsletter",
        "consent",
        "you said yes to it",
        "marketing.communications.email",
    ),
    "sign_in": (
        "to make sure that nobody but you gets into your account",
        "contract",
        "you opened an account",
        "essential.service.authentication",
    ),
    "insight": (
        "to find out what is used and what is not",
        "legitimate_interest",
        "we want to make it better for you",
        "functional",
    ),
    "employment": (
        "to work together with you",
        "contract",
        "you work for us",
        "essential.service",
    ),
}
_RETENTIONS: Final = {
    "while_customer": ("as long as you are our customer", ""),
    "tax_time": ("for ten years after the end of the year of the invoice", "P11Y"),
    "while_employed": ("as long as you work for us", ""),
    "order_time": ("for three years after the end of the year in which you ordered", "P4Y"),
    "support_time": ("for two years after your question is answered", "P2Y"),
    "insight_time": ("for one year", "P1Y"),
}
RETENTION_OF: Final = {
    "orders": "order_time",
    "bookkeeping": "tax_time",
    "support": "support_time",
    "insight": "insight_time",
    "employment": "while_employed",
}


@dataclass(slots=True)
class FieldSketch:
    """One column about a person; an empty text is left to a person."""

    column: str
    label: str
    category: str = ""
    category_hint: str = "user"
    purpose_hint: str = ""
    correct: str | None = None
    never_disclose: bool = False
    is_file: bool = False
    note: str = ""


@dataclass(slots=True)
class TableSketch:
    """One table with data about persons."""

    name: str
    label: str
    notes: list[str] = field(default_factory=list)
    identity: dict[str, object] | None = None
    link: tuple[str, str] | None = None
    also: dict[str, str] = field(default_factory=dict)
    dated_by: str | None = None
    keep: bool = False
    is_one_each: bool = False  # one row for each of those that it hangs on
    purpose: str = "account"
    source_hint: str = "from you"
    count_as: str | None = None
    technical: list[str] = field(default_factory=list)
    fields: list[FieldSketch] = field(default_factory=list)


@dataclass(slots=True)
class SystemSketch:
    """One system; `not_personal` holds what the table is for, and a hint where a person decides."""

    name: str
    url: str
    notes: list[str] = field(default_factory=list)
    db_schema: str | None = None
    tables: list[TableSketch] = field(default_factory=list)
    not_personal: dict[str, tuple[str, str]] = field(default_factory=dict)


def text_of(systems: list[SystemSketch], made_by: str) -> str:
    """The whole map as YAML."""
    lines = [*_head(made_by), *_words(systems), "systems:"]
    for system in systems:
        lines += _system(system)
    return "\n".join(lines) + "\n"


def todo(hint: str = "") -> str:
    """A value that waits for a person."""
    return f"{TODO}  # perhaps: {scalar(hint)}" if hint else TODO


def _head(made_by: str) -> Iterator[str]:
    yield f"# A draft, made by {made_by}. It is a guess from names and types: nobody has looked at it yet."
    yield "#"
    yield f"# Complete it: wherever {TODO} stands, decide and write the value; a hint may stand behind it. Then read"
    yield "# everything else once, above all on_delete, link and not_personal, and run `vera datamap check` until it"
    yield "# finds nothing. docs/datamap.md explains every word. The words are shown to customers, as pieces of"
    yield "# sentences:"
    yield '#   why         goes on after "We hold it": "to bring your orders to you"'
    yield '#   because     goes on after "We may, because": "you ordered from us"'
    yield '#   words       goes on after "We keep it": "for ten years after the invoice"'
    yield '#   source      goes on after "We have it": "from you, when you ordered"'
    yield "# Add what only you know: recipients, corrections that need a person, what deletion stops."
    yield ""


def _words(systems: list[SystemSketch]) -> Iterator[str]:
    tables = [table for system in systems for table in system.tables]
    fields = [one for table in tables for one in table.fields]
    purposes = list(dict.fromkeys(one.purpose_hint or "account" for one in fields)) or ["account"]
    retentions = [RETENTION_OF.get(table.purpose, "while_customer") for table in tables]
    yield "version: 1"
    yield f"company: {todo()}"
    yield f"leading: {systems[0].name}"
    yield f"region: {todo()}  # the country of phone numbers stored without one, such as DE or US"
    yield ""
    yield "purposes:"
    for name in [known for known in _PURPOSES if known in purposes]:
        why, basis, because, use = _PURPOSES[name]
        yield f"  {name}:"
        yield f"    why: {todo(why)}"
        yield f"    basis: {todo(basis)}"
        yield f"    because: {todo(because)}"
        yield f"    use: {use}"
    yield ""
    yield "retentions:"
    for name in [known for known in _RETENTIONS if known in retentions] or ["while_customer"]:
        words, period = _RETENTIONS[name]
        yield f"  {name}:"
        yield f"    words: {todo(words)}"
        if period:
            yield f"    period: {todo(period)}"
    used = {one.correct.split(".")[0] for one in fields if one.correct}
    if used:
        yield ""
        yield "corrections:"
    for name, (label, kind, needs, note) in _CORRECTIONS.items():
        if name in used:
            yield f"  {name}:"
            yield f"    label: {label}"
            yield f"    kind: {kind}"
            yield f"    needs: {needs}" + (f"  # {note}" if note else "")
    yield ""


def _system(system: SystemSketch) -> Iterator[str]:
    yield f"  {system.name}:"
    yield from (f"    # {note}" for note in system.notes)
    yield f"    label: {todo(f'our {system.name.replace("_", " ")}')}"
    yield "    kind: sql"
    yield f"    url: {scalar(system.url)}"
    if system.db_schema:
        yield f"    db_schema: {scalar(system.db_schema)}"
    yield "    tables:"
    for table in system.tables:
        yield from _table(table)
    if system.not_personal:
        yield "    not_personal:"
    for name, (words, hint) in system.not_personal.items():
        yield f"      {scalar(name)}: {scalar(words) if words else todo(hint)}"


def _table(table: TableSketch) -> Iterator[str]:
    yield from (f"      # {note}" for note in table.notes)
    yield f"      {scalar(table.name)}:"
    yield f"        label: {scalar(table.label)}"
    if table.identity is not None:
        yield "        identity:"
        for key, value in table.identity.items():
            yield f"          {key}: {scalar(value)}"
    elif table.link is not None:
        column, to = table.link
        also = f", also: {scalar(table.also)}" if table.also else ""
        yield f"        link: {{column: {scalar(column)}, to: {scalar(to)}{also}}}"
    else:
        yield f"        link: {todo()}  # how do these rows lead to a person?"
    yield f"        retention: {todo(RETENTION_OF.get(table.purpose, 'while_customer'))}"
    if table.dated_by:
        if table.keep:
            yield f"        counted_from: {scalar(table.dated_by)}"
        yield f"        dated_by: {scalar(table.dated_by)}"
    if table.count_as:
        yield f"        count_as: {scalar(table.count_as)}"
    yield f"        source: {todo(table.source_hint)}"
    if table.keep:
        yield "        on_delete:"
        yield "          act: keep"
        yield f"          until: {todo('tax_time')}"
        yield f"          because: {todo('tax law tells us to keep invoices')}"
    else:
        yield "        on_delete: erase"
    if table.technical:
        yield f"        technical: {scalar(table.technical)}"
    yield "        fields:" if table.fields else f"        fields: {todo()}"
    for one in table.fields:
        yield from _field(one, table)


def _field(one: FieldSketch, table: TableSketch) -> Iterator[str]:
    yield f"          {scalar(one.column)}:" + (f"  # {one.note}" if one.note else "")
    yield f"            label: {scalar(one.label)}"
    yield f"            category: {one.category or todo(one.category_hint)}"
    yield f"            purpose: [{TODO}]  # perhaps: {one.purpose_hint or table.purpose}"
    if one.correct:
        yield f"            correct: {one.correct}"
    if one.never_disclose:
        yield "            never_disclose: true"
    if one.is_file:
        yield "            is_file: true"


def scalar(value: object) -> str:
    """A value on one line of YAML, quoted where it has to be."""
    text = yaml.safe_dump(
        value, allow_unicode=True, default_flow_style=True, width=2**31, sort_keys=False
    )
    return text.removesuffix("...\n").strip()

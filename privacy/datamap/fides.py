"""Reads a dataset of Fides (https://ethyca.com/docs) as the beginning of a data map.

A dataset says what is where and in which category; why it is held and how long stands elsewhere, or
nowhere, so that is left to a person. Read as documented for Fides 2: `dataset` → `collections` →
`fields` with `data_categories`, `fides_meta` (formerly `fidesops_meta`) with `primary_key`,
`identity` and `references`, and fields inside fields.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from privacy.datamap.categories import CATEGORIES, nearest, never_shown, within
from privacy.datamap.draft import draft
from privacy.datamap.reflection import LiveColumn, LiveTable
from privacy.datamap.sketch import FieldSketch, SystemSketch, TableSketch
from privacy.datamap.source import Unreadable, read
from privacy.datamap.vocabulary import is_person, noun_of, sense_of, words_of

# Categories of earlier versions of the taxonomy.
_RENAMED: Final = {
    "user.financial.account_number": "user.financial.bank_account",
    "user.date_of_birth": "user.demographic.date_of_birth",
    "user.gender": "user.demographic.gender",
    "user.browsing_history": "user.behavior.browsing_history",
    "user.search_history": "user.behavior.search_history",
    "user.media_consumption": "user.behavior.media_consumption",
    "user.observed": "user.behavior",
    "user.derived": "user.demographic.profile",
    "user.religious_belief": "user.demographic.religious_belief",
    "user.race": "user.demographic.race_ethnicity",
    "user.sexual_orientation": "user.demographic.sexual_orientation",
    "user.political_opinion": "user.demographic.political_opinion",
    "user.credentials": "user.authorization.credentials",
    "user.genetic": "user.health_and_medical.genetic",
}
_DATES: Final = ("date", "datetime", "timestamp")


class NotADataset(Exception):
    """The file holds no dataset of Fides; the text says why."""


def import_fides(path: Path) -> list[SystemSketch]:
    """One system for each dataset in the file.

    Raises NotADataset, Unreadable.
    """
    datasets = read(path).tree.get("dataset")
    if isinstance(datasets, dict):
        datasets = [datasets]
    if not isinstance(datasets, list) or not datasets:
        raise NotADataset(
            f"{path}: this is no dataset of Fides. One begins with dataset: and a list."
        )
    systems = [_dataset(dataset) for dataset in datasets if isinstance(dataset, dict)]
    if not any(system.tables for system in systems):
        raise NotADataset(f"{path}: no collection of this dataset holds data about persons.")
    return systems


def _dataset(dataset: dict[str, Any]) -> SystemSketch:
    key = str(dataset.get("fides_key") or dataset.get("name") or "system")
    name = re.sub(r"\W+", "_", key.casefold()).strip("_")[:40]
    name = name if name[:1].isalpha() else f"system_{name}"[:40]
    collections = {
        str(collection["name"]): list(_fields(collection.get("fields")))
        for collection in dataset.get("collections") or ()
        if isinstance(collection, dict) and collection.get("name")
    }
    tables = [_live(key, table, fields) for table, fields in collections.items()]
    system = draft(tables, "sqlite://", name)
    system.url = "TODO"
    system.notes = [f"From the Fides dataset {key}." if key.isprintable() else "From Fides."]
    if isinstance(dataset.get("retention"), str):
        system.notes.append(f"Fides says about how long: {_line(dataset['retention'])}")
    described: list[TableSketch] = []
    for table in system.tables:
        fields = dict(collections[table.name])
        described.append(_told(table, fields))
    for table_name, pairs in collections.items():
        personal = [column for column, field in pairs if _personal(field)]
        if table_name in system.not_personal and personal:
            del system.not_personal[table_name]
            described.append(_stray(table_name, dict(pairs)))
    system.tables = described
    return system


def _fields(fields: object, above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field, those inside others as "outer.inner"."""
    for field in fields if isinstance(fields, list) else ():
        if not isinstance(field, dict) or not field.get("name"):
            continue
        name = f"{above}{field['name']}"
        if isinstance(field.get("fields"), list) and field["fields"]:
            yield from _fields(field["fields"], f"{name}.")
        else:
            yield name, field


def _meta(field: dict[str, Any]) -> dict[str, Any]:
    meta = field.get("fides_meta") or field.get("fidesops_meta") or {}
    return meta if isinstance(meta, dict) else {}


def _live(dataset: str, name: str, fields: list[tuple[str, dict[str, Any]]]) -> LiveTable:
    """The collection as the schema of a table, so that it is drafted like one."""
    links: list[tuple[str, str, str]] = []
    for column, field in fields:
        for reference in _meta(field).get("references") or ():
            target, _, there = str(reference.get("field", "")).partition(".")
            if reference.get("dataset", dataset) == dataset and there:
                links.append((column, target, there))
    return LiveTable(
        name,
        tuple(
            LiveColumn(column, is_date=str(_meta(field).get("data_type")) in _DATES)
            for column, field in fields
        ),
        tuple(column for column, field in fields if _meta(field).get("primary_key") is True),
        tuple(links),
    )


def _category(field: dict[str, Any]) -> tuple[str, str]:
    """The category if it is known, and what Fides said otherwise."""
    told = [str(one) for one in field.get("data_categories") or ()]
    personal = [one for one in told if within(one, "user")]
    for one in personal or told:
        known = _RENAMED.get(one, one)
        if known in CATEGORIES:
            return known, ""
        above = known
        while "." in above:
            above = above.rpartition(".")[0]
            if above in CATEGORIES and above != "user":
                return above, ""
        return "", nearest(known) or known
    return "", ""


def _personal(field: dict[str, Any]) -> bool:
    category, hint = _category(field)
    return within(category, "user") or hint.startswith("user")


def _told(table: TableSketch, fields: dict[str, dict[str, Any]]) -> TableSketch:
    """The drafted table with what Fides says in place of what was guessed."""
    contacts: dict[str, object] = {}
    for column, field in fields.items():
        kind = {"email": "email", "phone_number": "phone"}.get(str(_meta(field).get("identity")))
        if kind is not None:
            contacts.setdefault(kind, column)
    if contacts and table.identity is not None:
        before = table.identity
        table.identity = {key: before[key] for key in before if key not in ("email", "phone")}
        table.identity.update(contacts)
    guessed = {one.column: one for one in table.fields}
    table.technical, table.fields = [], []
    for column, field in fields.items():
        category, hint = _category(field)
        named = {*(table.identity or {}).values()} - {(table.identity or {}).get("key")}
        if not _personal(field) and (column not in guessed or category.startswith("system")):
            if column not in named:
                table.technical.append(column)
                continue
            category = ""
        one = _new(column, table) if "." in column or column not in guessed else guessed[column]
        if _is_key(column, table) and not guessed.get(column):
            table.technical.append(column)
            continue
        table.fields.append(
            replace(
                one,
                category=category or one.category,
                category_hint=hint or one.category_hint,
                never_disclose=never_shown(category or one.category or "user"),
                correct=one.correct
                if one.correct and not never_shown(category or "user")
                else None,
                note=_line(field.get("description")),
            )
        )
    if not table.fields and table.technical:
        table.fields = [_new(table.technical.pop(), table)]
    return table


def _is_key(column: str, table: TableSketch) -> bool:
    key = (table.identity or {}).get("key")
    return column == key or (table.link is not None and column == table.link[0])


def _new(column: str, table: TableSketch) -> FieldSketch:
    leaf = column.rsplit(".", 1)[-1]
    sense = sense_of(leaf, table.name)
    noun = noun_of(leaf, sense)
    return FieldSketch(
        column,
        f"your {noun}" if sense and not noun.startswith("when ") else f"the {noun}",
        category=sense.category if sense else "",
        purpose_hint=table.purpose,
    )


def _stray(name: str, fields: dict[str, dict[str, Any]]) -> TableSketch:
    """A collection with personal data of which the dataset does not say whose it is."""
    spoken = " ".join(words_of(name)) or name
    table = TableSketch(name, "your account" if is_person(name) else f"your {spoken}")
    table.notes.append("The dataset does not say how these rows lead to a person.")
    return _told(table, fields)


def _line(text: object) -> str:
    return " ".join(str(text).split())[:120] if isinstance(text, str) else ""


__all__ = ["NotADataset", "Unreadable", "import_fides"]

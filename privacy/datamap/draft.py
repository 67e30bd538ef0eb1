"""A first data map of a database that nobody has described yet, proposed from its schema.

It guesses persons, links and categories from names, types and keys, and leaves to a person what a
program cannot know: why something is held, how long, and what to do in doubt.
"""

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import make_url

from privacy.datamap.categories import never_shown, within
from privacy.datamap.reflection import LiveColumn, LiveTable
from privacy.datamap.sketch import FieldSketch, SystemSketch, TableSketch
from privacy.datamap.vocabulary import (
    came_rank,
    is_bookkeeping,
    is_person,
    is_staff,
    noun_of,
    sense_of,
    subject_of,
    words_of,
)

_CONTACTS: Final = ("user.contact.email", "user.contact.phone_number")


def draft(tables: list[LiveTable], url: str, name: str, schema: str | None = None) -> SystemSketch:
    """The system as a sketch; never with a password in it."""
    system = SystemSketch(name, without_password(url, name), db_schema=schema)
    known = {table.name: table for table in tables}
    persons = _persons(known)
    links = _links(known, persons)
    for table_name in _order(known, persons, links):
        table = known[table_name]
        system.tables.append(_table(table, table_name in persons, links.get(table_name), known))
    rows = [
        table for table in system.tables if table.identity and table.identity["person"] == "row"
    ]
    if len(rows) > 1:
        system.tables[0].notes.append(
            f"Several tables hold persons: {', '.join(t.name for t in rows)}. The first one that has an identity"
        )
        system.tables[0].notes.append(
            "leads: its records decide who a person is. Put the customers first."
        )
    if not system.tables:
        system.notes.append(
            "No table looks as if persons were found in it. Describe one under tables."
        )
    described = {table.name for table in system.tables}
    for table in tables:
        if table.name not in described:
            system.not_personal[table.name] = _not_personal(table)
    return system


def without_password(url: str, name: str) -> str:
    """The address with ${NAME_PASSWORD} where its password stood."""
    address = make_url(url)
    if address.password is None:
        return url
    variable = re.sub(r"\W", "_", f"{name}_PASSWORD".upper())
    text = address.set(password="PASSWORD-STANDS-HERE").render_as_string(hide_password=False)
    return text.replace("PASSWORD-STANDS-HERE", f"${{{variable}}}")


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


def _contact_columns(table: LiveTable) -> dict[str, str]:
    """The first e-mail and the first phone column."""
    found: dict[str, str] = {}
    for column in table.columns:
        sense = sense_of(column.name, table.name)
        if sense is not None and sense.category in _CONTACTS:
            found.setdefault("email" if sense.category.endswith("email") else "phone", column.name)
    return found


def _persons(known: dict[str, LiveTable]) -> list[str]:
    """The tables in which persons are found, customers before staff before loose contacts."""
    reachable = {name for name, table in known.items() if _contact_columns(table)}
    rows = [name for name in reachable if is_person(name) and len(known[name].key) == 1]
    if not rows:
        rows = [
            name
            for name in reachable
            if len(known[name].key) == 1 and any(_leads_to(t, {name}) for t in known.values())
        ]
    position = list(known).index
    referred = {name: -sum(_leads_to(table, {name}) for table in known.values()) for name in rows}
    rows.sort(
        key=lambda name: (is_staff(name), not is_person(name), referred[name], position(name))
    )
    hanging = _links(known, rows)
    loose = [name for name in reachable if name not in rows and name not in hanging]
    return [*rows, *sorted(loose, key=position)]


def _leads_to(table: LiveTable, names: set[str]) -> bool:
    return any(target in names and target != table.name for _, target, _ in table.links)


def _links(known: dict[str, LiveTable], persons: list[str]) -> dict[str, tuple[str, str]]:
    """For each table that hangs on a person: its column, and where that leads."""
    rank = {name: position for position, name in enumerate(persons)}
    found: dict[str, tuple[str, str]] = {}
    grown = True
    while grown:
        grown = False
        for name, table in known.items():
            if name in rank:
                continue
            ways = sorted(
                (rank[target], column, f"{target}.{there}")
                for column, target, there in table.links
                if target in rank and target != name
            )
            if ways and name not in found:
                best, column, to = ways[0]
                found[name] = (column, to)
                rank[name] = best + len(persons)
                grown = True
    for name in [*persons, *found]:
        for column, target, there in known[name].links:
            apart = target not in rank and target in known
            if apart and likely_personal([c.name for c in known[target].columns], target):
                found[target] = (there, f"{name}.{column}")
                rank[target] = len(rank)
    return found


def _order(
    known: dict[str, LiveTable], persons: list[str], links: dict[str, tuple[str, str]]
) -> Iterator[str]:
    """Each person's table, then what hangs on it."""

    def hanging(parent: str) -> Iterator[str]:
        for name in known:
            if name in links and links[name][1].split(".")[0] == parent:
                yield name
                yield from hanging(name)

    for person in persons:
        yield person
        yield from hanging(person)


def _table(
    table: LiveTable, person: bool, link: tuple[str, str] | None, known: dict[str, LiveTable]
) -> TableSketch:
    subject = subject_of(table.name)
    staff = is_staff(table.name) or bool(link and is_staff(link[1].split(".")[0]))
    purpose = "employment" if staff else subject[1] if subject else "account"
    parent = link[1].split(".")[0] if link else ""
    keep = is_bookkeeping(table.name) or (bool(parent) and is_bookkeeping(parent))
    if keep:
        purpose = "bookkeeping"
    sketch = TableSketch(
        table.name,
        "your account" if is_person(table.name) and not staff else f"your {_several(table.name)}",
        link=link,
        keep=keep,
        purpose=purpose,
        source_hint=_source(staff, keep),
        dated_by=_came(table, person),
    )
    if person:
        sketch.identity = _identity(table)
        if staff:
            sketch.label = "what we hold about you as somebody who works here"
            sketch.notes.append(
                "The company's own people: they have the same rights. Keep it, or name the"
            )
            sketch.notes.append(
                "table under not_personal and say there who looks after their requests."
            )
        elif sketch.identity["person"] == "contact" and not is_person(table.name):
            sketch.notes.append(
                "Are these persons of their own? Else give it a link, or name it under"
            )
            sketch.notes.append("not_personal.")
    elif link and link[0] in table.key and all(column != link[0] for column, _, _ in table.links):
        sketch.notes.append(
            f"Found the other way round: {link[1]} leads here. Is a row one person's only?"
        )
    if parent and parent in known and is_person(parent) and not is_person(table.name):
        one = _singular(_spoken(table.name))
        sketch.count_as = f"{one}|{_plural(one)}"
    pointers = {column for column, _, _ in table.links}
    for column in table.columns:
        if _is_technical(column, table, pointers):
            sketch.technical.append(column.name)
        else:
            sketch.fields.append(_field(column, table, sketch, person, staff))
    _whole_address(sketch)
    if not sketch.fields:  # a table of keys still says that there was something
        sketch.fields = [
            FieldSketch(name, f"the {_spoken(name)}", category_hint="user", purpose_hint=purpose)
            for name in sketch.technical[-1:]
        ]
        sketch.technical = sketch.technical[:-1]
    return sketch


def _identity(table: LiveTable) -> dict[str, object]:
    row = is_person(table.name) and len(table.key) == 1
    identity: dict[str, object] = {"person": "row" if row else "contact"}
    if row:
        identity["key"] = table.key[0]
    for column in table.columns:
        sense = sense_of(column.name, table.name)
        if (
            sense is not None
            and sense.category == "user.unique_id"
            and column.name not in table.key
        ):
            identity.setdefault("customer_number", column.name)
    contacts = _contact_columns(table)
    identity.update({kind: contacts[kind] for kind in ("email", "phone") if kind in contacts})
    return identity


def _is_technical(column: LiveColumn, table: LiveTable, pointers: set[str]) -> bool:
    if column.name in table.key or column.name in pointers:
        return True
    words = words_of(column.name)
    return sense_of(column.name, table.name) is None and words[-1:] in (
        ["id"], ["uuid"], ["guid"], ["version"], ["rowguid"], ["fk"],
    )  # fmt: skip


def _field(
    column: LiveColumn, table: LiveTable, sketch: TableSketch, person: bool, staff: bool
) -> FieldSketch:
    sense = sense_of(column.name, table.name)
    subject = subject_of(table.name)
    own = person or subject is None or subject[0] == "user.contact.address"
    place = sense is not None and within(sense.category, "user.contact.address")
    if sense is not None and not sense.strong and not own and not place:
        sense = None  # the "title" of an order is nobody's job
    noun = noun_of(column.name, sense)
    known = {one.label for one in sketch.fields}
    label = f"the {_spoken(column.name)}"
    if sense is not None:
        label = noun if noun.startswith("when ") else f"your {noun}"
    if label in known:
        label = f"{label} ({_spoken(column.name)})"
    category = sense.category if sense else ""
    if not category and subject is not None and subject[0] != "user.contact.address":
        category = subject[0]
    if not category and (column.is_date or words_of(column.name)[-1:] == ["at"]):
        category = "user.account"
    if column.is_file:
        category = category or "user.content.private"
    hint = sketch.purpose
    if within(category, "user.authorization"):
        hint = "sign_in"
    elif category == "user.privacy_preferences" and not staff:
        hint = "newsletter"
    correctable = sense is not None and not staff and not sketch.keep
    return FieldSketch(
        column.name,
        label,
        category=category,
        purpose_hint=hint,
        correct=sense.correct if sense is not None and correctable and not column.is_file else None,
        never_disclose=bool(category) and never_shown(category),
        is_file=column.is_file,
    )


def _whole_address(sketch: TableSketch) -> None:
    """An address in one column is no street."""
    parts = [one for one in sketch.fields if within(one.category, "user.contact.address")]
    if len(parts) == 1 and parts[0].category == "user.contact.address.street":
        [one] = parts
        one.category = "user.contact.address"
        one.label = one.label.replace("street", "address")
        one.correct = "address" if one.correct else None


def _came(table: LiveTable, person: bool) -> str | None:
    ranked = [
        (rank, position, column.name)
        for position, column in enumerate(table.columns)
        if (rank := came_rank(column.name, column.is_date)) is not None
    ]
    return min(ranked)[2] if ranked else None


def _not_personal(table: LiveTable) -> tuple[str, str]:
    suspicious = likely_personal([column.name for column in table.columns], table.name)
    if suspicious:
        hint = f"{_several(table.name)}; {', '.join(suspicious)} is nobody's own"
        return "", hint
    words = _several(table.name)
    return (words if len(words) > 2 else f"the table {words}"), ""


def _spoken(name: str) -> str:
    return " ".join(words_of(name)) or name


def _several(name: str) -> str:
    return _plural(_singular(_spoken(name)))


def _source(staff: bool, keep: bool) -> str:
    if staff:
        return "from you, when you started to work for us"
    return "from us, made from your order" if keep else "from you"


def _singular(words: str) -> str:
    if words.endswith("ies"):
        return f"{words[:-3]}y"
    if words.endswith(("sses", "xes", "ches")):
        return words[:-2]
    return words.removesuffix("s") if not words.endswith(("ss", "us", "is")) else words


def _plural(one: str) -> str:
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return f"{one[:-1]}ies"
    return f"{one}es" if one.endswith(("s", "x", "ch")) else f"{one}s"

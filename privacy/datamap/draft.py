"""A first data map of a database that nobody has described yet, proposed from its schema.

It guesses persons, links and categories from names, types and keys, and leaves to a person what a
program cannot know: why something is held, how long, and what to do in doubt.
"""

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import make_url

from privacy.datamap.categories import never_shown, within
from privacy.datamap.linking import Way, Ways, is_about_persons, likely_personal
from privacy.datamap.reflection import LiveColumn, LiveTable
from privacy.datamap.sketch import FieldSketch, SystemSketch, TableSketch
from privacy.datamap.vocabulary import (
    Sense,
    came_rank,
    is_bookkeeping,
    is_partner,
    is_person,
    is_staff,
    noun_of,
    qualifier_of,
    sense_of,
    subject_of,
    words_of,
)

_CONTACTS: Final = ("user.contact.email", "user.contact.phone_number")


def draft(tables: list[LiveTable], url: str, name: str, schema: str | None = None) -> SystemSketch:
    """The system as a sketch; never with a password in it."""
    system = SystemSketch(name, without_password(url, name), db_schema=schema)
    known = {table.name: table for table in tables if not table.is_view}
    ways = Ways(known)
    persons = _persons(known, ways)
    links = _links(known, persons, ways)
    for table_name in _order(known, persons, links):
        place = persons.index(table_name) if table_name in persons else None
        declared = [way for way in ways.of(table_name) if not way.is_guess]
        link = links.get(table_name)
        system.tables.append(_table(known[table_name], place, link, declared, known))
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


def _contact_columns(table: LiveTable) -> dict[str, str]:
    """The first e-mail and the first phone column."""
    found: dict[str, str] = {}
    for column in table.columns:
        sense = sense_of(column.name, table.name)
        if sense is not None and sense.category in _CONTACTS:
            found.setdefault("email" if sense.category.endswith("email") else "phone", column.name)
    return found


def _persons(known: dict[str, LiveTable], ways: Ways) -> list[str]:
    """The tables in which persons are found, customers before staff before loose contacts."""
    reachable = {
        name for name, table in known.items() if _contact_columns(table) and not is_partner(name)
    }
    rows = [name for name in reachable if is_person(name) and len(known[name].key) == 1]
    if not rows:
        rows = [
            name
            for name in reachable
            if len(known[name].key) == 1 and any(ways.leads_to(other, name) for other in known)
        ]
    position = list(known).index
    referred = {name: -sum(ways.leads_to(other, name) for other in known) for name in rows}
    rows.sort(
        key=lambda name: (is_staff(name), not is_person(name), referred[name], position(name))
    )
    hanging = _links(known, rows, ways)
    loose = [name for name in reachable if name not in rows and name not in hanging]
    return [*rows, *sorted(loose, key=position)]


def _links(known: dict[str, LiveTable], persons: list[str], ways: Ways) -> dict[str, Way]:
    """For each table that hangs on a person: the way there."""
    # The person at whose end the way stops, then how far that is: customers come before staff.
    rank = {name: (position, 0) for position, name in enumerate(persons)}
    found: dict[str, Way] = {}
    while open_ways := [
        (way.is_guess, *rank[way.table], name, way.columns, way)
        for name in known
        if name not in rank and not is_partner(name)
        for way in ways.of(name)
        if way.table in rank
    ]:
        *_, name, _, best = min(open_ways, key=lambda one: one[:-1])
        found[name] = best
        person, far = rank[best.table]
        rank[name] = (person, far + 1)
    for name in [*persons, *found]:
        for way in ways.of(name):
            if way.table not in rank and _is_apart(known, name, way):
                # An address that a person's row leads to: found the other way round.
                found[way.table] = Way(way.targets, name, way.columns, way.is_guess)
                rank[way.table] = rank[name]
    return found


def _is_apart(known: dict[str, LiveTable], name: str, way: Way) -> bool:
    """Leads this way to something of the person in `name`, or of what hangs on one: an address, a profile?"""
    if len(way.columns) != 1 or way.table not in known or is_partner(way.table):
        return False
    subject = subject_of(way.table)
    is_address = subject is not None and subject[0] == "user.contact.address"
    # What an order leads to is everybody's: a product, a shipper. What a person leads to may be theirs.
    return is_address or (is_person(name) and is_about_persons(known[way.table]))


def _order(known: dict[str, LiveTable], persons: list[str], links: dict[str, Way]) -> Iterator[str]:
    """Each person's table, then what hangs on it."""

    def hanging(parent: str) -> Iterator[str]:
        for name in known:
            if name in links and links[name].table == parent:
                yield name
                yield from hanging(name)

    for person in persons:
        yield person
        yield from hanging(person)


def _table(
    table: LiveTable,
    place: int | None,
    link: Way | None,
    ways: list[Way],
    known: dict[str, LiveTable],
) -> TableSketch:
    """`place`: of a table in which persons are found, among all of these; `ways`: its foreign keys."""
    pointers = {column for way in ways for column in way.columns}
    person = place is not None
    subject = subject_of(table.name)
    staff = is_staff(table.name) or bool(link and is_staff(link.table))
    purpose = "employment" if staff else subject[1] if subject else "account"
    parent = link.table if link else ""
    keep = is_bookkeeping(table.name) or (bool(parent) and is_bookkeeping(parent))
    if keep:
        purpose = "bookkeeping"
    sketch = TableSketch(
        table.name,
        "your account" if place == 0 and not staff else f"your {_several(table.name)}",
        link=link.link if link else None,
        also=link.also if link else {},
        keep=keep,
        purpose=purpose,
        source_hint=_source(staff, keep),
        dated_by=_came(table, person),
        is_one_each=bool(link and table.key and set(table.key) <= set(link.columns)),
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
    elif link and link.columns == table.key and link.columns[0] not in pointers:
        sketch.notes.append(
            f"Found the other way round: {'.'.join((link.table, link.targets[0]))} leads here. "
            "Is a row one person's only?"
        )
    if link:
        beside = [way for way in ways if way.table == link.table and way.columns != link.columns]
        for way in beside:
            sketch.notes.append(
                f"{', '.join(way.columns)} leads to {way.table}, too: rows that are somebody's only by that are not found."
            )
    if link and link.is_guess:
        sketch.notes.append(
            f"The link is guessed from the name {', '.join(link.columns)}: the database says nothing of it."
        )
    if parent and parent in known and is_person(parent) and not is_person(table.name):
        one = _singular(_spoken(table.name))
        sketch.count_as = f"{one}|{_plural(one)}"
    pointers |= set(link.columns if link else ())
    for column in table.columns:
        if _is_technical(column, table, pointers):
            sketch.technical.append(column.name)
        else:
            sketch.fields.append(_field(column, table, sketch, person, staff))
    _whole_address(sketch)
    _one_each(sketch)
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
    sense = sense_of(column.name, table.name)
    if column.name in pointers or (column.name in table.key and not _is_own(sense)):
        return True
    words = words_of(column.name)
    return sense is None and words[-1:] in (
        ["id"], ["uuid"], ["guid"], ["version"], ["rowguid"], ["fk"],
    )  # fmt: skip


def _is_own(sense: Sense | None) -> bool:
    """Is it somebody's own, also where it is a key: an e-mail address, a passport?"""
    return sense is not None and (
        sense.category in _CONTACTS or within(sense.category, "user.government_id")
    )


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
    words = words_of(column.name)
    if len(words) > 1 and words[-1] in ("at", "on", "am"):
        label = f"when {' '.join(words[:-1])}"
    elif sense is not None:
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
    if sense is not None and not person and not sketch.is_one_each:
        # Of several rows some may be about others: fellow travellers, who a present is for.
        correctable = correctable and (sense.correct or "").startswith("address")
    return FieldSketch(
        column.name,
        label,
        category=category,
        purpose_hint=hint,
        correct=sense.correct if sense is not None and correctable and not column.is_file else None,
        never_disclose=bool(category) and never_shown(category),
        is_file=column.is_file,
    )


def _one_each(sketch: TableSketch) -> None:
    """Of two phone numbers in one row only one is corrected: by which a person is found, else the first."""
    places = [one for one in sketch.fields if (one.correct or "").startswith("address.")]
    kinds = [qualifier_of(one.column) for one in places]
    for one, kind in zip(places, kinds, strict=True):
        if kind != ("" if "" in kinds else kinds[0]):
            one.correct = None  # the parts of two addresses are never mixed
    contacts = set((sketch.identity or {}).values())
    taken: dict[str, FieldSketch] = {}
    for one in sketch.fields:
        first = taken.setdefault(one.correct, one) if one.correct else one
        if first is not one:
            other = first if one.column in contacts else one
            taken[one.correct or ""] = one if other is first else first
            other.correct = None


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
    if table.is_view and not table.is_stored:
        return "a view of other tables", ""
    if table.is_view:
        hint = "a stored view of other tables; see to it that it is made anew when they change"
        return "", f"{hint} ({', '.join(suspicious)})" if suspicious else hint
    if suspicious:
        are = "is" if len(suspicious) == 1 else "are"
        hint = f"{_spoken(table.name)}; {', '.join(suspicious)} {are} nobody's own"
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

"""Whether the parts of a data map fit each other: names that lead nowhere, tables that nobody
belongs to.

Each mistake is a place in the map and one sentence that says what is wrong and what to do. No
system is asked.
"""

from collections.abc import Iterable, Iterator

from privacy.contacts import parse_contact
from privacy.datamap.categories import CATEGORIES, NEVER_SHOWN, nearest, never_shown
from privacy.datamap.model import DataMap
from privacy.datamap.parts import FieldPart, OnDelete, Recipient, Stop, SystemPart, Table
from privacy.datamap.source import Place

Finding = tuple[Place, str]


def findings(datamap: DataMap) -> Iterator[Finding]:
    """Everything in the map that does not fit."""
    yield from _leading(datamap)
    for name, recipient in datamap.recipients.items():
        yield from _recipient(("recipients", name), recipient)
    for name, system in datamap.systems.items():
        yield from _system(datamap, ("systems", name), system)


def _leading(datamap: DataMap) -> Iterator[Finding]:
    leading = datamap.systems.get(datamap.leading)
    if leading is None:
        yield ("leading",), f"no system is called {datamap.leading!r}. {_choose(datamap.systems)}"
    elif leading.kind == "manual":
        yield (
            ("leading",),
            "a system that persons work cannot say who a person is. Name one that can be asked.",
        )
    elif not any(leading.identities()):
        yield (
            ("systems", datamap.leading),
            "the leading system has no table with an identity. Say how a person is found in it.",
        )
    elif not leading.needed:
        yield (
            ("systems", datamap.leading, "needed"),
            "the leading system decides who a person is. It has to be needed.",
        )


def _recipient(place: Place, recipient: Recipient) -> Iterator[Finding]:
    if recipient.notify is None:
        return
    contact = parse_contact(recipient.notify)
    if contact is None or contact.kind != "email" or "@" not in recipient.notify:
        yield (
            (*place, "notify"),
            "this is no e-mail address. Write the one that is told of corrections and deletions.",
        )


def _system(datamap: DataMap, place: Place, system: SystemPart) -> Iterator[Finding]:
    for name in system.not_personal.keys() & system.tables.keys():
        yield (
            (*place, "not_personal", name),
            "this table is also described under tables. Keep one of the two.",
        )
    asked_by_program = getattr(system, "kind", "") != "manual"
    for name, table in system.tables.items():
        at = (*place, "tables", name)
        if asked_by_program:
            yield from _belonging(at, name, table, system)
        yield from _table(datamap, at, table, system)
        for column, part in table.fields.items():
            yield from _field(datamap, (*at, "fields", column), part)


def _belonging(place: Place, name: str, table: Table, system: SystemPart) -> Iterator[Finding]:
    """Every row must lead to a person: here, or by links."""
    identity = table.identity
    if identity is not None:
        if identity.person == "row" and identity.key is None:
            yield (
                (*place, "identity"),
                "each row is a person, but no key says which. Name the column in key.",
            )
        if not (identity.email or identity.phone or identity.customer_number):
            yield (
                (*place, "identity"),
                "nothing says how a person is found. Name an email, phone or customer_number column.",
            )
        for part in (identity.email, identity.phone):
            if part and part.column not in table.fields:
                yield (
                    (*place, "identity"),
                    f"{part.column} is a person's own, and would never be shown to them. Describe it under fields.",
                )
        return
    if table.link is None:
        yield (
            place,
            "nobody belongs to this table. Give it an identity, or a link to a table that has one.",
        )
        return
    seen = [name]
    while table.identity is None and table.link is not None:
        target = table.link.table
        if target not in system.tables:
            yield (
                (*place, "link", "to"),
                f"this system has no table {target!r}. {_choose(system.tables)}",
            )
            return
        if target in seen:
            yield (
                (*place, "link"),
                "the links go round in a circle. One of the tables needs an identity.",
            )
            return
        seen.append(target)
        table = system.tables[target]


def _table(datamap: DataMap, place: Place, table: Table, system: SystemPart) -> Iterator[Finding]:
    yield from _known((*place, "retention"), "retention", [table.retention], datamap.retentions)
    yield from _known((*place, "recipients"), "recipient", table.recipients, datamap.recipients)
    yield from _deletion(datamap, (*place, "on_delete"), table.on_delete)
    yield from _one_each(place, table)
    for column in table.fields.keys() & set(table.technical):
        yield (
            (*place, "technical"),
            f"{column} is also described under fields. Keep one of the two.",
        )
    rules = [table.on_delete, *(part.on_delete for part in table.fields.values())]
    if any(rule and rule.act == "keep" for rule in rules) and not _dated(table, system):
        yield (
            place,
            "something is kept for a time, but nothing says from when. "
            "Name a column in counted_from, here or in the table that this one is linked to.",
        )
    for index, stop in enumerate(table.stops):
        yield from _stop(datamap, (*place, "stops", str(index)), table, stop)


def _one_each(place: Place, table: Table) -> Iterator[Finding]:
    """Two columns of a row that are corrected alike would come to say the same."""
    first: dict[str, str] = {}
    for column, part in table.fields.items():
        if part.correct is not None and first.setdefault(part.correct, column) != column:
            yield (
                (*place, "fields", column, "correct"),
                f"{first[part.correct]} is {part.correct} as well, and a correction would write the same into "
                "both. Leave correct out of one of the two.",
            )


def _dated(table: Table, system: SystemPart) -> bool:
    """Is there a date from which a retention is counted, here or further up the links?"""
    seen: list[Table] = []
    while not table.counted_from and not table.dated_by and table.link and table not in seen:
        seen.append(table)
        table = system.tables.get(table.link.table, table)
    return bool(table.counted_from or table.dated_by)


def _stop(datamap: DataMap, place: Place, table: Table, stop: Stop) -> Iterator[Finding]:
    yield from _known((*place, "purposes"), "purpose", stop.purposes, datamap.purposes)
    keys = [*table.link.columns] if table.link else []
    if table.identity:
        by = (table.identity.customer_number, table.identity.email, table.identity.phone)
        keys += [c for c in (table.identity.key, *(column.column for column in by if column)) if c]
    for key, columns in (("set", stop.set), ("only_where", stop.only_where)):
        for column in columns:
            if column not in table.fields and column not in table.technical:
                yield (
                    (*place, key, column),
                    f"nothing is said about the column {column}. "
                    "Describe it under fields, or name it under technical.",
                )
    for column in stop.set:
        if column in keys:
            yield (
                (*place, "set", column),
                "by this column the rows of a person are found. Set another one.",
            )
    if not stop.only_where:
        yield (
            place,
            "nothing says which rows still have to be told. Name in only_where what they hold "
            "before, so that a second time changes nothing.",
        )


def _field(datamap: DataMap, place: Place, part: FieldPart) -> Iterator[Finding]:
    if part.category not in CATEGORIES:
        guess = nearest(part.category)
        hint = f"Did you mean {guess}?" if guess else "The Fideslang taxonomy lists them."
        yield (*place, "category"), f"{part.category!r} is no known category. {hint}"
    elif never_shown(part.category) and not part.never_disclose:
        yield (
            place,
            (
                f"values of {part.category} are never shown. Write never_disclose: true "
                f"(the same holds for {', '.join(NEVER_SHOWN)})."
            ),
        )
    if part.correct is not None:
        yield from _known(
            (*place, "correct"), "correction", [part.correct.split(".")[0]], datamap.corrections
        )
    if part.correct is not None and (part.never_disclose or part.is_file):
        what = "a value that is never shown" if part.never_disclose else "a file"
        yield (*place, "correct"), f"{what} cannot be read back. Leave correct out."
    for word in ("shown_as", "unit", "means"):
        if getattr(part, word) and (part.never_disclose or part.is_file):
            yield (*place, word), f"a value that is not shown needs no words. Leave {word} out."
    yield from _known((*place, "purpose"), "purpose", part.purpose, datamap.purposes)
    yield from _known(
        (*place, "retention"),
        "retention",
        [part.retention] if part.retention else [],
        datamap.retentions,
    )
    yield from _known(
        (*place, "recipients"), "recipient", part.recipients or [], datamap.recipients
    )
    if part.on_delete is not None:
        yield from _deletion(datamap, (*place, "on_delete"), part.on_delete)


def _deletion(datamap: DataMap, place: Place, rule: OnDelete) -> Iterator[Finding]:
    if rule.act == "keep":
        if rule.until is None or rule.because is None:
            yield (
                place,
                "what is kept needs until (the name of a retention) and because (the reason, for the customer).",
            )
        else:
            yield from _known((*place, "until"), "retention", [rule.until], datamap.retentions)
            retention = datamap.retentions.get(rule.until)
            if retention is not None and retention.period is None:
                yield (
                    (*place, "until"),
                    f"the retention {rule.until!r} has no period, so it would never end. Add one, such as P10Y.",
                )
    elif rule.until is not None or rule.because is not None:
        yield place, f"until and because belong to keep, not to {rule.act}. Leave them out."
    if rule.value is not None and rule.act != "anonymise":
        yield place, f"value belongs to anonymise, not to {rule.act}. Leave it out."


def _known(
    place: Place, what: str, names: Iterable[str], known: Iterable[str]
) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield place, f"there is no {what} called {name!r}. {_choose(known)}"


def _choose(known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"Choose from {names}, or add it." if names else "Add it at the top of the map."

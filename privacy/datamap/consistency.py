"""Whether the parts of a data map fit each other: names that lead nowhere, tables that nobody
belongs to.

Each mistake is a place in the map and one sentence that says what is wrong and what to do. No
system is asked.
"""

from collections.abc import Iterable, Iterator

from privacy.datamap.categories import CATEGORIES, NEVER_SHOWN, nearest, never_shown
from privacy.datamap.model import DataMap
from privacy.datamap.parts import FieldPart, OnDelete, System, Table
from privacy.datamap.source import Place

Finding = tuple[Place, str]


def findings(datamap: DataMap) -> Iterator[Finding]:
    """Everything in the map that does not fit."""
    leading = datamap.systems.get(datamap.leading)
    if leading is None:
        yield ("leading",), f"no system is called {datamap.leading!r}. {_choose(datamap.systems)}"
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
    for name, system in datamap.systems.items():
        yield from _system(datamap, ("systems", name), system)


def _system(datamap: DataMap, place: Place, system: System) -> Iterator[Finding]:
    for name in system.not_personal.keys() & system.tables.keys():
        yield (
            (*place, "not_personal", name),
            "this table is also described under tables. Keep one of the two.",
        )
    for name, table in system.tables.items():
        at = (*place, "tables", name)
        yield from _belonging(at, name, table, system)
        yield from _table(datamap, at, table)
        for column, part in table.fields.items():
            yield from _field(datamap, (*at, "fields", column), table, part)


def _belonging(place: Place, name: str, table: Table, system: System) -> Iterator[Finding]:
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


def _table(datamap: DataMap, place: Place, table: Table) -> Iterator[Finding]:
    yield from _known((*place, "retention"), "retention", [table.retention], datamap.retentions)
    yield from _known((*place, "recipients"), "recipient", table.recipients, datamap.recipients)
    yield from _deletion(datamap, (*place, "on_delete"), table.on_delete)
    for column in table.fields.keys() & set(table.technical):
        yield (
            (*place, "technical"),
            f"{column} is also described under fields. Keep one of the two.",
        )


def _field(datamap: DataMap, place: Place, table: Table, part: FieldPart) -> Iterator[Finding]:
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
    if part.correct is not None and part.never_disclose:
        yield (
            (*place, "correct"),
            "a value that is never shown cannot be read back. Leave correct out.",
        )
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

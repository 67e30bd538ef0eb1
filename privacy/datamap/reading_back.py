"""A scope in the customer's words, so that they see what was understood."""

from collections.abc import Iterator
from datetime import date

from privacy.datamap.categories import group
from privacy.datamap.model import DataMap
from privacy.datamap.scope import Scope
from privacy.datamap.topics import MARKETING, fields_of, joined, name_of
from privacy.dates import day_in_words


def words_of(scope: Scope, datamap: DataMap) -> str:
    """ "your orders and what you ordered, from 1 January 2023"."""
    if scope.fields is None:
        what = "everything we hold about you"
    else:
        every = [field.id for field in datamap.held()]
        rest = frozenset(name for name in every if name not in scope.fields)
        if scope.since is None and scope.until is None and len(rest) * 2 < len(every):
            what = f"everything except {_parts(rest, datamap)}"
        else:
            what = _parts(scope.fields, datamap)
    days = " ".join(_days(scope.since, scope.until))
    return f"{what}, {days}" if days else what


def _parts(fields: frozenset[str], datamap: DataMap) -> str:
    for topic in (MARKETING, *dict.fromkeys(_categories(datamap))):
        if fields == frozenset(fields_of(topic, datamap)):
            return name_of(topic, datamap)
    left = set(fields)
    named: list[str] = []
    for system_name, system in datamap.systems.items():
        own = {
            f"{system_name}.{table}.{column}"
            for table, described in system.tables.items()
            for column in described.fields
        }
        if own <= left and len(system.tables) > 1 and own != set(fields):
            named.append(f"all that {system.label} holds")
            left -= own
    for system_name, system in datamap.systems.items():
        for table_name, table in system.tables.items():
            own = {f"{system_name}.{table_name}.{column}" for column in table.fields}
            if own <= left:
                named.append(table.label)
                left -= own
    for name, correction in datamap.corrections.items():
        own = {held.id for held in datamap.held() if _corrects(datamap, held.id, name)}
        if own and own <= left:
            named.append(correction.label)
            left -= own
    by_group: dict[str, list[str]] = {}
    for held in datamap.held():
        if held.id in left:
            by_group.setdefault(_group_of(datamap, held.id), []).append(held.label)
    for group_name, labels in by_group.items():
        if len(set(labels)) <= 3:
            named += labels
        else:
            named.append(group_name if group_name.startswith("what ") else f"your {group_name}")
    return joined(dict.fromkeys(named))


def _categories(datamap: DataMap) -> Iterator[str]:
    for system in datamap.systems.values():
        for table in system.tables.values():
            for part in table.fields.values():
                yield part.category


def _corrects(datamap: DataMap, field_id: str, name: str) -> bool:
    system, table, column = field_id.split(".", 2)
    part = datamap.systems[system].tables[table].fields[column]
    return (part.correct or "").split(".")[0] == name


def _group_of(datamap: DataMap, field_id: str) -> str:
    system, table, column = field_id.split(".", 2)
    return group(datamap.systems[system].tables[table].fields[column].category)


def _days(since: date | None, until: date | None) -> Iterator[str]:
    if since and since == until:
        yield f"of {day_in_words(since)}"
        return
    if since:
        yield f"from {day_in_words(since)}"
    if until:
        yield f"{'to' if since else 'until'} {day_in_words(until)}"

"""Whether the data map and the live databases fit: what the map names must exist, and what exists
must be named.

It reads schemas, never rows.
"""

from collections.abc import Iterator

from privacy.datamap.deletion import deletions
from privacy.datamap.model import DataMap
from privacy.datamap.parts import Link, System
from privacy.datamap.scope import EVERYTHING
from privacy.datamap.topics import joined
from privacy.systems.port import TableErasure
from privacy.systems.shape import Pointer
from privacy.systems.sql import SqlSystem


def misfits(datamap: DataMap) -> list[str]:
    """One sentence for each thing that does not fit; empty if all does.

    Raises SystemDown.
    """
    found: list[str] = []
    for name, described in datamap.systems.items():
        if not isinstance(described, System):
            continue  # what a service or a person holds is not reflected
        system = SqlSystem(name, described, datamap.region, leading=name == datamap.leading)
        try:
            found += _compare(name, described, system.columns())
            found += _unlinked(name, described, system.foreign_keys())
            found += _half_linked(name, described, system.keys())
            found += _unfit_to_erase(name, system)
            if not found:
                found += _not_emptied(datamap, name, system)
        finally:
            system.close()
    return found


def _compare(name: str, described: System, live: dict[str, list[str]]) -> Iterator[str]:
    for table_name, table in described.tables.items():
        place = f"{name} → {table_name}"
        if table_name not in live:
            yield f"{place}: the database has no such table. Correct its name, or leave it out."
            continue
        named = table.columns()
        for column in named:
            if column not in live[table_name]:
                yield f"{place}: the table has no column {column}. Correct its name, or leave it out."
        for column in live[table_name]:
            if column not in named:
                yield (
                    f"{place}: nothing is said about the column {column}. "
                    "Describe it under fields, or name it under technical."
                )
        target = described.tables.get(table.link.table) if table.link else None
        for there in table.link.targets if table.link and target else ():
            if table.link and there not in live.get(table.link.table, ()):
                yield f"{place}: the link leads to {table.link.table}.{there}, which does not exist."
    for table_name in live:
        if table_name not in described.tables and table_name not in described.not_personal:
            yield (
                f"{name}: nothing is said about the table {table_name}. "
                "Describe it under tables, or name it under not_personal."
            )
    for table_name in described.not_personal:
        if table_name not in live:
            yield f"{name}: the database has no table {table_name}, named under not_personal."


def _unlinked(name: str, described: System, foreign_keys: list[Pointer]) -> Iterator[str]:
    """Foreign keys by which rows of a person may hang on others without the map saying so."""
    for key in foreign_keys:
        if key.to not in described.tables or key.table == key.to:
            continue
        place, columns = f"{name} → {key.table}", joined(key.columns)
        one = len(key.columns) == 1
        lead, says = ("leads", "the column") if one else ("lead", "the columns")
        if key.table in described.not_personal:
            yield (
                f"{place}: {columns} {lead} to {key.to}, which holds personal data. "
                "Describe it under tables, with a link."
            )
        table = described.tables.get(key.table)
        if table is None or set(key.columns) <= set(table.technical):
            continue
        link = table.link
        if link is None:
            yield (
                f"{place}: {columns} {lead} to {key.to}, and the map does not say so. "
                f"Add a link, or name {says} under technical."
            )
        elif set(link.columns) == set(key.columns) and not _same(link, key):
            theirs = joined(f"{key.to}.{target}" for target in key.targets)
            yield (
                f"{place}: the link of {columns} leads to {link.to}, the database's own "
                f"to {theirs}. Correct the link."
            )


def _half_linked(name: str, described: System, keys: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Links by a part of a key: rows of others would be taken for the person's."""
    for table_name, table in described.tables.items():
        link = table.link
        key, own = keys.get(link.table, ()) if link else (), keys.get(table_name, ())
        # A link by its own whole key was followed the other way round: what leads here is the person's.
        round_about = link and own and set(own) <= set(link.columns)
        if link and set(link.targets) < set(key) and not round_about:
            rest = joined(part for part in key if part not in link.targets)
            yield (
                f"{name} → {table_name}: the link leads to {link.to}, which is only a part of what names a row of "
                f"{link.table}: rows of others would be taken for the person's. "
                f"Name under also what leads to {rest}."
            )


def _unfit_to_erase(name: str, system: SqlSystem) -> Iterator[str]:
    """Tables in which a deletion would not be one."""
    kept, broken_off = system.unfit_to_erase()
    for table in kept:
        yield (
            f"{name} → {table}: the table keeps what is deleted from it (WITH SYSTEM VERSIONING), so nothing would be gone. "
            "Drop its versions: ALTER TABLE … DROP SYSTEM VERSIONING."
        )
    for table in broken_off:
        yield (
            f"{name} → {table}: its engine knows no transactions, so a deletion that breaks off would stay half done. "
            "Convert it: ALTER TABLE … ENGINE = InnoDB."
        )


def _not_emptied(datamap: DataMap, name: str, system: SqlSystem) -> Iterator[str]:
    """Columns that have to hold something, where a deletion would leave nothing."""
    alone = {"leading": name, "systems": {name: datamap.systems[name]}}
    tables = deletions(datamap.model_copy(update=alone), EVERYTHING).get(name, ())
    acts = [(one.table, one.rows, one.blank) for one in tables]
    acts += [(end.table, end.rows, end.blank) for one in tables for end in one.ends]
    told: dict[tuple[str, str], None] = {}
    for act in acts:
        told |= dict.fromkeys(system.cannot_empty([TableErasure(*act)]))
    for table, why in told:
        yield (
            f"{name} → {table}: {why}, so deleting would stop at a row that has to stay. "
            "Say under on_delete what stands there then: {act: anonymise, value: …}, or keep it."
        )


def _same(link: Link, key: Pointer) -> bool:
    ours = set(zip(link.columns, link.targets, strict=True))
    return link.table == key.to and ours == set(zip(key.columns, key.targets, strict=True))

"""Whether the data map and the live databases fit: what the map names must exist, and what exists
must be named.

It reads schemas, never rows.
"""

from collections.abc import Iterator

from privacy.datamap.model import DataMap
from privacy.datamap.parts import System
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
        if table.link and target and table.link.target not in live.get(table.link.table, ()):
            yield f"{place}: the link leads to {table.link.to}, which does not exist."
    for table_name in live:
        if table_name not in described.tables and table_name not in described.not_personal:
            yield (
                f"{name}: nothing is said about the table {table_name}. "
                "Describe it under tables, or name it under not_personal."
            )
    for table_name in described.not_personal:
        if table_name not in live:
            yield f"{name}: the database has no table {table_name}, named under not_personal."


def _unlinked(
    name: str, described: System, foreign_keys: list[tuple[str, str, str, str]]
) -> Iterator[str]:
    """Foreign keys by which rows of a person may hang on others without the map saying so."""
    for table_name, column, target, target_column in foreign_keys:
        if target not in described.tables or table_name == target:
            continue
        if table_name in described.not_personal:
            yield (
                f"{name} → {table_name}: {column} leads to {target}, which holds personal data. "
                "Describe it under tables, with a link."
            )
        table = described.tables.get(table_name)
        if table is None or column in table.technical:
            continue
        link = table.link
        if link is not None and link.column == column:
            if (link.table, link.target) != (target, target_column):
                yield (
                    f"{name} → {table_name}: the link of {column} leads to {link.to}, the database's own "
                    f"to {target}.{target_column}. Correct the link."
                )
        elif link is None:
            yield (
                f"{name} → {table_name}: {column} leads to {target}, and the map does not say so. "
                "Add a link, or name the column under technical."
            )

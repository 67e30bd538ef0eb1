"""Counts what is really done to a company's database: a trigger for each table notes each row that came, changed or
went. Writing what stands there already is no effect.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

TABLE = "effects_seen"


def count_effects(database: Path) -> None:
    """From now on."""
    with closing(sqlite3.connect(database)) as db, db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        db.execute(f"CREATE TABLE {TABLE} (act TEXT, of_table TEXT, row INTEGER, columns TEXT)")
        for table in tables:
            columns = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
            differs = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in columns)
            which = " || ".join(
                f"""CASE WHEN OLD."{c}" IS NOT NEW."{c}" THEN '{c} ' ELSE '' END""" for c in columns
            )
            for act, when, row, changed in (
                ("INSERT", "", "NEW.rowid", "''"),
                ("UPDATE", f"WHEN {differs}", "NEW.rowid", which),
                ("DELETE", "", "OLD.rowid", "''"),
            ):
                db.execute(
                    f'CREATE TRIGGER "seen_{act}_{table}" AFTER {act} ON "{table}" {when} BEGIN '
                    f"INSERT INTO {TABLE} VALUES ('{act}', '{table}', {row}, {changed}); END"
                )


def effects(database: Path) -> list[str]:
    """Each effect, sorted; the same effect twice stands there twice."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute(f"SELECT act, of_table, row, columns FROM {TABLE}")
        return sorted(" ".join(map(str, row)).strip() for row in rows)

"""Refuses a database that could lose what a customer was told is safe (S-57).

SQLite documentation, "PRAGMA synchronous"; PostgreSQL documentation, "Write Ahead Log" settings.
"""

import sqlite3

from command.failure import CannotStart
from privacy.fulfilment.engine.port import EngineUnusable
from privacy.fulfilment.engine.workflows_database import sqlite_driver
from privacy.store.database import Database

OLDEST_SQLITE = (3, 35, 0)  # RETURNING
_FULL, _EXTRA = 2, 3
_POSTGRES = {"fsync": "on", "full_page_writes": "on"}


def assert_durable(
    database: Database, version: tuple[int, ...] = sqlite3.sqlite_version_info
) -> None:
    """Raises CannotStart."""
    if database.is_sqlite:
        _assert_sqlite(database, version)
    elif database.engine.dialect.name == "postgresql":
        _assert_postgres(database)


def _assert_sqlite(database: Database, version: tuple[int, ...]) -> None:
    if version < OLDEST_SQLITE:
        found = ".".join(map(str, version))
        raise CannotStart(
            f"SQLite {found} is too old (3.35 or newer is needed): use a Python with a newer one."
        )
    try:
        sqlite_driver()
    except EngineUnusable as error:
        raise CannotStart(str(error)) from None
    with database.engine.connect() as connection:
        found_now = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    wrong = [
        name
        for name, good in (
            (
                "journal_mode",
                str(found_now["journal_mode"]).lower() in ("wal", "delete", "truncate", "persist"),
            ),
            ("synchronous", int(found_now["synchronous"]) in (_FULL, _EXTRA)),
            ("foreign_keys", int(found_now["foreign_keys"]) == 1),
            ("busy_timeout", int(found_now["busy_timeout"]) >= 1_000),
        )
        if not good
    ]
    if wrong:
        told = ", ".join(f"{name}={found_now[name]}" for name in wrong)
        raise CannotStart(
            f"The database would not keep what is written to it ({told}): put the data folder on a local disk that SQLite can lock."
        )


def _assert_postgres(database: Database) -> None:
    with database.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in (*_POSTGRES, "synchronous_commit")
        }
    wrong = [
        f"{name}={settings[name]}" for name, good in _POSTGRES.items() if settings[name] != good
    ]
    if settings["synchronous_commit"] in ("off",):
        wrong.append("synchronous_commit=off")
    if wrong:
        raise CannotStart(
            f"PostgreSQL is set to lose commits in a crash ({', '.join(wrong)}): switch these settings on."
        )

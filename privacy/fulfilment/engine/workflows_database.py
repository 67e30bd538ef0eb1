"""Where workflows are remembered: a SQLite file of their own in the data folder, or the PostgreSQL of Vera.

DBOS needs SQLite 3.42 or newer (`unixepoch('subsec')`), which Python does not always bring; `pysqlite3` does.
Whatever is committed survives a power cut: WAL with synchronous=FULL (SQLite documentation, "PRAGMA synchronous").
"""

import importlib
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

from privacy.fulfilment.engine.port import EngineUnusable

OLDEST_SQLITE = (3, 42, 0)
SCHEMA = "vera_workflows"
FILE = "workflows.db"


def url_of(database_url: str, data_dir: Path) -> str:
    """The URL of the workflows' database beside this one of Vera's."""
    if make_url(database_url).get_backend_name() == "postgresql":
        return database_url
    return f"sqlite:///{data_dir.resolve() / FILE}"


def sqlite_driver(own: ModuleType = sqlite3, other: str = "pysqlite3.dbapi2") -> ModuleType:
    """A driver whose SQLite is new enough: Python's own, else pysqlite3.

    Raises EngineUnusable.
    """
    if own.sqlite_version_info >= OLDEST_SQLITE:
        return own
    try:
        driver = importlib.import_module(other)
    except ImportError:
        driver = None
    if driver is not None and driver.sqlite_version_info >= OLDEST_SQLITE:
        return driver
    raise EngineUnusable(
        f"SQLite {own.sqlite_version} is too old to carry requests out (3.42 or newer is needed): "
        "install pysqlite3-binary, use a Python with a newer one, or set VERA_DATABASE_URL to a PostgreSQL database."
    )


def open_engine(url: str) -> Engine:
    """An engine for DBOS that keeps what is committed.

    Raises EngineUnusable.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, pool_size=10, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        parsed, module=sqlite_driver(), pool_size=10, max_overflow=10, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"  # as DBOS does: writers queue, none fails half-way
        cursor = connection.cursor()
        for pragma in (
            "busy_timeout=30000",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine

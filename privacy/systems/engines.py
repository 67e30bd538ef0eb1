"""Connections to the company's databases that cannot write, and give up in time."""

import sqlite3
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, NullPool, create_engine


def read_only(url: URL, timeout_seconds: int) -> Engine:
    """An engine that reads.

    SQLite and PostgreSQL refuse to write on its connections; for others the database user has to be
    one that may only read.
    """
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite(url, timeout_seconds)
    arguments: dict[str, Any] = {}
    if backend == "postgresql":
        limit = timeout_seconds * 1000
        arguments = {
            "connect_timeout": timeout_seconds,
            "options": f"-c statement_timeout={limit} -c lock_timeout={limit}",
        }
    elif backend in ("mysql", "mariadb"):
        arguments = {"connect_timeout": timeout_seconds, "read_timeout": timeout_seconds}
    engine = create_engine(
        url,
        connect_args=arguments,
        pool_size=5,
        max_overflow=15,
        pool_pre_ping=True,
        pool_timeout=timeout_seconds,
        hide_parameters=True,
    )
    return engine.execution_options(postgresql_readonly=True) if backend == "postgresql" else engine


def _sqlite(url: URL, timeout_seconds: int) -> Engine:
    # mode=ro also keeps SQLite from making an empty file where the database is missing.
    address = f"file:{quote(url.database or '')}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=timeout_seconds, check_same_thread=False)

    # A file is opened anew each time: it costs next to nothing, and one that was replaced or is
    # gone is noticed.
    return create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

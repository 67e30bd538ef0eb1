"""Connections to the company's databases: those that cannot write, and those that can; all give up in
time.
"""

import sqlite3
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Engine, NullPool, create_engine, event

from privacy.systems import mysql

_LONGER_FOR_WRITING: Final = 20


def read_only(url: URL, timeout_seconds: int) -> Engine:
    """An engine that reads: the database refuses to write on its connections."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        # mode=ro also keeps SQLite from making an empty file where the database is missing.
        return _sqlite(url, "ro", timeout_seconds)
    engine = _server(url, timeout_seconds, timeout_seconds)
    if backend in mysql.NAMES:
        mysql.prepare(engine, timeout_seconds, reads=True)
    return engine.execution_options(postgresql_readonly=True) if backend == "postgresql" else engine


def read_write(url: URL, timeout_seconds: int) -> Engine:
    """An engine that writes: a statement may take longer, and sees one state of the rows throughout."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        engine = _sqlite(url, "rw", timeout_seconds)
        _make_sqlite_careful(engine)
        return engine
    limit = timeout_seconds * _LONGER_FOR_WRITING
    engine = _server(url, timeout_seconds, limit)
    if backend not in mysql.NAMES:
        return engine.execution_options(isolation_level="REPEATABLE READ")
    mysql.prepare(engine, limit, reads=False)
    # There REPEATABLE READ counts the rows of before and changes those of now.
    return engine.execution_options(isolation_level="SERIALIZABLE")


def _server(url: URL, connect_seconds: int, statement_seconds: int) -> Engine:
    backend = url.get_backend_name()
    arguments: dict[str, Any] = {}
    if backend == "postgresql":
        limit = statement_seconds * 1000
        arguments = {
            "connect_timeout": connect_seconds,
            "options": f"-c statement_timeout={limit} -c lock_timeout={limit}",
        }
    elif backend in mysql.NAMES:
        arguments = {
            "connect_timeout": connect_seconds,
            "read_timeout": statement_seconds,
            "write_timeout": statement_seconds,
        }
    return create_engine(
        url,
        connect_args=arguments,
        pool_size=5,
        max_overflow=15,
        pool_pre_ping=True,
        pool_timeout=connect_seconds,
        hide_parameters=True,
        # What goes by an index there (mysql.by_index) looks to SQLAlchemy as if it joined all with all.
        enable_from_linting=backend not in mysql.NAMES,
    )


def _sqlite(url: URL, mode: str, timeout_seconds: int) -> Engine:
    address = f"file:{quote(url.database or '')}?mode={mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=timeout_seconds, check_same_thread=False)

    # A file is opened anew each time: it costs next to nothing, and one that was replaced or is
    # gone is noticed.
    return create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)


def _make_sqlite_careful(engine: Engine) -> None:
    """Writers queue instead of failing half-way, links are kept, and what is deleted is overwritten."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in ("foreign_keys=ON", "secure_delete=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

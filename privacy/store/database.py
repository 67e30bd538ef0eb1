"""The door to Vera's own database: engines that are durable, and transactions that cannot half-happen.

On SQLite every write transaction begins with `BEGIN IMMEDIATE`, so that two writers queue instead of
failing half-way, and `synchronous=FULL` keeps a committed row through a power cut (SQLite documentation,
"PRAGMA synchronous": WAL with NORMAL may lose the last commits).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from privacy.crashpoints import caller, crashpoint


class Database:
    """Reads and writes in short transactions; safe to share between threads."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine: Engine = create_engine(
            parsed,
            pool_size=pool_size,
            max_overflow=20,
            pool_pre_ping=not self.is_sqlite,
            hide_parameters=True,  # the text of a database error would quote what was bound
        )
        if self.is_sqlite:
            _make_sqlite_durable(self.engine)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may change rows: commits at the end, rolls back on any error."""
        writer = caller(1)
        with self.engine.connect() as connection:
            connection = connection.execution_options(vera_write=True)
            with connection.begin():
                yield connection
                crashpoint(f"before-commit:{writer}")
            crashpoint(f"after-commit:{writer}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the rows."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def _make_sqlite_durable(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(dbapi_connection: Any, _record: Any) -> None:
        # The driver's own transaction handling is switched off: SQLAlchemy's "begin" event below decides.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (
            "busy_timeout=15000",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("vera_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

"""The public Chinook database as a company, on SQLite, PostgreSQL and MariaDB, where its files lie beside the repository.

Names are written here as in the SQLite file (CustomerId), and so they stand in MariaDB, which is filled from it.
PostgreSQL's script calls the same things customer_id: statements and the data map are rewritten on their way. Nothing
of the files is kept.
"""

import re
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, NullPool, create_engine, event, inspect, make_url, text

from privacy.settings import ROOT
from tests.driving import mariadb, postgres

FOLDER = ROOT.parent / "shared" / "sample-companies" / "chinook"
FILE, SCRIPT = FOLDER / "Chinook_Sqlite.sqlite", FOLDER / "Chinook_PostgreSql.sql"
MAP = Path(__file__).with_name("chinook.yml")

type Rows = dict[tuple[str, object], dict[str, Any]]
"""By table and key: the row by column."""


class Shop:
    """One copy of the company."""

    def __init__(self, url: str, is_snake: bool) -> None:
        self.url = url
        self._is_snake = is_snake
        self.engine: Engine = create_engine(make_url(url), poolclass=NullPool)

    def name(self, camel: str) -> str:
        """A name as this copy writes it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", camel).lower() if self._is_snake else camel

    def told(self, written: str) -> str:
        """A text in which every name is written as here."""
        names = re.compile(rf"\b({'|'.join(sorted(_names(), key=len, reverse=True))})\b")
        return names.sub(lambda found: self.name(found[0]), written) if self._is_snake else written

    def datamap(self, folder: Path) -> Path:
        """The committed map, with the names of this copy."""
        if not self._is_snake:
            return MAP
        path = folder / MAP.name
        path.write_text(self.told(MAP.read_text(encoding="utf-8")), encoding="utf-8")
        return path

    def sql(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Plain SQL, past all of Vera; values as SQLite and PostgreSQL would both be read."""
        with self.engine.begin() as connection:
            result = connection.execute(text(self.told(statement)), values)
            if not result.returns_rows:
                return []
            return [tuple(plain(value) for value in row) for row in result]

    def one(self, statement: str, **values: Any) -> Any:
        [[found]] = self.sql(statement, **values)
        return found

    def exported(
        self, table: str, columns: list[str], where: str, **values: Any
    ) -> list[list[Any]]:
        """Rows as the format of the package says that values are written."""
        with self.engine.connect() as connection:
            names = ", ".join(columns)
            rows = connection.execute(
                text(self.told(f"SELECT {names} FROM {table} WHERE {where} ORDER BY 1")), values
            )
            return [[_as_json(value) for value in row] for row in rows]

    def dump(self) -> Rows:
        """Every row of every table."""
        found: Rows = {}
        for table, columns in self._tables.items():
            key = columns[0] if not table.startswith("Playlist") else None
            with self.engine.connect() as connection:
                for row in connection.execute(text(self.told(f"SELECT * FROM {table}"))):
                    values = dict(zip(columns, (plain(value) for value in row), strict=True))
                    found[table, values[key] if key else tuple(row)] = values
        return found

    @cached_property
    def _tables(self) -> dict[str, list[str]]:
        by_name = {self.name(name): name for name in _names()}
        inspector = inspect(self.engine)
        return {
            by_name[table]: [by_name[c["name"]] for c in inspector.get_columns(table)]
            for table in inspector.get_table_names()
        }


def plain(value: Any) -> Any:
    """Money as cents-true text, days as SQLite writes them: the two databases say the same."""
    if isinstance(value, Decimal | float):
        return f"{value:.2f}"
    return str(value) if isinstance(value, datetime) else value


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def changed(before: Rows, after: Rows) -> dict[tuple[str, object], set[str]]:
    """The rows that are not as they were, with the columns in which they differ; all columns of one that is gone."""
    assert not after.keys() - before.keys()
    found = {}
    for place, row in before.items():
        now = after.get(place, {})
        if row != now:
            found[place] = {
                column for column in row if column not in now or row[column] != now[column]
            }
    return found


@contextmanager
def shop_of(kind: str, folder: Path) -> Iterator[Shop]:
    """A fresh copy, thrown away afterwards."""
    if kind == "sqlite":
        path = folder / "chinook.db"
        shutil.copyfile(FILE, path)
        yield Shop(f"sqlite:///{path}", is_snake=False)
        return
    is_postgres = kind == "postgres"
    own, end = ("TEMPLATE template0 ENCODING 'UTF8'", "WITH (FORCE)") if is_postgres else ("", "")
    home = make_url(postgres.address() if is_postgres else mariadb.address())
    name = f"vera_chinook_{uuid.uuid4().hex[:12]}"
    server = create_engine(home, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} {own}")
    try:
        url = home.set(database=name)
        (_load if is_postgres else _copy)(create_engine(url, poolclass=NullPool))
        yield Shop(url.render_as_string(hide_password=False), is_snake=is_postgres)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} {end}")


def _copy(engine: Engine) -> None:
    """Every table and row of the SQLite file."""
    file, company = create_engine(f"sqlite:///{FILE}", poolclass=NullPool), MetaData()

    @event.listens_for(company, "column_reflect")
    def _on_column(_inspector: Any, _table: Any, column: Any) -> None:
        column["type"] = column["type"].as_generic()

    company.reflect(file)
    company.create_all(engine)
    with file.connect() as source, engine.begin() as connection:
        for table in company.sorted_tables:
            connection.execute(
                table.insert(), [row._asdict() for row in source.execute(table.select())]
            )


def _load(engine: Engine) -> None:
    """Run the script as it is, except for the lines that make the database itself."""
    script = SCRIPT.read_text(encoding="utf-8-sig")
    own = re.sub(r"^(?:DROP DATABASE|CREATE DATABASE|\\c).*$", "", script, flags=re.MULTILINE)
    with engine.begin() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute(own)


def _names() -> set[str]:
    """Tables and columns of the SQLite file."""
    with closing(sqlite3.connect(f"file:{FILE}?mode=ro", uri=True)) as database:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        columns = [
            name
            for table in tables
            for (name,) in database.execute("SELECT name FROM pragma_table_info(?)", (table,))
        ]
    return {*tables, *columns}

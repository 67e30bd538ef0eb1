"""A database that could lose what a customer was told is safe is refused (S-57)."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from command.durability import assert_durable
from command.failure import CannotStart
from privacy.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'vera.db'}")


def test_the_house_s_own_database_is_durable(database: Database) -> None:
    assert_durable(database)


@pytest.mark.parametrize(
    "pragma", ["synchronous=NORMAL", "foreign_keys=OFF", "busy_timeout=0", "journal_mode=MEMORY"]
)
def test_a_bad_pragma_is_refused_by_name(database: Database, pragma: str) -> None:
    @event.listens_for(database.engine, "connect")
    def _spoil(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA {pragma}")

    with pytest.raises(CannotStart, match=pragma.partition("=")[0]):
        assert_durable(database)


def test_an_old_sqlite_is_refused(database: Database) -> None:
    with pytest.raises(CannotStart, match=r"SQLite 3\.34\.1 is too old"):
        assert_durable(database, (3, 34, 1))

"""What many tests of `privacy` need: a clock that stands still, an empty database, keys."""

import importlib
import pkgutil
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import privacy.store.tables
from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table of the house, to be copied: to make it takes ten times as long."""
    for module in pkgutil.iter_modules(privacy.store.tables.__path__):
        importlib.import_module(f"privacy.store.tables.{module.name}")
    file = tmp_path_factory.mktemp("empty") / "vera.db"
    database = Database(f"sqlite:///{file}")
    metadata.create_all(database.engine)
    database.close()
    assert [one.name for one in file.parent.iterdir()] == ["vera.db"], "nothing waits beside it"
    return file


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    """A SQLite file with every table of the house."""
    shutil.copyfile(empty_database, tmp_path / "vera.db")
    database = Database(f"sqlite:///{tmp_path / 'vera.db'}")
    yield database
    database.close()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([bytes(range(32))])

"""What many tests of `privacy` need: a clock that stands still, an empty database, keys."""

import importlib
import pkgutil
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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A SQLite file with every table of the house."""
    for module in pkgutil.iter_modules(privacy.store.tables.__path__):
        importlib.import_module(f"privacy.store.tables.{module.name}")
    database = Database(f"sqlite:///{tmp_path / 'vera.db'}")
    metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([bytes(range(32))])

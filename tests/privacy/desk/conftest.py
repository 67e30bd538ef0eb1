"""The desk in a small world, on SQLite; on PostgreSQL too where a test asks for either."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from tests.driving.postgres import EITHER, address
from tests.privacy.desk.desk_world import DeskWorld


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> DeskWorld:
    return DeskWorld(database, keyring, clock, tmp_path)


@pytest.fixture(params=EITHER)
def either(
    request: pytest.FixtureRequest, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> Iterator[DeskWorld]:
    """The same, once on each kind of database."""
    if request.param == "sqlite":
        there: Database = request.getfixturevalue("database")
        yield DeskWorld(there, keyring, clock, tmp_path)
        return
    postgres = Database(address())
    metadata.drop_all(postgres.engine)
    metadata.create_all(postgres.engine)
    yield DeskWorld(postgres, keyring, clock, tmp_path)
    metadata.drop_all(postgres.engine)
    postgres.close()

"""The world of hand-overs: on SQLite, and where SQL may differ on PostgreSQL as well."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from tests.driving.postgres import EITHER, address
from tests.privacy.handoff.hand_over_world import World


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


@pytest.fixture(params=EITHER)
def any_world(
    request: pytest.FixtureRequest,
    empty_database: Path,  # by which all tables are known
    tmp_path: Path,
    keyring: Keyring,
    clock: FixedClock,
) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'vera.db'}" if request.param == "sqlite" else address()
    database = Database(url)
    metadata.drop_all(database.engine)
    metadata.create_all(database.engine)
    yield World(database, keyring, clock)
    metadata.drop_all(database.engine)
    database.close()

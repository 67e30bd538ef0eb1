"""A desk of its own for each test."""

import pytest

from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.conftest import clock, database, empty_database, keyring
from tests.web.desk.desk_house import DeskHouse

__all__ = ["clock", "database", "empty_database", "keyring"]


@pytest.fixture
def house(database: Database, keyring: Keyring, clock: FixedClock) -> DeskHouse:
    return DeskHouse(database, keyring, clock)

"""An outbox."""

import pytest

from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.mail.mail_house import House


@pytest.fixture
def house(database: Database, keyring: Keyring, clock: FixedClock) -> House:
    return House(database, keyring, clock)

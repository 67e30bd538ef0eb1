"""Accounts on an empty database; passwords are hashed cheaply, but where the hashing itself is looked at."""

import pytest
from argon2 import PasswordHasher

from privacy.agents import passwords
from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.agents.agents_world import World


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
    monkeypatch.setattr(passwords, "_NOBODY", cheap.hash("nobody has this password"))


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, cheap_hashes: None) -> World:
    return World(database, keyring, clock)

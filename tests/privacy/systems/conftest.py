"""Databases of one kind, for what only that kind does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.privacy.systems.sql_world import SqlWorld, world_of


@pytest.fixture
def mariadb(tmp_path: Path) -> Iterator[SqlWorld]:
    """The shop, on MariaDB."""
    with world_of("mariadb", tmp_path) as made:
        yield made


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[SqlWorld]:
    """A database without a table, on MariaDB."""
    with world_of("mariadb", tmp_path, empty=True) as made:
        yield made

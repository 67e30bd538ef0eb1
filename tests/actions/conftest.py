"""A Vera in this process, without Rasa."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.wiring import Vera
from tests.driving.inside import make_vera


@pytest.fixture
def vera(tmp_path: Path) -> Iterator[Vera]:
    vera = make_vera(tmp_path / "vera")
    yield vera
    vera.database.close()

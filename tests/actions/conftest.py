"""A Vera in this process, without Rasa; every test opens a conversation of its own."""

from collections.abc import Iterator

import pytest

from privacy.wiring import Vera
from tests.driving.inside import make_vera


@pytest.fixture(scope="module")
def vera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vera]:
    vera = make_vera(tmp_path_factory.mktemp("vera"))
    yield vera
    vera.database.close()

"""Rasa alone, started once, and a Vera in this process whose parts a test can break."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from demo import company
from privacy.wiring import Vera
from tests.driving.inside import Door, Talk, log_of_the_service, make_vera, running
from tests.driving.rasa_alone import RasaAlone


@pytest.fixture(scope="package")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaAlone]:
    rasa = RasaAlone(tmp_path_factory.mktemp("rasa")).start()
    yield rasa
    rasa.stop()


@pytest.fixture(autouse=True)
def service_log() -> Iterator[io.StringIO]:
    with log_of_the_service() as stream:
        yield stream


@pytest.fixture
def vera(rasa: RasaAlone, tmp_path: Path) -> Vera:
    """Its persons are a list, as their systems are the sample company's: what is looked up there is found."""
    company.build(tmp_path / "vera" / "demo")
    return make_vera(tmp_path / "vera", rasa.url, rasa.secret)


@pytest.fixture
async def door(vera: Vera, rasa: RasaAlone) -> AsyncIterator[Door]:
    async with running(vera, rasa.actions_port, rasa.secret) as door:
        yield door


@pytest.fixture
def talk(vera: Vera, door: Door) -> Talk:
    return Talk(vera)

"""The one house that all journeys share: starting Rasa takes seconds, so it is started once."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from privacy.logging import configure_logging
from tests.driving.customer import Customer
from tests.driving.house import House
from tests.driving.logs import kept_logs
from tests.driving.mariadb import MARIADB
from tests.driving.postgres import POSTGRES
from tests.driving.servers import NoServer

_until_the_end = ExitStack()
# What takes long comes first, so that no process is left alone with it at the end.
_SLOW_FIRST = frozenset({"web", "fulfilment"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Another order, where several processes share the tests."""
    if hasattr(config, "workerinput"):
        here = Path(__file__).parent
        items.sort(key=lambda item: _SLOW_FIRST.isdisjoint(item.path.relative_to(here).parts))


def pytest_collection_finish(session: pytest.Session) -> None:
    """A PostgreSQL and a MariaDB are there where some test that is run wants one; where there is none, these are
    skipped and say so."""
    if session.config.option.collectonly:
        return
    for kind in (POSTGRES, MARIADB):
        wanting = [one for one in session.items if one.get_closest_marker(kind.marker)]
        try:
            if wanting:
                _until_the_end.enter_context(kind.server())
        except NoServer as error:
            for one in wanting:
                one.add_marker(pytest.mark.skip(reason=str(error)))


def pytest_unconfigure() -> None:
    _until_the_end.close()


@pytest.fixture(scope="session", autouse=True)
def logs_of_the_house() -> Iterator[None]:
    """Log lines as the product writes them: structlog's own way prints every local variable of an exception."""
    with Path(os.devnull).open("w") as nowhere:
        configure_logging("info", nowhere)
        yield


@pytest.fixture(autouse=True)
def logs_stay_as_they_are() -> Iterator[None]:
    """A command that runs inside a test sets up logs of its own, to a stream that ends with the test."""
    with kept_logs():
        yield


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All parts of Vera, real, with the sample company."""
    house = House(tmp_path_factory.mktemp("house")).start()
    yield house
    assert house.stop() == 0


@pytest.fixture
def customer(house: House) -> Customer:
    """Somebody who opens the chat."""
    return house.customer()


@pytest.fixture
def house_customer_pair(house: House) -> tuple[Customer, Customer]:
    """Two conversations that know nothing of each other."""
    return house.customer(), house.customer()

"""The one house that all journeys share: starting Rasa takes seconds, so it is started once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.logging import configure_logging
from tests.driving.customer import Customer
from tests.driving.house import House


@pytest.fixture(scope="session", autouse=True)
def logs_of_the_house() -> Iterator[None]:
    """Log lines as the product writes them: structlog's own way prints every local variable of an exception."""
    with Path(os.devnull).open("w") as nowhere:
        configure_logging("info", nowhere)
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

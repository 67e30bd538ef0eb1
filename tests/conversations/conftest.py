"""Customers of a test's own: what one journey changes or deletes is never another's."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest

from tests.driving.colleague import Colleague
from tests.driving.company import Company, Person
from tests.driving.house import House


@pytest.fixture
def company(house: House) -> Company:
    """The sample company's databases."""
    return Company(house.data)


@pytest.fixture
def nina(company: Company) -> Person:
    """Somebody whom all three systems know: one address, two orders, a newsletter, a question."""
    return company.welcomes(
        orders=("2022-05-01", "2024-06-01"), newsletter="Nina", tickets=("2025-01-02",)
    )


@pytest.fixture(scope="module")
def colleague(house: House) -> Iterator[Colleague]:
    colleague = Colleague(house.data)
    yield colleague
    colleague.close()


@pytest.fixture
def robin(colleague: Colleague) -> Iterator[Colleague]:
    """A person who is at the desk for one test."""
    colleague.comes()
    yield colleague
    colleague.goes()
    colleague.sends_everybody_home()


@pytest.fixture
def time_passes(house: House) -> Callable[..., None]:
    """Move moments of Vera's database into the past: all that changes with time."""

    def change(statement: str) -> None:
        with sqlite3.connect(house.data / "vera.db", timeout=20) as database:
            assert database.execute(statement).rowcount > 0

    def pass_by(*, codes: bool = False, sent: bool = False, proofs: bool = False) -> None:
        long_ago = "'2020-01-01 00:00:00.000000'"
        if codes:
            change(f"UPDATE challenge SET expires_at = {long_ago}, sent_at = {long_ago}")
        if sent:
            change(f"UPDATE challenge SET sent_at = {long_ago}")
        if proofs:
            change(f"UPDATE proof SET last_used_at = {long_ago}")

    return pass_by

"""When two spellings are one contact, and when they only look alike."""

from pathlib import Path

import pytest

from privacy.systems.company import CompanyDirectory
from privacy.systems.matching import (
    email_spellings,
    moment,
    normal_email,
    normal_phone,
    phone_spellings,
    postal_email,
)
from tests.privacy.systems.systems_world import (
    CUSTOMER,
    CUSTOMERS,
    KEYRING,
    database,
    datamap,
    find,
    three,
)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Ümit@example.com", "ümit@example.com"),
        ("ÜMİT.K@example.com".replace("İ", "I"), "ümit.k@example.com"),
        ("e\u0301va@example.com", "éva@example.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@bücher.example"),
        ("o'neil+tag@EXAMPLE.com ", "O'Neil+tag@example.com"),
    ],
)
def test_spellings_of_an_address_meet_in_sqlite(tmp_path: Path, stored: str, typed: str) -> None:
    directory = three(tmp_path, [(1, "C1", stored, None, None)])
    assert find(directory, typed) == {"shop:1": {"shop"}}


def test_look_alikes_do_not_meet(tmp_path: Path) -> None:
    directory = three(
        tmp_path,
        [(1, "C1", "muller@example.com", None, None), (2, "C2", "jane@example.com", None, None)],
    )
    for other in (
        "müller@example.com",
        "jаne@example.com",
        "jane@examp1e.com",
        "jane+x@example.com",
        "j.ane@example.com",
    ):
        assert find(directory, other) == {}


def test_mail_goes_to_the_address_as_stored() -> None:
    def postal(stored: object) -> str | None:
        return postal_email(stored, normal_email(stored))

    assert postal("  Odd.Case@Example.COM ") == "Odd.Case@example.com"
    assert postal("<Jane@example.com>") is None
    assert postal("not an address") is None
    assert postal(None) is None


@pytest.mark.parametrize(
    "stored",
    [
        "030 23125-101",
        "(030) 23125101",
        "+49 30 23125101",
        "0049/30/23125101",
        "+49 (0)30 23125.101",
    ],
)
def test_spellings_of_a_number_meet(tmp_path: Path, stored: str) -> None:
    directory = three(tmp_path, [(1, "C1", None, stored, None)])
    for typed in ("03023125101", "+493023125101", "0049 30 23125101"):
        assert find(directory, typed) == {"shop:1": {"shop"}}
    assert find(directory, "+1 302 312 5101") == {}, (
        "another country's number with the same last digits"
    )


def test_clean_columns_are_compared_as_they_are(tmp_path: Path) -> None:
    clean = CUSTOMER | {
        "email": {"column": "email", "stored": "clean"},
        "phone": {"column": "phone", "stored": "clean"},
    }
    shop = database(
        tmp_path / "s.db",
        CUSTOMERS,
        [(1, "C1", "ann@example.com", "+493023125101", None)],
        "customers",
    )
    directory = CompanyDirectory(datamap(shop=(shop, "customers", clean)), KEYRING)
    assert (
        find(directory, "Ann@Example.com")
        == find(directory, "030 23125 101")
        == {"shop:1": {"shop"}}
    )


def test_normal_forms() -> None:
    assert normal_email("Jane@EXAMPLE.com") == "jane@example.com"
    assert normal_email(17) is None and normal_email("030 23125 101") is None
    assert (
        normal_phone("0049 30 23125 101", "DE")
        == normal_phone("030/23125101", "DE")
        == "+493023125101"
    )
    assert normal_phone("020 7946 0018", "GB") == "+442079460018"
    assert normal_phone("jane@example.com", "DE") is None
    assert "03023125101" in phone_spellings("+493023125101")
    assert email_spellings("jane@example.com") == {"jane@example.com"}
    assert "Ümit@example.com" in email_spellings("ümit@example.com")


@pytest.mark.parametrize(
    ("stored", "year"),
    [
        ("2026-11-16 10:00:00", 2026),
        ("2026-11-16", 2026),
        ("2026-11-16T10:00:00+02:00", 2026),
        (1_763_000_000, 2025),
        ("soon", None),
        (None, None),
        (10**30, None),
        (True, None),
    ],
)
def test_moments_of_all_kinds(stored: object, year: int | None) -> None:
    found = moment(stored)
    assert (found and found.year) == year
    assert found is None or found.tzinfo is not None

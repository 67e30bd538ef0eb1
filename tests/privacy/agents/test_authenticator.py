"""Codes of an authenticator: which step they belong to, and that none works twice."""

from datetime import UTC, datetime, timedelta

import pytest

from privacy.agents import authenticator

# RFC 6238, appendix B: the secret of the SHA-1 rows, and the last six digits of their codes.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert authenticator.step_of(RFC_SECRET, code, at, after=None) == seconds // 30


@pytest.mark.parametrize(("away", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])  # fmt: skip
def test_a_phone_may_be_one_step_off(away: int, fits: bool) -> None:
    at = datetime.fromtimestamp(1234567890, UTC) + timedelta(seconds=30 * away)
    step = authenticator.step_of(RFC_SECRET, RFC_CODES[1234567890], at, after=None)
    assert step == (1234567890 // 30 if fits else None)


def test_a_code_counts_once_and_none_before_it() -> None:
    at = datetime.fromtimestamp(1234567890, UTC)
    code, step = RFC_CODES[1234567890], 1234567890 // 30
    assert authenticator.step_of(RFC_SECRET, code, at, after=step - 1) == step
    assert authenticator.step_of(RFC_SECRET, code, at, after=step) is None
    assert authenticator.step_of(RFC_SECRET, code, at, after=step + 1) is None


@pytest.mark.parametrize("typed", ["287 082", "287-082", " 287082 "])
def test_codes_as_people_type_them(typed: str) -> None:
    assert authenticator.step_of(RFC_SECRET, typed, datetime.fromtimestamp(59, UTC), after=None)


@pytest.mark.parametrize("typed", ["", "28708", "2870820", "２８７０８２", "28708x", "9" * 5000, "²87082"])  # fmt: skip
def test_what_is_no_code_fits_nothing(typed: str) -> None:
    at = datetime.fromtimestamp(59, UTC)
    assert authenticator.step_of(RFC_SECRET, typed, at, after=None) is None


def test_secrets_have_160_bits_and_differ() -> None:
    found = {authenticator.new_secret() for _ in range(20)}
    assert len(found) == 20
    assert all(len(one) == 32 and set(one) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for one in found)  # fmt: skip


def test_the_address_for_the_picture() -> None:
    address = authenticator.address_of(RFC_SECRET, "kim@alder.example", "Alder & Finch")
    assert address == (
        "otpauth://totp/Alder%20%26%20Finch%20privacy%20desk:kim%40alder.example"
        f"?secret={RFC_SECRET}&issuer=Alder%20%26%20Finch%20privacy%20desk"
    )

"""Passwords: how long, in which form, and how they are hashed."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from privacy.agents import passwords
from privacy.agents.errors import PasswordWeak
from tests.privacy.agents.agents_world import PASSWORD


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "short"),
        ("elevenchars", "short"),
        ("x" * 201, "long"),
        ("my kim.lee password", "name"),
        ("MY KIM.LEE PASSWORD", "name"),
        ("aaaabbbbccccdddd", "same"),
        ("ﬃﬃﬃﬃ", "same"),  # twelve letters, but three
    ],
)
def test_what_is_too_easy_is_named(password: str, why: str) -> None:
    with pytest.raises(PasswordWeak) as caught:
        passwords.check_strength(password, "kim.lee@alder.example")
    assert caught.value.why == why


@pytest.mark.parametrize("password", ["twelve chars", "abcde" * 40, "ﬃ quiet sea"])
def test_bounds_count_letters_as_they_are_hashed(password: str) -> None:
    passwords.check_strength(password, "kim.lee@alder.example")


def test_a_short_login_forbids_no_letters() -> None:
    passwords.check_strength("a kimono for two", "kim@alder.example")


def test_hashes_are_argon2id_as_rfc_9106_recommends_and_salted() -> None:
    once, again = passwords.hash_of(PASSWORD), passwords.hash_of(PASSWORD)
    used = extract_parameters(once)
    assert used.type is Type.ID
    assert (used.time_cost, used.memory_cost, used.parallelism) == (3, 65536, 4)
    assert (used.salt_len, used.hash_len) == (16, 32)
    assert once != again
    assert passwords.is_right(once, PASSWORD)
    assert not passwords.is_right(once, PASSWORD.upper())
    assert not passwords.is_outdated(once)


def test_one_password_from_two_keyboards(cheap_hashes: None) -> None:
    """The same letters, composed and decomposed, and full-width ones (NIST SP 800-63B, 3.1.1.2)."""
    stored = passwords.hash_of("Größe für zwölf")
    assert passwords.is_right(stored, "Gro\u0308ße fu\u0308r zwo\u0308lf")
    assert passwords.is_right(passwords.hash_of("ｓｅｖｅｎ quiet"), "seven quiet")


def test_nothing_is_cut_off(cheap_hashes: None) -> None:
    longest = "abcde" * 40
    stored = passwords.hash_of(longest)
    assert passwords.is_right(stored, longest)
    assert not passwords.is_right(stored, longest + "x")
    assert not passwords.is_right(stored, longest[:-1])


def test_weaker_hashes_are_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert passwords.is_right(weak, PASSWORD)
    assert passwords.is_outdated(weak)


@pytest.mark.parametrize("stored", ["", "no hash", "$argon2id$v=19$m=1"])
def test_what_is_no_hash_fits_nothing(stored: str) -> None:
    assert not passwords.is_right(stored, PASSWORD)


def test_where_nothing_is_stored_as_much_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            compared.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert not passwords.is_right(None, "nobody has this password")
    [stored] = compared
    assert extract_parameters(stored) == extract_parameters(passwords.hash_of(PASSWORD))

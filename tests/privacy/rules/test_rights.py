"""Kinds are data: what a customer can ask for, and the words for it."""

import pytest

from privacy.policy import load_policy
from privacy.rights import Kind, is_name
from privacy.settings import ROOT

POLICY = load_policy(ROOT / "privacy" / "policy.yml")
CORRECT = Kind(
    "correct", "rectification", {"en": "Correct", "de": "Ändern"}, {"en": "x"}, (), (), False
)


def test_every_kind_of_the_design_is_there() -> None:
    assert set(POLICY.kinds) == {
        "access",
        "correct",
        "export",
        "delete",
        "restrict",
        "object",
        "withdraw_consent",
    }


def test_customers_read_their_own_words() -> None:
    labels = [POLICY.kind(name).label() for name in ("access", "correct", "export", "delete")]
    assert labels == ["See", "Correct", "Download", "Delete"]
    assert POLICY.kind("access").wish("en") == "see your data"


@pytest.mark.parametrize(
    ("language", "label"),
    [("en", "Correct"), ("de", "Ändern"), ("de-AT", "Ändern"), ("fr", "Correct"), ("", "Correct")],
)
def test_a_language_falls_back_to_its_family_and_then_to_english(language: str, label: str) -> None:
    assert CORRECT.label(language) == label


def test_what_stops_a_use_works_at_once() -> None:
    assert {name for name, kind in POLICY.kinds.items() if kind.at_once} == {
        "restrict",
        "object",
        "withdraw_consent",
    }


def test_a_correction_needs_its_field_and_value_and_is_told_apart_by_field() -> None:
    assert POLICY.kind("correct").details == ("field", "value")
    assert POLICY.kind("correct").distinct_by == ("field",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("access", True), ("withdraw_consent", True), ("Access", False), ("a", False), ("a b", False)],
)
def test_names(text: str, expected: bool) -> None:
    assert is_name(text) is expected

"""References: made by chance, proof against slips of the pen, found as people type them."""

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.references import (
    ALPHABET,
    check_symbol,
    find_reference,
    find_references,
    new_reference,
    parse_reference,
)

SHAPE = re.compile(r"PR-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
bodies = st.text(ALPHABET, min_size=7, max_size=7)


def whole(body: str) -> str:
    symbols = body + check_symbol(body)
    return f"PR-{symbols[:4]}-{symbols[4:]}"


def is_reference(symbols: str) -> bool:
    return parse_reference(f"PR-{symbols[:4]}-{symbols[4:]}") is not None


def test_new_references_have_the_shape_and_are_whole_and_differ() -> None:
    made = [new_reference() for _ in range(2000)]
    assert all(SHAPE.fullmatch(reference) for reference in made)
    assert all(parse_reference(reference) == reference for reference in made)
    assert len(set(made)) == len(made)
    assert {symbol for reference in made for symbol in reference[3:7]} == set(ALPHABET)


def test_the_check_catches_every_single_error_and_every_swap() -> None:
    """The remainder is linear: what is caught in the zero reference is caught in all.

    A wrong symbol adds its difference at one place, a swap adds one difference at two: none may
    vanish.
    """
    for place, difference in product(range(8), range(1, 32)):
        one = ["0"] * 8
        one[place] = ALPHABET[difference]
        assert not is_reference("".join(one))
        for other in range(place + 1, 8):
            swap = one.copy()
            swap[other] = ALPHABET[difference]
            assert not is_reference("".join(swap))


@settings(database=None, deadline=None, max_examples=50)
@given(body=bodies)
def test_the_same_on_references_as_they_are_given(body: str) -> None:
    symbols = whole(body)[3:].replace("-", "")
    for place in range(8):
        for wrong in ALPHABET:
            if wrong != symbols[place]:
                assert not is_reference(symbols[:place] + wrong + symbols[place + 1 :])
    for place in range(7):
        swapped = symbols[:place] + symbols[place + 1] + symbols[place] + symbols[place + 2 :]
        assert swapped == symbols or not is_reference(swapped)


def test_luhn_modulo_32_would_not_do() -> None:
    """The reason for Damm: Luhn misses the first and the last symbol of the alphabet swapped."""

    def luhn(symbols: str) -> int:
        total = 0
        for place, symbol in enumerate(reversed(symbols)):
            doubled = ALPHABET.index(symbol) * (1 + place % 2)
            total += doubled // 32 + doubled % 32
        return total % 32

    assert luhn("0Z") == luhn("Z0")


@pytest.mark.parametrize(
    "typed",
    [
        "PR-7K4M-9Q0B",
        "pr-7k4m-9q0b",
        "Pr 7k4m 9q0b",
        "PR7K4M9Q0B",
        "7K4M-9Q0B",
        "7k4m9q0b",
        " pr - 7k4m - 9q0b. ",
        "PR–7K4M—9Q0B",
        "PR-7K4M-9QOB",
        "pr-7k4m-9qob",
        "#PR-7K4M-9Q0B",
        "PR:7K4M 9Q0B",
        "P\u200bR-7K4M-9Q0B",
        "ＰＲ－７Ｋ４Ｍ－９Ｑ０Ｂ",
        "PR 7 K 4 M 9 Q 0 B",
        "pr_7k4m_9q0b",
        "(PR-7K4M-9Q0B)",
        "_PR-7K4M-9Q0B_",
    ],
)
def test_a_reference_is_read_as_people_type_it(typed: str) -> None:
    assert whole("7K4M9Q0") == "PR-7K4M-9Q0B"
    assert parse_reference(typed) == "PR-7K4M-9Q0B"
    assert find_reference(typed) == "PR-7K4M-9Q0B"
    assert find_reference(f"How far is {typed} now?") == "PR-7K4M-9Q0B"


@pytest.mark.parametrize("ones", ["1", "I", "L", "i", "l"])
def test_i_and_l_are_read_as_one(ones: str) -> None:
    reference = whole("1A1B1C1")
    typed = reference[:3] + reference[3:].replace("1", ones)
    assert parse_reference(typed) == reference
    assert find_reference(f"about {typed}, please") == reference


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "PR",
        "PR-7K4M-9Q0",
        "PR-7K4M-9Q0BH",
        "PR-7K4M-9Q1B",
        "PR-7K4M-Q90B",
        "PR-7K4U-9Q0B",
        "XPR-7K4M-9Q0B7",
        "PR-7K4M-9Q0B-7",
        "hello",
        "PR-" + "7" * 10_000,
    ],
)
def test_what_is_no_reference(typed: str) -> None:
    assert parse_reference(typed) is None


@settings(database=None, deadline=None)
@given(body=bodies)
def test_all_letters_or_all_digits_are_found_when_written_as_given(body: str) -> None:
    reference = whole(body)
    assert find_reference(f"my number is {reference}") == reference
    assert find_reference(f"my number is {reference.lower().replace('-', ' ')} thanks") == reference


def test_the_first_whole_reference_of_several_is_taken() -> None:
    assert find_reference("not PR-7K4M-9Q1B but PR-7K4M-9Q0B") == "PR-7K4M-9Q0B"


def test_every_reference_is_found_with_its_place_as_typed() -> None:
    text = "Is pr 7k4m\u200b9q0b, or ＰＲ-7K4M-9Q1B, or (7k4m-9QOB) the one?"
    found = find_references(text)
    assert [reference for _, _, reference in found] == ["PR-7K4M-9Q0B", "PR-7K4M-9Q0B"]
    assert [text[start:end] for start, end, _ in found] == ["pr 7k4m\u200b9q0b", "7k4m-9QOB"]


@settings(database=None, deadline=None)
@given(before=st.text(max_size=20), body=bodies, after=st.text(max_size=20))
def test_a_place_is_always_inside_the_text(before: str, body: str, after: str) -> None:
    text = f"{before} {whole(body)} {after}"
    for start, end, reference in find_references(text):
        assert 0 <= start < end <= len(text)
        assert parse_reference(text[start:end]) == reference


@settings(database=None, deadline=None)
@given(body=st.text("ABCDEFGHJKMNPQRSTVWXYZ", min_size=7, max_size=7))
def test_a_plain_word_is_never_a_reference(body: str) -> None:
    """Letters alone ("prohibited") count only where a gap shows a reference."""
    symbols = body + check_symbol(body)
    if symbols.isalpha():
        assert find_reference(f"please {symbols.lower()} it") is None
        assert find_reference(f"is it pr{symbols.lower()} here") is None


def test_dates_and_numbers_are_no_references() -> None:
    for number in range(20260101, 20261232):
        assert find_reference(f"since {number}") is None


def test_long_messages_are_read_quickly() -> None:
    for text in ("PR-" * 4000, "7K4M " * 2500, "PR 7K4M9Q0" * 1000, "é" * 10_000):
        find_reference(text)


@settings(database=None, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_without_failing(text: str) -> None:
    for found in (parse_reference(text), find_reference(text)):
        assert found is None or SHAPE.fullmatch(found)

"""Codes are read as people type them; nothing else may cost a try."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.identity import find_codes, read_code
from tests.driving.cost import cost


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"),
        ("000000", "000000"),
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("123.456", "123456"),
        ("123\u2011456", "123456"),
        ("123\u2013456", "123456"),
        ("123\u00a0456", "123456"),
        ("1 2 3 4 5 6", "123456"),
        ("12 34 56", "123456"),
        ("12.34.56", "123456"),
        ("123456!", "123456"),
        ('"123456"', "123456"),
        ("[123456]", "123456"),
        ("#123456", "123456"),
        ("/123456", "123456"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16", "123456"),
        ("١٢٣٤٥٦", "123456"),
        ("\U0001d7d2\U0001d7d6\U0001d7d0\U0001d7d7\U0001d7cf\U0001d7d1", "482913"),
        ("\u200f123\u200b456\u200e", "123456"),
        ("12O456", "120456"),
        ("l23456", "123456"),
        ("I2 34 5O", "123450"),
        ("my code is 123456", "123456"),
        ("code: 123456.", "123456"),
        ("It's 123456", "123456"),
        ("Hi, here is the code: 482913 Thanks!", "482913"),
        ("482913 thats what the mail says", "482913"),
        ("der Code lautet 482 913", "482913"),
        ("le code c'est le 55-09-17", "550917"),
        ("code 12-05-90", "120590"),
        ("one two three four five six", "123456"),
        ("ok so five five zero, triple two", "550222"),
    ],
)
def test_codes_are_read(text: str, code: str) -> None:
    reading = read_code(text)
    assert (reading.kind, reading.code) == ("code", code)
    assert code not in repr(reading)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(
            (text, "looks_like_date")
            for text in ("12/05/1990", "1990-05-12", "12.05.90", "12/05/90")
        ),
        *(
            (text, "looks_like_date")
            for text in ("12.05.1990", "12 05 1990", "12051990", "31-12-26")
        ),
        ("my birthday is 12/05/1990", "looks_like_date"),
        *((text, "wrong_length") for text in ("48291", "the code is 48291", "1234567", "123-4567")),
        *(
            (text, "not_a_code")
            for text in ("", " ", "hello", "why do you need this?", "1", "2", "!!!")
        ),
        *((text, "not_a_code") for text in ("+44 7700 900321", "07700900321", "anna@example.com")),
        *((text, "not_a_code") for text in ("lolool", "OOOOOO", "oil", "123456abc", "0x123456")),
        *((text, "not_a_code") for text in ("I was charged 123456 yen", "€123456", "123456 EUR")),
        *(
            (text, "not_a_code")
            for text in ("my order number is 482913", "PR-1234-5678", "12:34:56")
        ),
        *((text, "not_a_code") for text in ("123456 654321", "123456 or 654321", "born 120590")),
        *(
            (text, "not_a_code")
            for text in ("the code 123456 does not work", "123456 doesn't work")
        ),
        *((text, "not_a_code") for text in ("send a new code", "one moment", "the one I got")),
        *((text, "not_a_code") for text in ("1" * 65, "123456" + " " * 64, "1/23456")),
    ],
)
def test_other_things_are_no_code(text: str, kind: str) -> None:
    reading = read_code(text)
    assert (reading.kind, reading.code) == (kind, "")


def test_a_wrong_length_is_told() -> None:
    assert read_code("the code is 48291").length == 5
    assert read_code("12345678", digits=8).code == "12345678"


@given(st.text(max_size=80), st.sampled_from([6, 8]))
def test_whatever_is_typed_only_the_digits_of_a_code_come_out(text: str, digits: int) -> None:
    reading = read_code(text, digits)
    if reading.kind == "code":
        assert len(reading.code) == digits
        assert reading.code.isascii()
        assert reading.code.isdigit()
    else:
        assert reading.code == ""


_CODE = st.from_regex(r"[0-9]{6}", fullmatch=True)
_ZEROS = ["0", "\uff10", "\u0660", "\u06f0", "\u0966", "\U0001d7ce"]


@given(_CODE, st.sampled_from(_ZEROS), st.sampled_from(["", " ", "-", "\u200b", "\u2060"]))
def test_every_way_to_write_digits_is_read(code: str, zero: str, gap: str) -> None:
    written = gap.join(chr(ord(zero) + int(digit)) for digit in code)
    assert read_code(f"\u200f{written}\u200e").code == code


@given(_CODE, st.sampled_from(["my code is {}", "code: {}.", "{}", "It is {}!", "{} is my code"]))
def test_a_code_in_a_sentence_is_read_and_found(code: str, sentence: str) -> None:
    text = sentence.format(code)
    assert read_code(text).code == code
    assert [text[begin:end] for begin, end in find_codes(text)] == [code]


@given(st.dates(min_value=date(1900, 1, 1)), st.sampled_from("/.- "))
def test_no_date_is_ever_tried(day: date, sign: str) -> None:
    for form in ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d", "%d{0}%m{0}%y"):
        written = format(day, form.format(sign))
        assert read_code(written).kind != "code", written


def test_find_codes_hides_what_could_be_one() -> None:
    text = "my code 123 456, or \uff11\uff12\uff13\uff14\uff15\uff16, not 1234567 nor 12345"
    found = [text[begin:end] for begin, end in find_codes(text)]
    assert found == ["123 456", "\uff11\uff12\uff13\uff14\uff15\uff16"]


def test_a_long_text_costs_nothing() -> None:
    text = "1 " * 500_000
    assert read_code(text).kind == "not_a_code"
    assert cost(lambda: read_code(text)) < 0.001, "it is not even looked through"

"""What is never shown, taken out of free text; and what only looks like it, left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.redaction import BANK, CARD, HEALTH, IDENTITY, LATER, SECRET, KnownValues, Redaction
from tests.driving.cost import grows_no_faster

IBAN = "DE02120300000000202051"


@pytest.mark.parametrize(
    ("text", "gone", "what"),
    [
        (f"My account is {IBAN}, thanks", IBAN, BANK),
        ("Refund to de02 1203 0000 0000 2020 51 please", "1203 0000", BANK),
        ("(GB29-NWBK-6016-1331-9268-19)", "6016", BANK),
        ("ＤＥ０２１２０３００００００００２０２０５１", "２０２０５１", BANK),
        ("DE02\u200b1203\u200b0000\u200b0000\u200b2020\u200b51", "2020", BANK),
        ("Kontonummer: 532013000", "532013000", BANK),
        ("card 4111 1111 1111 1111 exp 12/27", "4111", CARD),
        ("in 2024 5500-0000-0000-0004 was stolen", "5500", CARD),
        ("amex 378282246310005.", "378282246310005", CARD),
        ('{"cvv": "123"}', "123", CARD),
        ("my SSN is 123-45-6789", "123-45-6789", IDENTITY),
        ("social security number: 123456789", "123456789", IDENTITY),
        ("NINO AB 12 34 56 C", "12 34 56", IDENTITY),
        ("DNI 12345678Z", "12345678Z", IDENTITY),
        ("codice fiscale RSSMRA85T10A562S", "RSSMRA85T10A562S", IDENTITY),
        ("CPF 529.982.247-25", "529.982.247-25", IDENTITY),
        ("Steuer-ID 12 345 678 901", "345 678", IDENTITY),
        ("Passport number C01X00T47", "C01X00T47", IDENTITY),
        ("driver's licence: B072RRE2I55", "B072RRE2I55", IDENTITY),
        ("NHS number 943 476 5919", "943 476 5919", HEALTH),
        ("password: tiger", "tiger", SECRET),
        ('"password": "my tiger and I"', "tiger", SECRET),
        ("my password is Tiger$12 ok?", "Tiger$12", SECRET),
        ("Mein Passwort lautet 'sommer'", "sommer", SECRET),
        ("PIN is 4711", "4711", SECRET),
        ("Secret answer = Rex", "Rex", SECRET),
    ],
)
def test_values_are_found_by_their_looks(text: str, gone: str, what: str) -> None:
    clean = Redaction().text(text)
    assert gone not in clean
    assert f"[{what} that we hold]" in clean


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order O-1001-0001 of 2024-01-02 00:00?",
        "Call me: +49 30 23125101 or 030 23125-102",
        "order 123-45-6789 never came",
        "My password is not working",
        "I forgot my password. It is raining.",
        "The cup (EAN 4006381333931) is broken",
        "tracking 00340434161094042557",
        "pay_2bc41c24e8f1ab9910",
        "Gartenstraße 14, 10115 Berlin",
        "https://company.example/p/12345678901234?x=1",
        "DE02120300000000202052",  # one digit off
        "4111 1111 1111 1112",
        "😀 日本語 العربية",
        "",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert Redaction().text(text) == text


def test_what_the_subjects_own_fields_hold_is_found_however_it_is_written() -> None:
    known = KnownValues()
    known.add("AB-7781 2209 X", HEALTH)
    known.add("correct horse", SECRET)
    known.add("#!§$", SECRET)
    clean = Redaction(known).text(
        "I am ab77812209x; CORRECT-HORSE, or #!§$ if not. Horse is correct."
    )
    assert clean == (
        "I am [a health number that we hold]; [a password that we hold], or [a password that we hold] if not. "
        "Horse is correct."
    )


def test_short_values_do_not_blacken_every_text() -> None:
    known = KnownValues()
    known.add("no", SECRET)
    known.add("12", SECRET)
    assert Redaction(known).text("no, 12 cups") == "no, 12 cups"


def test_many_known_values_cost_little_and_none_is_forgotten() -> None:
    known = KnownValues()
    for number in range(50_000):
        known.add(f"secret{number:06d}", SECRET)
    redaction = Redaction(known)
    assert "secret" not in redaction.text("I use secret049999 and secret000000")
    assert redaction.text("secret050000") == "secret050000"
    assert "secret" not in repr(known)


def test_while_not_all_secrets_are_known_longer_texts_wait() -> None:
    redaction = Redaction(is_whole=False)
    assert redaction.text("Jane Miller") == "Jane Miller"
    assert redaction.text("a" * 81) == LATER


# ---- arithmetic -----------------------------------------------------------------------------------


@given(before=st.text(max_size=40), after=st.text(max_size=40))
def test_a_number_goes_whatever_stands_around_it(before: str, after: str) -> None:
    text = f"{before} \n {IBAN} \n {after}"
    assert IBAN not in Redaction().text(text)


@given(text=st.text(max_size=300))
def test_any_text_is_taken_and_a_clean_one_stays_clean(text: str) -> None:
    redaction = Redaction()
    clean = redaction.text(text)
    assert redaction.text(clean) == clean or "[" in text


@pytest.mark.parametrize(
    "piece", ["1 ", "password ", "DE02 ", "é\u0301 ", "passport number ", "a1"]
)
def test_the_work_grows_with_the_text_and_not_faster(piece: str) -> None:
    assert grows_no_faster(lambda size: Redaction().text((piece * size)[:size]), 20_000)

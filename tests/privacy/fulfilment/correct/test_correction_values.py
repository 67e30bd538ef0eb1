"""What customers type becomes a value of its kind, or a code that says how to write it; no text makes it raise."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.fulfilment.values.checked import Checked, Wrong, check
from privacy.fulfilment.values.postal import read_postal
from privacy.fulfilment.values.spelling import as_written, is_same, moment_as_written
from tests.driving.cost import cost

TODAY = date(2026, 11, 21)
KINDS = ("name", "email", "phone", "address", "date", "text", "no such kind")
PARTS = frozenset({"", "first", "last", "street", "postal_code", "city", "country"})


def read(kind: str, text: str, parts: frozenset[str] = PARTS) -> Checked | Wrong:
    return check(kind, text, region="DE", today=TODAY, parts=parts)


def code(kind: str, text: str) -> str | None:
    found = read(kind, text)
    return found.code if isinstance(found, Wrong) else None


def values(kind: str, text: str) -> dict[str, str]:
    found = read(kind, text)
    assert isinstance(found, Checked), found
    return dict(found.values)


def shown(kind: str, text: str, parts: frozenset[str] = PARTS) -> str:
    found = read(kind, text, parts)
    assert isinstance(found, Checked), found
    return found.shown


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Jane@Example.COM", "Jane@example.com"),
        ("jane@müller.de", "jane@xn--mller-kva.de"),
        ("siobhan.o'connor@example.com", "siobhan.o'connor@example.com"),
        ("<jane@example.com>.", "jane@example.com"),
        ("mailto:jane@example.com", "jane@example.com"),
    ],
)
def test_email(text: str, stored: str) -> None:
    assert values("email", text) == {"": stored}


def test_a_domain_is_read_back_in_its_own_letters() -> None:
    assert shown("email", "jane@xn--mller-kva.de") == "jane@müller.de"


@pytest.mark.parametrize(
    "text",
    ["jane", "a b@example.com", "jane@localhost", "@example.com", "a@example.com, b@example.com",
     "a@example.com\r\nBcc: b@example.com", '"a b"@example.com', "jane@example..com", "+49 30 23125101"],
)  # fmt: skip
def test_not_email(text: str) -> None:
    assert code("email", text) == "not_email"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("030 23125-102", "+493023125102"),
        ("0049 30 23125106", "+493023125106"),
        ("(030) 23 12 51 06", "+493023125106"),
        (
            "+44 7700 900321",
            "+447700900321",
        ),  # not in the plan's table, but written with its country
        ("+1 (212) 555-0147", "+12125550147"),
        ("\uff10\uff13\uff10 23125102", "+493023125102"),
    ],
)
def test_phone(text: str, stored: str) -> None:
    assert values("phone", text) == {"": stored}


@pytest.mark.parametrize("text", ["110", "12345", "call me", "jane@example.com", "+999 1", "0"])
def test_not_phone(text: str) -> None:
    assert code("phone", text) == "not_phone"


@pytest.mark.parametrize(
    ("text", "stored", "said"),
    [
        ("31 March 1990", "1990-03-31", "31 March 1990"),
        ("31.03.1990", "1990-03-31", "31 March 1990"),
        ("1990-03-31", "1990-03-31", "31 March 1990"),
        ("3/4/1990", "1990-04-03", "3 April 1990"),  # read back with the month in words
        ("03/31/1990", "1990-03-31", "31 March 1990"),
        ("March 31st, 1990", "1990-03-31", "31 March 1990"),
        ("31. März 1990", "1990-03-31", "31 March 1990"),
        ("le 1er mai 1985", "1985-05-01", "1 May 1985"),
        ("29 Feb 2000", "2000-02-29", "29 February 2000"),
    ],
)
def test_date(text: str, stored: str, said: str) -> None:
    assert (values("date", text), shown("date", text)) == ({"": stored}, said)


@pytest.mark.parametrize(
    "text",
    ["31.2.1990", "29 Feb 1999", "31.3.90", "21 November 2026", "1 January 2030", "1.1.1899", "yesterday",
     "12 ju 1990", "1990", "99999999999999 March 1990"],
)  # fmt: skip
def test_not_date(text: str) -> None:
    assert code("date", text) == "not_date"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Gartenstraße 14, 10115 Berlin, Germany", ("Gartenstraße 14", "10115", "Berlin", "Germany", "DE")),
        ("Gartenstraße 14\n10115 Berlin", ("Gartenstraße 14", "10115", "Berlin", None, None)),
        ("Gartenstraße 14 10115 Berlin", ("Gartenstraße 14", "10115", "Berlin", None, None)),
        ("Gartenstraße 14, D-10115 Berlin", ("Gartenstraße 14", "10115", "Berlin", None, None)),
        ("Straße des 17. Juni 135, 10623 Berlin", ("Straße des 17. Juni 135", "10623", "Berlin", None, None)),
        ("221B Baker Street, London NW1 6XE, UK", ("221B Baker Street", "NW1 6XE", "London", "UK", "GB")),
        ("10 Downing Street, London, sw1a 2aa", ("10 Downing Street", "SW1A 2AA", "London", None, None)),
        ("1600 Pennsylvania Avenue NW, Washington, DC 20500, USA",
         ("1600 Pennsylvania Avenue NW", "20500", "Washington, DC", "USA", "US")),
        ("12 Main St, Apt 5, Springfield IL 62704", ("12 Main St, Apt 5", "62704", "Springfield, IL", None, None)),
        ("8 Rue des Tilleuls, 67000 Strasbourg, france", ("8 Rue des Tilleuls", "67000", "Strasbourg", "France", "FR")),
        ("Herengracht 1, 1012 AB Amsterdam, NL", ("Herengracht 1", "1012 AB", "Amsterdam", "NL", "NL")),
        ("ul. Prosta 1, 00-001 Warszawa, Polska", ("ul. Prosta 1", "00-001", "Warszawa", "Polska", "PL")),
    ],
)  # fmt: skip
def test_address(text: str, parts: tuple[str | None, ...]) -> None:
    found = values("address", text)
    names = ("street", "postal_code", "city", "country", "country_code")
    assert tuple(found.get(name) for name in names) == parts


@pytest.mark.parametrize(
    "text", ["Berlin", "12 Mill Lane", "12 Mill Lane, Leeds", "1 Main Street, 90210", "here, there"]
)
def test_not_address(text: str) -> None:
    assert code("address", text) == "not_address"


def test_a_map_that_keeps_an_address_as_one_text_takes_one_text() -> None:
    assert shown("address", "The old mill,  Leeds", frozenset({""})) == "The old mill, Leeds"


def test_a_name_is_read_back_with_its_parts() -> None:
    assert values("name", "Jane  van der Berg") == {
        "": "Jane van der Berg",
        "first": "Jane",
        "last": "van der Berg",
    }
    assert (
        shown("name", "Jane van der Berg")
        == "Jane van der Berg (first name: Jane, last name: van der Berg)"
    )
    assert shown("name", "Jane Berg", frozenset({""})) == "Jane Berg"
    assert values("name", "Jane") == {"": "Jane", "first": "Jane"}  # the last name stays


@pytest.mark.parametrize(
    "text", ["a@b.example", "https://x.example", "12345", "a " * 11, "n" * 121]
)
def test_not_name(text: str) -> None:
    assert code("name", text) == "not_name"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not_understood"),
        (" \n\t", "not_understood"),
        ("?!…", "not_understood"),
        ("a\x00b", "odd_characters"),
        ("a\ud800b", "odd_characters"),
        ("a\u202eb", "odd_characters"),
        ("x" * 301, "too_long"),
        ("x" * 1_000_000, "too_long"),
        ("photo.jpg", "is_file"),
    ],
)  # fmt: skip
def test_what_no_kind_takes(kind: str, text: str, problem: str) -> None:
    assert code(kind, text) == problem


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=150)
@given(
    text=st.one_of(
        st.text(max_size=320),
        st.from_regex(r"[0-9 ./\-,A-Za-zäöü@+()]{0,60}", fullmatch=True),
        st.lists(
            st.sampled_from(["10115", "Berlin", "SW1A 2AA", "12 Mill Lane", "DE", "IL 62704", ","])
        ).map(", ".join),
    )
)
def test_no_text_makes_it_raise_and_what_is_taken_is_taken_again(kind: str, text: str) -> None:
    found = read(kind, text)
    if isinstance(found, Checked):
        assert all(value.strip() for value in found.values.values())
        assert "\x00" not in "".join(found.values.values())
        again = read(kind, found.values[""])
        assert isinstance(again, Checked)
        assert again.values[""] == found.values[""]


@pytest.mark.parametrize(
    "text",
    ["1" * 300, "a " * 150, "1 " * 150, "a," * 150, "x1 " * 100, "10115 " * 50, "A1 1AA " * 42],
)
def test_no_text_takes_long(text: str) -> None:
    assert cost(lambda: [read(kind, text) for kind in KINDS]) < 0.5


def test_an_address_that_is_read_writes_itself_back() -> None:
    for text in (
        "Gartenstraße 14, 10115 Berlin, DE",
        "12 Main St, Springfield, IL 62704",
        "1 Hill, Leeds, LS1 4AP",
    ):
        found = read_postal(text)
        assert found is not None
        assert found.line() == text


# -- how a column writes it --------------------------------------------------------------------------------------------


def written(kind: str, text: str, old: object, *, part: str = "", clean: bool = False) -> object:
    found = read(kind, text)
    assert isinstance(found, Checked)
    result = as_written(kind, part, found, old, clean=clean, region="DE")  # type: ignore[arg-type]
    assert is_same(kind, part, result, found, region="DE")
    return result


@pytest.mark.parametrize(
    ("old", "clean", "new"),
    [
        ("+49 30 23125101", False, "+49 171 3920099"),
        ("+493023125101", False, "+491713920099"),
        ("030/23125 102", False, "0171 3920099"),
        ("03023125102", False, "01713920099"),
        (None, False, "+491713920099"),
        ("030 23125 101", True, "+491713920099"),
    ],
)
def test_a_phone_number_wears_the_clothes_of_the_one_before(
    old: str | None, clean: bool, new: str
) -> None:
    assert written("phone", "0171 3920099", old, clean=clean) == new


def test_a_number_abroad_keeps_its_country_whatever_stood_there() -> None:
    assert written("phone", "+44 20 7946 0018", "030 23125 102") == "+44 20 7946 0018"


def test_other_clothes() -> None:
    assert written("email", "Jane@Example.com", "x", clean=True) == "jane@example.com"
    assert written("email", "Jane@Example.com", "x") == "Jane@example.com"
    address = "1 Hill, Leeds, LS1 4AP, England"
    assert written("address", address, "DE", part="country") == "GB"
    assert written("address", address, "Germany", part="country") == "England"
    assert written("date", "31 March 1990", "01.02.1980") == "31.03.1990"
    assert written("date", "31 March 1990", date(1980, 2, 1)) == date(1990, 3, 31)
    assert written("date", "31 March 1990", None) == "1990-03-31"


def test_a_part_that_was_not_said_stays() -> None:
    found = read("address", "Lindenweg 3, 50667 Köln")
    assert isinstance(found, Checked)
    assert as_written("address", "country", found, "DE", clean=False, region="DE") is None
    assert is_same("address", "country", "DE", found, region="DE")


def test_a_moment_wears_the_clothes_of_the_one_before() -> None:
    at = datetime.fromisoformat("2026-11-21T11:00:00.5+01:00")
    assert moment_as_written(at, "2020-01-01 10:00:00") == "2026-11-21 10:00:00"
    assert moment_as_written(at, "2020-01-01T10:00:00Z") == "2026-11-21T10:00:00Z"
    assert moment_as_written(at, 1577872800) == 1795255200
    assert moment_as_written(at, None) == at.replace(microsecond=0)

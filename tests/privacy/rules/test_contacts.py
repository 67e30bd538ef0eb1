"""Contacts are found as people write them, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.contacts import (
    Contact,
    budget_key,
    find_contacts,
    mask,
    parse_contact,
    same_contact,
)
from tests.driving.cost import grows_no_faster


def _values(text: str) -> list[str]:
    return [found.contact.value for found in find_contacts(text)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("my mail is anna@example.com", ["anna@example.com"]),
        ("Anna.Lind+Shop@Example.COM", ["anna.lind+shop@example.com"]),
        ("'anna@example.com'", ["anna@example.com"]),
        ("„anna@example.com“", ["anna@example.com"]),
        ("(anna@example.com)", ["anna@example.com"]),
        ("<anna@example.com>", ["anna@example.com"]),
        ("anna@example.com.", ["anna@example.com"]),
        ("is it anna@example.com?", ["anna@example.com"]),
        ("anna@example.com's", ["anna@example.com"]),
        ("email=anna@example.com", ["anna@example.com"]),
        ("MAILTO:anna@example.com", ["anna@example.com"]),
        ("write to Anna Lind <anna@mail.example.co.uk>", ["anna@mail.example.co.uk"]),
        ("anna@example.com,ben@example.com", ["anna@example.com", "ben@example.com"]),
        ("anna@example.com/ben@example.com", ["anna@example.com", "ben@example.com"]),
        ("ANNA\uff20EXAMPLE\uff0eCOM", ["anna@example.com"]),
        ("an\u200bna@exam\u00adple.com", ["anna@example.com"]),
        ("\u202banna@example.com\u202c", ["anna@example.com"]),
        ("anna@b\u00fccher.example", ["anna@xn--bcher-kva.example"]),
        ("anna@bu\u0308cher.example", ["anna@xn--bcher-kva.example"]),
        ("anna@stra\u00dfe.example", ["anna@xn--strae-oqa.example"]),
        ("j\u00f6rg@example.com", ["j\u00f6rg@example.com"]),
        ("o'neil_a@mail.example.net", ["o'neil_a@mail.example.net"]),
        ("anna @ example.com", ["anna@example.com"]),
        ("lena. berg @example. com", ["lena.berg@example.com"]),
        ("anna (at) example (dot) com", ["anna@example.com"]),
        ("anna[AT]example[DOT]com is mine", ["anna@example.com"]),
        ("anna at example dot com", ["anna@example.com"]),
    ],
)
def test_emails_are_found(text: str, values: list[str]) -> None:
    assert _values(text) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("call me on +44 7700 900321", ["+447700900321"]),
        ("+44 (0)7700 900 321", ["+447700900321"]),
        ("0044 7700 900321", ["+447700900321"]),
        ("00 49 30 23125 042", ["+493023125042"]),
        ("\u202a+44 7700 900321\u202c", ["+447700900321"]),
        ("07700 900321", ["07700900321"]),
        ("07700900321", ["07700900321"]),
        ("(07700) 900-321", ["07700900321"]),
        ("(call 07700 900321)", ["07700900321"]),
        ("(07700 900321)", ["07700900321"]),
        ("030/23125-042", ["03023125042"]),
        ("030 / 23125042", ["03023125042"]),
        ("06.12.34.56.78", ["0612345678"]),
        ("079 555 01 47", ["0795550147"]),
        ("tel:+1-212-555-0147", ["+12125550147"]),
        ("212.555.0147", ["2125550147"]),
        ("(212) 555-0147", ["2125550147"]),
        ("1-212-555-0147", ["12125550147"]),
        ("+1 (212) 555-0147 x12", ["+12125550147"]),
        ("555-0147", ["5550147"]),
        ("2125550147", ["2125550147"]),
        ("my phone is 2125550147", ["2125550147"]),
        ("it was 612 345 678", ["612345678"]),
        ("Mobil: 0151 23456789, danke", ["015123456789"]),
        ("\uff10\uff17\uff17\uff10\uff10 \uff19\uff10\uff10\uff13\uff12\uff11", ["07700900321"]),
        ("٠٧٧٠٠٩٠٠٣٢١", ["07700900321"]),
        ("07700 900 321 or 07700 900 123", ["07700900321", "07700900123"]),
        ("+49 30 23125042 or anna@example.com", ["+493023125042", "anna@example.com"]),
    ],
)
def test_phone_numbers_are_found(text: str, values: list[str]) -> None:
    assert _values(text) == values


@pytest.mark.parametrize(
    "text",
    [
        *("12/05/1990", "12.05.1990", "12-05-1990", "1990-05-12", "born 1990/05/12", "12051990"),
        *(
            "1990-05-12 14:30",
            "16/11/2026 10:15",
            "I was born on 12 05 1990",
            "01.01.2024-31.12.2024",
        ),
        *("between 01.01.2024 and 31.12.2024", "2019-2024", "from 10.30-12.45", "24/7"),
        *(
            "order 1002-44821",
            "order number 4829137",
            "my order number is 2024-001234",
            "#100-20034",
        ),
        *("invoice 2026/000123", "customer no. 88213 441", "tracking 00340434161094042557"),
        *("PR-1234-5678", "pr-0123-4567", "ref PR-12AB-34CD", "VAT DE123456789", "123-45-6789"),
        *("123456", "123 456", "123-456", "code 482 913", "my code is 482913"),
        *("203.0.113.77", "2001:db8::1", "v1.2.3.4.5", "0.123456789"),
        *("90210-1234", "3511 AB", "HU3 1AA", "SW1A 1AA"),
        *("1 234 567 euros", "1.234.567,89", "1,234,567", "€ 12 345 678", "costs 123456789 yen"),
        *("I paid 1 000 000", "it is 100.000.000", "4111 1111 1111 1111"),
        *("DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19"),
        *("anna@localhost", "@anna", "anna@192.168.1.1", "mira@@example..com", "anna@-example.com"),
        *("a@b", "meet me @ example", ".@example.com", "anna@example..com", ""),
    ],
)
def test_other_things_are_no_contacts(text: str) -> None:
    assert find_contacts(text) == []


def test_places_are_those_of_the_text_as_it_was_typed() -> None:
    text = "Hi \u200b– ANNA\uff20example.com, or (0)7700 900321."
    found = find_contacts(text)
    assert [text[one.start : one.end] for one in found] == [
        "ANNA\uff20example.com",
        "(0)7700 900321",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "anna@example.com\r\nBcc: all@example.com",
        "anna@example.com\nall@example.com",
        "anna@example.com,all@example.com",
        "anna@example.com all@example.com",
        "Anna <anna@example.com>",
        "anna\x00@example.com",
        '"anna@all"@example.com',
        "anna@example.com>",
        "anna@[192.168.1.1]",
        "a" * 65 + "@example.com",
        "anna@" + "a" * 64 + ".com",
        "anna@" + "a." * 150 + "com",
        "anna@example.com" * 50,
    ],
)
def test_what_could_break_a_header_is_no_contact(text: str) -> None:
    assert parse_contact(text) is None


def test_same_contact_sees_through_the_country() -> None:
    home, abroad = Contact("phone", "07700900321"), Contact("phone", "+447700900321")
    assert same_contact(home, abroad)
    assert same_contact(abroad, home)
    assert budget_key(home) == budget_key(abroad) == budget_key(Contact("phone", "7700900321"))
    assert not same_contact(home, Contact("phone", "+447700900322"))
    assert not same_contact(Contact("phone", "5550147"), Contact("phone", "+12125550147"))
    assert not same_contact(Contact("email", "a@example.com"), Contact("email", "b@example.com"))


def test_masks_show_little_and_repr_shows_the_mask() -> None:
    anna = Contact("email", "anna.lind@example.com")
    assert mask(anna) == "a•••@example.com"
    assert mask(Contact("phone", "+447700900321")) == "•••• 21"
    assert repr(anna) == "Contact(email a•••@example.com)"


_LOCAL = st.from_regex(r"[a-z0-9]([a-z0-9._+-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda local: ".." not in local
)
_ADDRESS = st.builds("{}@{}.example".format, _LOCAL, st.from_regex(r"[a-z]{1,12}", fullmatch=True))
_NUMBER = st.from_regex(r"\+[1-9][0-9]{1,2} [1-9][0-9]{2} [0-9]{3} [0-9]{3,4}", fullmatch=True)


@given(st.text(max_size=200))
def test_any_text_gives_places_in_order_inside_it(text: str) -> None:
    end = 0
    for found in find_contacts(text):
        assert end <= found.start < found.end <= len(text)
        end = found.end
        assert found.contact.value.isprintable()
        assert not set(found.contact.value) & set(' ,;<>"\r\n')
        assert parse_contact(found.contact.value) == found.contact


@given(_ADDRESS, _NUMBER)
def test_what_is_written_in_a_sentence_is_found_there(address: str, number: str) -> None:
    text = f"Hello, I am reached under {address} or {number}, thanks"
    found = find_contacts(text)
    assert [text[one.start : one.end] for one in found] == [address, number]
    assert [one.contact for one in found] == [parse_contact(address), parse_contact(number)]


@given(_ADDRESS, st.sampled_from(["{}", " {} ", "<{}>", "mailto:{}", "{}.", "({})", "“{}”"]))
def test_dress_does_not_matter(address: str, dress: str) -> None:
    expected = parse_contact(address)
    assert expected is not None
    assert [found.contact for found in find_contacts(dress.format(address.upper()))] == [expected]


@pytest.mark.parametrize(
    "piece", ["a\u0301\u0316", "(", "1 ", "a.", "a@", "@a.a", "[at]", "1(0)", "("]
)
def test_long_texts_cost_time_in_proportion(piece: str) -> None:
    assert grows_no_faster(lambda size: find_contacts(piece * (size // len(piece))), 5_000)


def test_thousands_of_marks_on_one_letter_do_no_harm() -> None:
    assert grows_no_faster(lambda size: find_contacts("a" + "\u0301\u0316" * size), 2_500)

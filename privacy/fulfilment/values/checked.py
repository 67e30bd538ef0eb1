"""From what a customer typed to the value that may stand in a system, by the kind of the correction.

Pure: it knows no system and no person, asks no network, and never raises on any text. It checks form, never
truth: whether the value is right is what the customer says when it is read back.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from privacy.contacts import parse_contact
from privacy.fulfilment.values.postal import Postal, read_postal

LONGEST_VALUE = 300
_LONGEST_NAME, _MOST_NAMES = 120, 10
WHOLE = ""
"""The part that is the value as a whole; others are what the map writes after the point (`name.first`)."""

type Code = Literal[
    "not_understood",
    "odd_characters",
    "too_long",
    "is_file",
    "not_email",
    "not_phone",
    "not_date",
    "not_name",
    "not_address",
]

_FILE_NAME = re.compile(
    r"[^\s/\\]+\.(?:jpe?g|png|gif|heic|webp|bmp|tiff?|pdf|docx?|xlsx?|zip|mp4|mov)", re.IGNORECASE
)
# They turn the reading direction of what follows, so that a value reads as what it is not.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_MONTHS = (
    "january januar janvier enero gennaio januari", "february februar février febrero febbraio februari",
    "march märz maerz mars marzo maart", "april avril abril aprile", "may mai mayo maggio mei",
    "june juni juin junio giugno", "july juli juillet julio luglio", "august août agosto augustus",
    "september septembre septiembre settembre", "october oktober octobre octubre ottobre",
    "november novembre noviembre", "december dezember décembre diciembre dicembre",
)  # fmt: skip
_NUMBERS = re.compile(r"(\d{1,4})\s?[./ -]\s?(\d{1,2})\s?[./ -]\s?(\d{1,4})\.?")
_WORDED = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º)?\s*(?:of|de|-)?\s*(?P<month>[^\W\d]{3,12})\.?"
    r"|(?P<month2>[^\W\d]{3,12})\.?\s*(?P<day2>\d{1,2})(?:st|nd|rd|th)?)"
    r"\s*(?:,|de|of|-)?\s*(?P<year>\d{4})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A value that can stand in its field: `values` by part, `shown` as it is read back. Personal."""

    values: Mapping[str, str]
    shown: str

    def __repr__(self) -> str:
        return f"Checked({', '.join(sorted(self.values))})"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a text is no value of its kind; the wording `utter_value_<code>` says how to write it."""

    code: Code


def check(
    kind: str, text: str, *, region: str, today: date, parts: Collection[str] = (WHOLE,)
) -> Checked | Wrong:
    """The value that `text` is, for a correction of this kind whose fields in the map are `parts`.

    `region` is the map's, for phone numbers without a country; `today` bounds dates of birth.
    """
    plain = _plain(text)
    if isinstance(plain, Wrong):
        return plain
    if _FILE_NAME.fullmatch(plain):
        return Wrong("is_file")
    match kind:
        case "email":
            return _email(plain)
        case "phone":
            return _phone(plain, region)
        case "date":
            return _date(plain, today)
        case "name":
            return _name(plain, parts)
        case "address":
            return _address(text, parts)
        case _:
            return Checked({WHOLE: plain}, plain)


def _plain(text: str) -> str | Wrong:
    """On one line, composed, without what no one can see."""
    if len(text) > 10 * LONGEST_VALUE:
        return Wrong("too_long")
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if any(c in _OVERRIDES or unicodedata.category(c) in ("Cc", "Cs") for c in plain):
        return Wrong("odd_characters")
    if len(plain) > LONGEST_VALUE:
        return Wrong("too_long")
    if not any(c.isalnum() or unicodedata.category(c) == "So" for c in plain):
        return Wrong("not_understood")
    return plain


def _email(text: str) -> Checked | Wrong:
    """RFC 5321/5322 by email-validator, without asking the network; the domain as mail systems write it."""
    bare = text.strip("<>.,;:\"'").removeprefix("mailto:")
    try:
        found = validate_email(bare, check_deliverability=False)
    except (EmailNotValidError, ValueError):
        return Wrong("not_email")
    stored = f"{found.local_part}@{found.ascii_domain}"
    contact = parse_contact(stored)
    # What the directory could not find again would lock its owner out.
    if contact is None or contact.kind != "email" or contact.value != stored.lower():
        return Wrong("not_email")
    return Checked({WHOLE: stored}, found.normalized)


def _phone(text: str, region: str) -> Checked | Wrong:
    """A number that exists by its country's plan, as E.164 (ITU-T)."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Wrong("not_phone")
    # Plans change faster than tables: who writes the country out is believed a number that could be.
    written_out = text.lstrip(" (").startswith(("+", "00"))
    if not (
        phonenumbers.is_valid_number(number)
        or (written_out and phonenumbers.is_possible_number(number))
    ):
        return Wrong("not_phone")
    form = phonenumbers.PhoneNumberFormat
    e164 = phonenumbers.format_number(number, form.E164)
    if parse_contact(e164) is None:
        return Wrong("not_phone")
    number.extension = None
    return Checked({WHOLE: e164}, phonenumbers.format_number(number, form.INTERNATIONAL))


def _date(text: str, today: date) -> Checked | Wrong:
    """A day that has been; "3/4/1990" is the third of April, and is read back with its month in words."""
    found = _worded_date(text) if any(c.isalpha() for c in text) else _numbered_date(text)
    if found is None or not date(1900, 1, 1) <= found < today:
        return Wrong("not_date")
    month = _MONTHS[found.month - 1].split()[0].capitalize()
    return Checked({WHOLE: found.isoformat()}, f"{found.day} {month} {found.year}")


def _numbered_date(text: str) -> date | None:
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return None
    first, middle, last = match.groups()
    if len(first) == 4:
        return _day(first, middle, last)
    if len(last) != 4 or len(first) > 2:
        return None
    return _day(last, middle, first) or _day(last, first, middle)


def _worded_date(text: str) -> date | None:
    match = _WORDED.search(text)
    if match is None:
        return None
    word = (match["month"] or match["month2"]).casefold()
    months = [
        number
        for number, names in enumerate(_MONTHS, start=1)
        if any(name.startswith(word) for name in names.split())
    ]
    if len(months) != 1:
        return None
    return _day(match["year"], str(months[0]), match["day"] or match["day2"])


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _name(text: str, parts: Collection[str]) -> Checked | Wrong:
    """A name in any script: the first word and the rest, where the map holds them apart."""
    words = text.split(" ")
    if (
        len(text) > _LONGEST_NAME
        or len(words) > _MOST_NAMES
        or "@" in text
        or "://" in text
        or re.search(r"\d{3}", text)
        or not any(c.isalpha() or unicodedata.category(c) == "So" for c in text)
    ):
        return Wrong("not_name")
    values = {WHOLE: text, "first": words[0]}
    if len(words) > 1:
        values["last"] = " ".join(words[1:])
    said = [
        f"{label}: {values[part]}"
        for part, label in (("first", "first name"), ("last", "last name"))
        if part in parts and part in values
    ]
    if not said or len(words) == 1:
        return Checked(values, text)
    return Checked(values, f"{text} ({', '.join(said)})")


def _address(text: str, parts: Collection[str]) -> Checked | Wrong:
    found = read_postal(text)
    if found is None:
        plain = " ".join(text.split())
        # A map that keeps an address as one text needs no parts.
        return (
            Checked({WHOLE: plain}, plain)
            if set(parts) == {WHOLE} and any(c.isalpha() for c in plain)
            else Wrong("not_address")
        )
    if len(found.line()) > LONGEST_VALUE:
        return Wrong("too_long")
    return Checked(_parts(found, "state" in parts), found.line())


def _parts(found: Postal, has_state: bool) -> dict[str, str]:
    values = {
        WHOLE: found.line(),
        "street": found.street,
        "postal_code": found.postal_code,
        "city": found.city if has_state or not found.state else f"{found.city}, {found.state}",
    }
    if found.state:
        values["state"] = found.state
    if found.country:
        values["country"] = found.country
        values["country_code"] = found.country_code
    return values

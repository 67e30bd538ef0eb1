"""When two spellings of a contact are one: as SQL that an index can serve, and again in Python.

The database proposes (collations differ, SQLite's `lower` knows ASCII only, MySQL may take "ü" for
"u"), Python decides. It knows spellings, not people.
"""

import unicodedata
from datetime import UTC, date, datetime
from typing import Any, Final

import phonenumbers
from sqlalchemy import ColumnElement, func, literal_column

from privacy.contacts import Contact, parse_contact

NOBODYS: Final = ".invalid"
"""The end of addresses that nobody has, nor ever will (RFC 2606): what stands where one was erased."""

_PHONE_SIGNS: Final = (" ", "-", "/", ".", "(", ")", "+")


def bindable(text: str) -> bool:
    """Can every driver take this text? PostgreSQL refuses NUL, UTF-8 has no lone surrogates."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def normal_email(stored: object) -> str | None:
    """The form in which e-mail addresses are compared."""
    contact = parse_contact(stored) if isinstance(stored, str) else None
    if contact is None or contact.kind != "email" or contact.value.endswith(NOBODYS):
        return None
    return contact.value


def plain_email(stored: object) -> str | None:
    """A form that is the same each time and costs next to nothing: for going through all rows, not for comparing
    what people type."""
    plain = stored.strip().casefold() if isinstance(stored, str) else ""
    return plain if "@" in plain and not plain.endswith(NOBODYS) else None


def digits_of(stored: object) -> str | None:
    """The same of a phone number: its digits."""
    if not isinstance(stored, str | int):
        return None
    return "".join(letter for letter in str(stored) if letter.isdecimal()) or None


def postal_email(stored: object, normal: str | None) -> str | None:
    """The form to which mail is sent, given the one for comparing; None where there is none.

    The part before the @ stays as stored: "Jane@" and "jane@" may be two mailboxes.
    """
    if normal is None or not isinstance(stored, str):
        return None
    local, domain = stored.strip().rpartition("@")[0], normal.rpartition("@")[2]
    same = unicodedata.normalize("NFKC", local).lower() == normal.rpartition("@")[0]
    return f"{unicodedata.normalize('NFC', local)}@{domain}" if same else None


def normal_phone(stored: object, region: str) -> str | None:
    """The number with its country code, as +493023125101, taking `region` where none is told."""
    contact = parse_contact(str(stored)) if isinstance(stored, str | int) else None
    if contact is None or contact.kind != "phone":
        return None
    try:
        number = phonenumbers.parse(contact.value, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal(contact: Contact, region: str) -> str | None:
    """The form in which this contact is compared."""
    return (
        normal_email(contact.value)
        if contact.kind == "email"
        else normal_phone(contact.value, region)
    )


def email_spellings(email: str) -> set[str]:
    """What `lower(trim(column))` may give for this address, in any database."""
    local, _, domain = email.rpartition("@")
    if email.isascii() and "xn--" not in domain:
        return {email}
    spellings = {email, f"{local}@{'.'.join(_readable(label) for label in domain.split('.'))}"}
    spellings |= {
        unicodedata.normalize(form, s) for form in ("NFC", "NFD") for s in tuple(spellings)
    }
    # SQLite leaves "Ü" as it is: the stored capital may stand first, or everywhere.
    return (
        spellings
        | {_ascii_lower(s.upper()) for s in spellings}
        | {_ascii_lower(s.capitalize()) for s in spellings}
    )


def phone_spellings(phone: str) -> set[str]:
    """The digits that a column may hold for this number."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return {phone.lstrip("+")}
    country, national = str(number.country_code), phonenumbers.national_significant_number(number)
    return {
        f"{country}{national}",
        f"00{country}{national}",
        f"0{national}",
        national,
        f"{country}0{national}",
    }


def email_expression(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The spelling of e-mail addresses by which a column is searched."""
    return func.lower(func.trim(column))


def phone_expression(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The spelling of phone numbers by which a column is searched: its digits."""
    expression: ColumnElement[Any] = column
    for sign in _PHONE_SIGNS:
        # Written out, not bound: an index on this expression would not be used for bound values.
        expression = func.replace(expression, literal_column(f"'{sign}'"), literal_column("''"))
    return expression


def moment(stored: object) -> datetime | None:
    """A stored moment in UTC; systems write them as dates, texts or seconds since 1970."""
    if isinstance(stored, str):
        try:
            stored = datetime.fromisoformat(stored.strip())
        except ValueError:
            return None
    if isinstance(stored, datetime):
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)
    if isinstance(stored, date):
        return datetime(stored.year, stored.month, stored.day, tzinfo=UTC)
    if isinstance(stored, int | float) and not isinstance(stored, bool):
        try:
            return datetime.fromtimestamp(stored, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    return None


def _readable(label: str) -> str:
    """A label of a domain in its own letters."""
    try:
        return (
            label.removeprefix("xn--").encode().decode("punycode")
            if label.startswith("xn--")
            else label
        )
    except UnicodeError:
        return label


def _ascii_lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)

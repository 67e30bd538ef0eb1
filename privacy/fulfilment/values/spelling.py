"""How one column writes a value: a phone number as the others in it, a country as a code, a date as a date.

Pure. The value itself is decided elsewhere; here it only takes the clothes of what stands there now, so that the
company's own programs go on reading it.
"""

import re
from datetime import UTC, date, datetime

import phonenumbers

from privacy.contacts import parse_contact
from privacy.fulfilment.values.checked import WHOLE, Checked
from privacy.systems.matching import normal_phone
from privacy.systems.port import Value

_COUNTRY_CODE = re.compile(r"[A-Z]{2}")
_GERMAN_DATE = re.compile(r"\d{2}\.\d{2}\.\d{4}")
_T_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def as_written(
    kind: str, part: str, checked: Checked, old: Value, *, clean: bool, region: str
) -> Value:
    """The part of a checked value as a column writes it that holds `old` now; None where the value has no such
    part, and the column stays as it is. `clean`: the column is looked up in one spelling only."""
    value = checked.values.get(part)
    if value is None:
        return None
    match kind:
        case "email":
            return value.lower() if clean else value
        case "phone":
            return value if clean else _phone(value, old, region)
        case "date":
            return _date(value, old)
        case "address" if part == "country" and _is_country_code(old):
            return checked.values.get("country_code", value)
        case _:
            return value


def is_same(kind: str, part: str, now: Value, checked: Checked, *, region: str) -> bool:
    """Whether a column says this already, in whatever spelling it has."""
    value = checked.values.get(part)
    if value is None:
        return True
    if kind == "email":
        found = parse_contact(now) if isinstance(now, str) else None
        return found is not None and found.value == value.lower()
    if kind == "phone":
        return normal_phone(now, region) == value
    if isinstance(now, datetime):
        return now.date().isoformat() == value
    if isinstance(now, date):
        return now.isoformat() == value
    if not isinstance(now, str):
        return False
    if kind == "date" and _GERMAN_DATE.fullmatch(now.strip()):
        return now.strip() == _date(value, now)
    if part == "country" and _is_country_code(now):
        return now.strip() == checked.values.get("country_code", value)
    return now.strip() == value


def moment_as_written(at: datetime, old: Value) -> Value:
    """A moment in the clothes of the one that stands there: texts with a T stay texts with a T."""
    at = at.replace(microsecond=0)
    if isinstance(old, bool):
        return at
    if isinstance(old, int | float):
        return int(at.timestamp())
    if isinstance(old, str) and _T_MOMENT.match(old.strip()):
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if old.endswith("Z") else "")
    if isinstance(old, str):
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return at


def shown_text(value: Value) -> str:
    """A stored value as a person reads it; "" for nothing."""
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, datetime):
        value = value.date()
    return str(value).strip()


def join_parts(parts: dict[str, str]) -> str:
    """The parts that one row holds of a value, as one line."""
    if whole := parts.get(WHOLE):
        return whole
    town = " ".join(p for p in (parts.get("postal_code", ""), parts.get("city", "")) if p)
    known = {"postal_code", "city", "street", "country", "country_code", "first", "last"}
    ordered = [
        " ".join(p for p in (parts.get("first", ""), parts.get("last", "")) if p),
        parts.get("street", ""),
        town,
        *(text for part, text in parts.items() if part not in known),
        parts.get("country", "") or parts.get("country_code", ""),
    ]
    return ", ".join(text for text in ordered if text)


def _phone(e164: str, old: Value, region: str) -> str:
    """As the number before it was written: with spaces, at home without its country; always findable again."""
    if not isinstance(old, str) or not old.strip():
        return e164
    form = phonenumbers.PhoneNumberFormat
    at_home = not old.strip().startswith(("+", "00", "(+"))
    number = phonenumbers.parse(e164)
    is_spaced = not old.strip().lstrip("+").isdigit()
    if at_home and phonenumbers.region_code_for_number(number) == region:
        written = phonenumbers.format_number(number, form.NATIONAL)
        if not is_spaced:
            written = "".join(c for c in written if c.isdigit())
    else:
        written = phonenumbers.format_number(number, form.INTERNATIONAL) if is_spaced else e164
    return written if normal_phone(written, region) == e164 else e164


def _date(iso: str, old: Value) -> Value:
    day = date.fromisoformat(iso)
    if isinstance(old, datetime):
        return datetime(day.year, day.month, day.day, tzinfo=old.tzinfo)
    if isinstance(old, date):
        return day
    if isinstance(old, str) and _GERMAN_DATE.fullmatch(old.strip()):
        return f"{day:%d.%m.%Y}"
    return iso


def _is_country_code(old: Value) -> bool:
    return isinstance(old, str) and _COUNTRY_CODE.fullmatch(old.strip()) is not None

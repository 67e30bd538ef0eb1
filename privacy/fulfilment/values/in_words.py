"""Stored values as people read them: dates in words, yes and no, sizes; money and codes as the map tells them (`Telling`).

A stored moment without a zone is told as it stands: nobody here knows which zone its system meant. Text is
only text: signs that steer a terminal or turn the reading direction are taken out.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from privacy.dates import clock_time, day_in_words
from privacy.systems.port import Value

_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?"
)
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
_WHOLE: Final = re.compile(r"-?\d{1,30}")
_NUMBER: Final = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")


@dataclass(frozen=True, slots=True)
class Telling:
    """What the map says of how a column's values are told: `means` before `in_cents`, and `unit` after a number."""

    in_cents: bool = False
    unit: str = ""
    means: Mapping[str, str] = field(default_factory=dict, hash=False)


AS_IT_STANDS: Final = Telling()


def in_words(value: Value, zone: ZoneInfo, telling: Telling = AS_IT_STANDS) -> str:
    """The value in plain words; "" for nothing."""
    if value is None:
        return ""
    if (known := telling.means.get(str(value))) is not None:
        return known
    if telling.in_cents and (amount := _amount(value)):
        return f"{amount} {telling.unit}".rstrip()
    text = _as_it_stands(value, zone)
    return f"{text} {telling.unit}" if telling.unit and _is_number(value) else text


def _is_number(value: Value) -> bool:
    return not isinstance(value, bool | bytes) and _NUMBER.fullmatch(str(value)) is not None


def _amount(value: Value) -> str:
    """Hundredths as people write the whole: "1,240.70"; "" where the value is no whole number."""
    if isinstance(value, bool | bytes) or _WHOLE.fullmatch(str(value)) is None:
        return ""
    return f"{Decimal(str(value)).scaleb(-2):,.2f}"


def _as_it_stands(value: Value, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return size_in_words(len(value))
    if isinstance(value, datetime):
        return _moment(value, zone)
    if isinstance(value, date):
        return day_in_words(value)
    if isinstance(value, time):
        return value.isoformat("minutes" if not value.second else "seconds")
    if isinstance(value, str):
        found = read_moment(value)
        return _as_it_stands(found, zone) if found is not None else readable(value)
    return str(value)


def read_moment(text: str) -> date | datetime | None:
    """The day or moment that the whole text is, written as ISO 8601 has it; None for any other text."""
    if len(text) > 40 or _MOMENT.fullmatch(text.strip()) is None:
        return None
    try:
        if len(text.strip()) == 10:
            return date.fromisoformat(text.strip())
        return datetime.fromisoformat(text.strip().replace(" +", "+").replace(" Z", "Z"))
    except ValueError:
        return None


def day_of(value: Value) -> date | None:
    """The day of a stored date, moment or ISO text; None for anything else."""
    found = read_moment(value) if isinstance(value, str) else value
    if isinstance(found, datetime):
        return found.date()
    return found if isinstance(found, date) else None


def size_in_words(size: int) -> str:
    """ "12 kB": thousands, as shops and phones count."""
    amount = float(size)
    for unit in _UNITS:
        if amount < 999.5 or unit == _UNITS[-1]:
            break
        amount /= 1000
    if unit == "bytes":
        return "1 byte" if size == 1 else f"{size} bytes"
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def number_in_words(number: int) -> str:
    """ "200,000"."""
    return f"{number:,}"


def readable(text: str) -> str:
    """The text without signs that are not for reading; lines stay lines."""
    return "".join(
        letter
        for letter in text.replace("\r\n", "\n").replace("\r", "\n")
        if letter in "\n\t"
        or (letter not in _OVERRIDES and unicodedata.category(letter) not in ("Cc", "Cs"))
    )


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    if moment.tzinfo is None:
        day, clock = day_in_words(moment.date()), f"{moment:%H:%M}"
        return (
            day if (moment.hour, moment.minute, moment.second) == (0, 0, 0) else f"{day}, {clock}"
        )
    local = moment.astimezone(zone)
    return f"{day_in_words(local.date())}, {clock_time(moment, zone)}"

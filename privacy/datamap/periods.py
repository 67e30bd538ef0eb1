"""The days that a customer's words mean: "since 2023", "in March 2024", "the last 12 months".

It reads dates, and says which words they took. Whether the wish is limited by them is decided in
`wishes`. Two numbers are read day first, as in the company's countries, unless only the other order
makes a date.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner",
            "february feb februar",
            "march mar märz maerz mär",
            "april apr",
            "may mai",
            "june jun juni",
            "july jul juli",
            "august aug",
            "september sep sept",
            "october oct oktober okt",
            "november nov",
            "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}
_NUMBERS: Final = {
    word: number
    for number, words in enumerate(
        (
            "one a ein einem eine einen",
            "two couple zwei",
            "three drei",
            "four vier",
            "five fünf",
            "six sechs",
            "seven sieben",
            "eight acht",
            "nine neun",
            "ten zehn",
            "eleven elf",
            "twelve zwölf",
        ),
        start=1,
    )
    for word in words.split()
}
_M: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_Y: Final = r"(?:19|20)\d\d"
_END: Final = r"(?![\w/-])"
_DAY: Final = (
    rf"(?:{_Y}-\d\d?-\d\d?|\d{{1,2}}[./]\s?\d{{1,2}}[./]\s?{_Y}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?:{_M})\.?,?\s+{_Y}"
    rf"|(?:{_M})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+{_Y}){_END}"
)
_MONTH: Final = rf"(?:(?:{_M})\.?,?\s+(?:of\s+)?{_Y}|{_Y}-\d\d|(?:{_M})\b){_END}"
_EDGE: Final = r"(?:(?:the\s+)?(?:end|start|beginning|ende|anfang|beginn)\s+(?:of\s+|von\s+)?)?"
_POINT: Final = rf"{_EDGE}(?:the\s+)?(?:year\s+|jahr\s+)?(?:{_DAY}|{_MONTH}|{_Y}{_END}|today|now|heute|yesterday|gestern)"
_LAST: Final = (
    r"(?:in\s+|within\s+|during\s+|for\s+|from\s+|of\s+|over\s+)?(?:the\s+|den\s+|der\s+|die\s+|das\s+)?"
    r"(?:last|past|previous|letzten|letzte|letzter|letztes|vergangenen)\s+"
    r"(?:(?P<n>\d{1,3}|[a-zäöü]+)\s+)?(?:of\s+)?"
    r"(?P<unit>days?|weeks?|months?|years?|tage[n]?|wochen?|monate?n?|jahre?n?|jahr)\b"
)
_PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            "between",
            rf"\b(?:between|from|zwischen|von|vom)\s+(?P<a>{_POINT})\s*(?:to|until|till|through|and|und|bis|-|–)"
            rf"(?:\s+zum)?\s*(?P<b>{_POINT})",
        ),
        ("between", rf"(?<![\w./-])(?P<a>{_DAY}|{_MONTH})\s*(?:to|until|till|through|bis|-|–)\s*(?P<b>{_DAY}|{_MONTH})"),
        ("last", rf"\b{_LAST}"),
        ("this", r"\b(?:in\s+|from\s+|of\s+|during\s+)?(?:this|dieses|diesem)\s+(?P<unit>year|month|week|jahr|monat|woche)\b"),
        (
            "since",
            rf"\b(?:since|starting\s+(?:from|with|in)|as\s+of|seit|ab|newer\s+than|not\s+older\s+than)\s+(?:dem\s+)?"
            rf"(?P<a>{_POINT})",
        ),
        ("since", rf"\bfrom\s+(?P<a>{_POINT})\s+(?:on|onwards?|until\s+(?:now|today)|to\s+(?:now|today)|upwards?)\b"),
        ("after", rf"\b(?:after|later\s+than|nach)\s+(?:dem\s+)?(?P<a>{_POINT})"),
        ("before", rf"\b(?:before|prior\s+to|older\s+than|earlier\s+than|vor)\s+(?:dem\s+)?(?P<a>{_POINT})"),
        ("until", rf"\b(?:until|till|up\s+to|up\s+until|through|bis)\s+(?:zum\s+)?(?P<a>{_POINT})"),
        ("from_day", rf"\bfrom\s+(?P<a>{_DAY})"),
        ("in", rf"\b(?:in|during|from|of|aus|im|von|for|within)\s+(?:dem\s+)?(?P<a>(?:the\s+)?(?:year\s+|jahr\s+)?(?:{_MONTH}|{_Y}{_END}))"),
        ("on", rf"\b(?:on|from|vom|am|of)\s+(?:the\s+)?(?P<a>{_DAY})"),
        ("bare", rf"(?<![\w./-])(?P<a>{_Y})(?![\w./-]?\w)"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both included, and the place of the words; `kind` is how it was said."""

    since: date | None
    until: date | None
    start: int
    end: int
    kind: str


def periods(text: str, today: date) -> list[Period]:
    """The periods that a text names, in its order; words that make no date are left alone."""
    found: list[Period] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            days = _days(kind, match, today)
            if days is not None:
                found.append(Period(*days, match.start(), match.end(), kind))
    return sorted(found, key=lambda period: period.start)


def _days(kind: str, match: re.Match[str], today: date) -> tuple[date | None, date | None] | None:
    if kind == "last":
        return _last(match["n"], match["unit"].casefold(), today)
    if kind == "this":
        return _this(match["unit"].casefold(), today)
    a = _point(match["a"], today)
    if a is None:
        return None
    try:
        if kind == "between":
            for month_first in (False, True):
                a = _point(match["a"], today, month_first)
                b = _point(match["b"], today, month_first)
                if a and b and a[0] <= b[1]:
                    return a[0], b[1]
            return None
        if kind in ("since", "from_day"):
            return a[0], None
        if kind == "after":
            return a[1] + timedelta(days=1), None
        if kind == "before":
            return None, a[0] - timedelta(days=1)
        return (None, a[1]) if kind == "until" else a
    except OverflowError:
        return None


def _last(count: str | None, unit: str, today: date) -> tuple[date | None, date | None] | None:
    step = "d" if unit.startswith(("d", "t")) else unit[0]
    if count is None:
        return _before_this(step, today)
    number = int(count) if count.isdigit() else _NUMBERS.get(count.casefold(), 0)
    if not number:
        return None
    months = number * {"m": 1, "y": 12, "j": 12}.get(step, 0)
    if not months:
        return today - timedelta(days=number * (7 if step == "w" else 1)), None
    index = today.year * 12 + today.month - 1 - months
    year, month = divmod(index, 12)
    if year < 1900:
        return None
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1])), None


def _before_this(step: str, today: date) -> tuple[date, date]:
    """ "last year" is the calendar year before this one, "last month" the month before."""
    if step in ("y", "j"):
        return date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
    if step == "m":
        end = today.replace(day=1) - timedelta(days=1)
        return end.replace(day=1), end
    if step == "w":
        monday = today - timedelta(days=today.weekday() + 7)
        return monday, monday + timedelta(days=6)
    return today - timedelta(days=1), today


def _this(unit: str, today: date) -> tuple[date, None]:
    if unit in ("year", "jahr"):
        return date(today.year, 1, 1), None
    if unit in ("month", "monat"):
        return today.replace(day=1), None
    return today - timedelta(days=today.weekday()), None


def _point(text: str, today: date, month_first: bool = False) -> tuple[date, date] | None:
    """First and last day of a day, month or year as it is written."""
    words = text.casefold().replace(",", " ").strip()
    edge = re.match(r"(?:the )?(end|start|beginning|ende|anfang|beginn) (?:of |von )?", words)
    if edge is not None:
        whole = _point(words[edge.end() :], today, month_first)
        if whole is None:
            return None
        day = whole[1] if edge[1].startswith("end") else whole[0]
        return day, day
    words = re.sub(r"^(?:the )?(?:year |jahr )?", "", words)
    if words in ("today", "now", "heute"):
        return today, today
    if words in ("yesterday", "gestern"):
        return today - timedelta(days=1), today - timedelta(days=1)
    numbers = [int(number) for number in re.findall(r"\d+", words)]
    month = next(
        (_MONTHS[word] for word in re.findall(r"[a-zäöü]+", words) if word in _MONTHS), None
    )
    try:
        if month is not None:
            return _named_month(month, numbers, today)
        if len(numbers) == 1:
            return date(numbers[0], 1, 1), date(numbers[0], 12, 31)
        if len(numbers) == 2:
            return _whole_month(numbers[0], numbers[1])
        first, second, third = numbers
        if first > 31:
            return (date(first, second, third),) * 2
        swapped = second > 12 or (month_first and first <= 12)
        return (date(third, first, second) if swapped else date(third, second, first),) * 2
    except ValueError:
        return None


def _named_month(month: int, numbers: list[int], today: date) -> tuple[date, date]:
    if len(numbers) == 2:
        day, year = sorted(numbers)
        return (date(year, month, day),) * 2
    if numbers:
        return _whole_month(numbers[0], month)
    # A month without a year is the latest one that has begun.
    return _whole_month(today.year if month <= today.month else today.year - 1, month)


def _whole_month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])

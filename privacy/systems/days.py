"""Of which day a row is, and which rows are of some days, in the clothes in which a column writes its days.

Texts are read in the orders that leave no doubt (2024-12-31, 2024/12/31, 20241231, 31.12.2024); what could be two
days, as 3/4/2024, is no day. A row without a day is of no range of days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    String,
    and_,
    case,
    cast,
    false,
    func,
    null,
    or_,
)

from privacy.datamap.parts import Table
from privacy.systems import mysql
from privacy.systems.shape import Shape

_ISO: Final = ("____-__-__", "____-__-__ %", "____-__-__T%")
_YEAR_FIRST: Final = tuple(f"____{sign}__{sign}__{rest}" for sign in "/." for rest in ("", " %"))
_DAY_FIRST: Final = ("__.__.____", "__.__.____ %")
_DIGITS: Final = ("________", "________T%")


@dataclass(frozen=True, slots=True)
class When:
    """Only rows of these days, `before` not included; rows without a date are not of any day."""

    by: Literal["came", "counted"]
    since: date | None = None
    before: date | None = None

    def column(self, table: Table) -> str | None:
        """The column of this table that tells its days."""
        if self.by == "came":
            return table.dated_by or table.counted_from
        return table.counted_from or table.dated_by


def days(since: date | None, until: date | None) -> When | None:
    """A range of days, both included; None for all time."""
    if since is None and until is None:
        return None
    after = until + timedelta(days=1) if until and until < date.max else None
    return When("came", since, after)


def on_days(shape: Shape, name: str | None, source: FromClause, when: When) -> ColumnElement[bool]:
    """The column `name` tells one of these days."""
    if name is None:
        return false()
    place = told(shape, name, source)
    since, before = _limits(shape, name, when)
    limits = [place >= since] if since is not None else []
    limits += [place < before] if before is not None else []
    return and_(*limits, place.is_not(None))


def told(shape: Shape, name: str, source: FromClause | None = None) -> ColumnElement[Any]:
    """What the column tells of a day, so that it can be compared and sorted; NULL for no day."""
    place: ColumnElement[Any] = shape.column(name, source)
    kind = shape.kinds[name]
    if not _is_text(shape, name):
        zeros = shape.dialect in mysql.NAMES and kind in (date, datetime)
        return mysql.day(place, kind) if zeros else place
    text = place if kind is str else cast(place, String)
    written = case(
        (_like(text, _ISO), text),
        (_like(text, _YEAR_FIRST), _iso(text, 1, 6, 9)),
        (_like(text, _DAY_FIRST), _iso(text, 7, 4, 1)),
        (and_(_like(text, _DIGITS), text >= "1", text < "3"), _iso(text, 1, 5, 7)),
        else_=null(),
    )
    return written.collate("C") if shape.dialect == "postgresql" else written


def _is_text(shape: Shape, name: str) -> bool:
    """SQLite writes days and moments as texts, whatever it calls them."""
    kind = shape.kinds[name]
    return kind not in (int, float) and (shape.dialect == "sqlite" or kind not in (date, datetime))


def _like(text: ColumnElement[Any], patterns: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(text.like(pattern) for pattern in patterns))


def _iso(text: ColumnElement[Any], year: int, month: int, day: int) -> ColumnElement[Any]:
    """The day whose parts begin at these signs."""
    parts = [
        func.substr(text, at, long, type_=String())
        for at, long in ((year, 4), (month, 2), (day, 2))
    ]
    return parts[0] + "-" + parts[1] + "-" + parts[2]


def _limits(shape: Shape, name: str, when: When) -> tuple[Any, Any]:
    """First moment of the days, and the first one after them, as the column writes moments."""
    kind, declared = shape.kinds[name], shape.types[name]
    if kind in (int, float):
        return _seconds(when.since), _seconds(when.before)
    if _is_text(shape, name):
        return (
            when.since.isoformat() if when.since else None,
            when.before.isoformat() if when.before else None,
        )
    if kind is date:
        return when.since, when.before
    zone = UTC if isinstance(declared, DateTime) and declared.timezone else None
    return _midnight(when.since, zone), _midnight(when.before, zone)


def _midnight(day: date | None, zone: Any) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=zone) if day else None


def _seconds(day: date | None) -> int | None:
    midnight = _midnight(day, UTC)
    return int(midnight.timestamp()) if midnight else None

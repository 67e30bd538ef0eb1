"""Values as a machine reads them back: exact numbers, ISO 8601 dates, Unicode that every reader takes."""

import math
from datetime import date, time
from decimal import Decimal

from privacy.systems.port import Value

type Exact = str | int | float | bool | None


def exact(value: Value) -> Exact:
    """The value as JSON has it. Decimals are texts, so that no cent is lost; a file is no value (ValueError)."""
    if isinstance(value, str):
        return whole(value)
    if value is None or isinstance(value, int):  # a bool is an int
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    raise ValueError("a file is not written as a value")


def whole(text: str) -> str:
    """The text, with half characters (lone surrogates) replaced: no encoding has them."""
    return (
        text
        if text.isascii()
        else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )

"""Stored values as people read them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.fulfilment.values.in_words import AS_IT_STANDS, Telling, in_words
from privacy.systems.port import Value

BERLIN = ZoneInfo("Europe/Berlin")
EUROS = Telling(in_cents=True, unit="EUR")
CODES = Telling(means={"uk": "Ukrainian", "1": "yes, by mail"}, unit="points")


@pytest.mark.parametrize(
    ("value", "telling", "told"),
    [
        (24070, EUROS, "240.70 EUR"),
        (5, EUROS, "0.05 EUR"),
        (0, EUROS, "0.00 EUR"),
        (-1990, EUROS, "-19.90 EUR"),
        (124_070_00, EUROS, "124,070.00 EUR"),
        ("24070", EUROS, "240.70 EUR"),
        (Decimal(990), EUROS, "9.90 EUR"),
        (None, EUROS, ""),
        ("on account", EUROS, "on account"),
        (5, Telling(in_cents=True), "0.05"),
        (3.5, Telling(unit="kg"), "3.5 kg"),
        ("uk", CODES, "Ukrainian"),
        (1, CODES, "yes, by mail"),
        (2, CODES, "2 points"),
        ("", CODES, ""),
        ("UK", CODES, "UK"),
        ("2026-05-14", CODES, "14 May 2026"),
        (Decimal("12.50"), CODES, "12.50 points"),
        (24070, AS_IT_STANDS, "24070"),
        ("1987-04-12", AS_IT_STANDS, "12 April 1987"),
        (date(1987, 4, 12), AS_IT_STANDS, "12 April 1987"),
        ("2026-05-14 13:10:41", AS_IT_STANDS, "14 May 2026, 13:10"),
        (datetime(2026, 5, 14, 22, 30, tzinfo=UTC), AS_IT_STANDS, "15 May 2026, 00:30"),
        (time(9, 30), AS_IT_STANDS, "09:30"),
        (b"x" * 2_500, AS_IT_STANDS, "2.5 kB"),
        (True, AS_IT_STANDS, "yes"),
    ],
)
def test_a_value_in_words(value: Value, telling: Telling, told: str) -> None:
    assert in_words(value, BERLIN, telling) == told


@given(st.integers(min_value=-(10**24), max_value=10**24))
def test_no_cent_is_lost(cents: int) -> None:
    told = in_words(cents, BERLIN, Telling(in_cents=True))
    assert int(told.replace(",", "").replace(".", "")) == cents
    assert told[-3] == "."

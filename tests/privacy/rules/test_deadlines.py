"""Due dates: the promises of the policy, month arithmetic with its edge days, clocks that jump."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.deadlines import (
    HOUSE,
    add_business_days,
    add_months,
    due_dates,
    end_of_day,
    extended_limit,
    last_moment,
)
from privacy.policy import load_policy
from privacy.rights import Limit
from privacy.settings import ROOT

POLICY = load_policy(ROOT / "privacy" / "policy.yml")
BERLIN = ZoneInfo("Europe/Berlin")
KINDS = sorted(POLICY.kinds)
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "Europe/London",
        "America/Sao_Paulo",
        "America/Los_Angeles",
        "America/Nuuk",  # its clock jumps from 23:00 to 00:00
        "Africa/Cairo",  # its clock jumps from 00:00 to 01:00
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
        "Australia/Lord_Howe",  # half an hour of summer time
    )
]
moments = st.datetimes(
    min_value=datetime.fromisoformat("2024-01-01"),
    max_value=datetime.fromisoformat("2060-01-01"),
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("kind", "days"),
    [("access", 15), ("export", 15), ("correct", 28), ("delete", 28)],
)
@pytest.mark.parametrize(
    "day", [date(2026, 11, 21), date(2026, 1, 31), date(2027, 2, 1), date(2028, 2, 29)]
)
def test_the_promises(kind: str, days: int, day: date) -> None:
    received_at = datetime(day.year, day.month, day.day, 10, tzinfo=BERLIN)
    promise = due_dates(POLICY, kind, received_at, BERLIN).promise.astimezone(BERLIN)
    assert promise.date() == day + timedelta(days=days)
    assert f"{promise:%H:%M:%S}" == "23:59:59"


@pytest.mark.parametrize("kind", ["restrict", "object", "withdraw_consent"])
def test_opt_outs_are_due_at_once(kind: str) -> None:
    received_at = datetime(2026, 11, 21, 10, tzinfo=UTC)
    dates = due_dates(POLICY, kind, received_at, BERLIN)
    assert dates.promise == received_at
    assert dates.set_by.basis == "at once"


def test_each_law_keeps_its_own_date_with_its_basis_and_source() -> None:
    dates = due_dates(POLICY, "access", datetime(2026, 11, 21, 10, tzinfo=UTC), BERLIN)
    assert [
        (law.law, f"{law.due_at.astimezone(BERLIN):%d.%m.%Y}", law.basis) for law in dates.by_law
    ] == [
        ("gdpr", "21.12.2026", "1 month from receipt"),
        ("uk_gdpr", "21.12.2026", "1 month from receipt"),
        ("ccpa", "05.01.2027", "45 days from receipt"),
        ("lgpd", "06.12.2026", "15 days from receipt"),
    ]
    assert dates.set_by == dates.by_law[3]
    assert dates.set_by.source == "LGPD Art. 19 II"


def test_a_promise_of_the_house_stands_beside_the_laws() -> None:
    dates = due_dates(POLICY, "delete", datetime(2026, 11, 21, 10, tzinfo=UTC), BERLIN)
    assert dates.set_by.law == HOUSE
    assert [law.law for law in dates.by_law] == ["gdpr", "uk_gdpr", "ccpa"]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-09-03", 1, "2026-10-03"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-01-30", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 1, "2028-03-29"),
        ("2026-02-28", 1, "2026-03-28"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2099-12-31", 2, "2100-02-28"),
        ("2026-05-10", 0, "2026-05-10"),
    ],
)
def test_months_end_on_the_same_numbered_day_or_the_last(start: str, months: int, end: str) -> None:
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("start", "count", "holidays", "end"),
    [
        ("2026-11-20", 1, [], "2026-11-23"),  # Friday → Monday
        ("2026-11-21", 1, [], "2026-11-23"),  # Saturday → Monday
        ("2026-11-22", 5, [], "2026-11-27"),  # Sunday → Friday
        ("2026-11-23", 15, [], "2026-12-14"),
        ("2026-12-23", 3, [], "2026-12-28"),
        ("2026-12-23", 3, ["2026-12-25"], "2026-12-29"),
        ("2026-12-23", 3, ["2026-12-26"], "2026-12-28"),  # a holiday on a Saturday costs nothing
        ("2026-12-31", 1, ["2027-01-01"], "2027-01-04"),
    ],
)
def test_business_days(start: str, count: int, holidays: list[str], end: str) -> None:
    days_off = {date.fromisoformat(day) for day in holidays}
    assert add_business_days(date.fromisoformat(start), count, days_off) == date.fromisoformat(end)


def test_holidays_of_the_policy_lengthen_business_days_only() -> None:
    received_at = datetime(2026, 12, 23, 10, tzinfo=UTC)
    closed = replace(POLICY, holidays=frozenset({date(2026, 12, 25), date(2027, 1, 1)}))

    def dates(kind: str) -> list[tuple[datetime, datetime]]:
        return [
            (one.due_at, other.due_at)
            for one, other in zip(
                due_dates(POLICY, kind, received_at, BERLIN).by_law,
                due_dates(closed, kind, received_at, BERLIN).by_law,
                strict=True,
            )
        ]

    assert [open_ == shut for open_, shut in dates("object")] == [True, True, False]
    assert all(open_ == shut for open_, shut in dates("access"))


@pytest.mark.parametrize(
    ("received_at", "days", "due_at"),
    [
        # Late in the evening in UTC is the next day in Berlin already.
        ("2026-11-20T23:30:00+00:00", 15, "2026-12-06T22:59:59+00:00"),
        ("2026-11-20T22:30:00+00:00", 15, "2026-12-05T22:59:59+00:00"),
        # A second before midnight still counts for that day.
        ("2026-11-21T23:59:59+01:00", 15, "2026-12-06T22:59:59+00:00"),
        ("2026-11-22T00:00:00+01:00", 15, "2026-12-07T22:59:59+00:00"),
        # Over the change to summer time (29 March 2026) and to winter time (25 October 2026).
        ("2026-03-20T10:00:00+00:00", 15, "2026-04-04T21:59:59+00:00"),
        ("2026-10-20T10:00:00+00:00", 15, "2026-11-04T22:59:59+00:00"),
        # On the days of change themselves.
        ("2026-03-14T10:00:00+00:00", 15, "2026-03-29T21:59:59+00:00"),
        ("2026-10-10T10:00:00+00:00", 15, "2026-10-25T22:59:59+00:00"),
        # A Saturday, and Christmas Day: no roll-forward.
        ("2026-11-27T10:00:00+00:00", 15, "2026-12-12T22:59:59+00:00"),
        ("2026-12-10T10:00:00+00:00", 15, "2026-12-25T22:59:59+00:00"),
        # Over a year's end, and over a leap day.
        ("2026-12-20T10:00:00+00:00", 15, "2027-01-04T22:59:59+00:00"),
        ("2028-02-20T10:00:00+00:00", 15, "2028-03-06T22:59:59+00:00"),
    ],
)
def test_days_end_at_midnight_in_the_company_s_zone(
    received_at: str, days: int, due_at: str
) -> None:
    found = last_moment(Limit("days", days, "x"), datetime.fromisoformat(received_at), BERLIN)
    assert found == datetime.fromisoformat(due_at)


def test_where_the_clock_jumps_over_midnight_the_day_ends_before_the_jump() -> None:
    nuuk = ZoneInfo("America/Nuuk")
    end = end_of_day(date(2025, 3, 29), nuuk)
    assert end.astimezone(nuuk).isoformat() == "2025-03-29T22:59:59-02:00"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        last_moment(Limit("days", 1, "x"), datetime(2026, 1, 1), BERLIN)  # noqa: DTZ001


def test_an_unknown_kind_has_no_date() -> None:
    with pytest.raises(KeyError):
        due_dates(POLICY, "fly", datetime(2026, 1, 1, tzinfo=UTC), BERLIN)


def test_an_extension_is_offered_only_where_every_law_with_a_limit_has_one() -> None:
    received_at = datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert extended_limit(POLICY, "access", received_at, BERLIN) is None  # LGPD has none
    assert extended_limit(POLICY, "object", received_at, BERLIN) is None
    assert extended_limit(POLICY, "restrict", received_at, BERLIN) is None
    longest = extended_limit(POLICY, "delete", received_at, BERLIN)
    assert longest is not None
    # 90 days (CCPA) end before three months (GDPR) do: 19 and 21 February.
    assert longest.law == "ccpa"
    assert longest.due_at.astimezone(BERLIN).date() == date(2027, 2, 19)


@settings(database=None, deadline=None)
@given(kind=st.sampled_from(KINDS), received_at=moments, zone=st.sampled_from(ZONES))
def test_the_promise_is_never_after_a_law_s_date_nor_before_receipt(
    kind: str, received_at: datetime, zone: ZoneInfo
) -> None:
    dates = due_dates(POLICY, kind, received_at, zone)
    assert all(dates.promise <= law.due_at for law in dates.by_law)
    assert dates.promise >= received_at
    assert all(law.due_at >= received_at for law in dates.by_law)
    assert dates.set_by.due_at == dates.promise
    assert dates.promise.tzinfo is UTC


@settings(database=None, deadline=None)
@given(received_at=moments, zone=st.sampled_from(ZONES), days=st.integers(1, 90))
def test_a_date_ends_on_its_day_and_not_a_second_later(
    received_at: datetime, zone: ZoneInfo, days: int
) -> None:
    due_at = last_moment(Limit("days", days, "x"), received_at, zone)
    last = received_at.astimezone(zone).date() + timedelta(days=days)
    assert due_at.astimezone(zone).date() == last
    assert (due_at + timedelta(seconds=1)).astimezone(zone).date() == last + timedelta(days=1)


@settings(database=None, deadline=None)
@given(one=moments, other=moments, kind=st.sampled_from(KINDS), zone=st.sampled_from(ZONES))
def test_who_asks_earlier_is_never_answered_later(
    one: datetime, other: datetime, kind: str, zone: ZoneInfo
) -> None:
    early, late = sorted((one, other))
    first, second = (due_dates(POLICY, kind, at, zone) for at in (early, late))
    assert first.promise <= second.promise


@settings(database=None, deadline=None)
@given(day=st.dates(date(2020, 1, 1), date(2100, 1, 1)), months=st.integers(0, 36))
def test_months_never_skip_a_month(day: date, months: int) -> None:
    end = add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end.day < day.day and (end + timedelta(days=1)).day == 1)


@settings(database=None, deadline=None)
@given(day=st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_28_days_are_inside_every_month(day: date) -> None:
    assert day + timedelta(days=28) <= add_months(day, 1)

"""The load says different things, stays below the limits for one conversation, and counts rightly."""

import pytest

from bench.load import Counted, visit
from web.chat.talk import Limits


def test_no_two_visits_are_alike_and_each_is_repeatable() -> None:
    assert visit(7) == visit(7)
    assert len({tuple(visit(number)) for number in range(200)}) == 200


def test_a_visit_is_shorter_than_what_one_conversation_may_send_at_once() -> None:
    assert len(visit(1)) <= Limits().per_session.burst


def test_the_report() -> None:
    counted = Counted(8, seconds=10.0, latencies=[number / 1000 for number in range(1, 101)])
    counted.fail("no answer in time")
    report = counted.report()
    assert report["turns"] == 100 and report["turns_per_second"] == 10.0
    assert report["median_ms"] == pytest.approx(50.5, abs=0.5) and report[
        "p95_ms"
    ] == pytest.approx(95, abs=1)
    assert report["failures"] == {"no answer in time": 1}
    assert Counted(1).report()["median_ms"] == 0.0

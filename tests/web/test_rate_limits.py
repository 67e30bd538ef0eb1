"""Token buckets, and whose address counts."""

from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from web.rate_limits import Rate, RateLimit, client_address


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_one_at_a_time() -> None:
    watch = Watch()
    limit = RateLimit(Rate(burst=3, per_second=0.5), watch)
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 2]
    assert limit.take("b") == 0
    watch.now = 2
    assert [limit.take("a") for _ in range(2)] == [0, 2]


@given(st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_never_more_than_the_rate_allows(pauses: list[float]) -> None:
    watch = Watch()
    limit = RateLimit(Rate(burst=4, per_second=1), watch)
    taken = 0
    for pause in pauses:
        watch.now += pause
        taken += limit.take("a") == 0
        assert taken <= 4 + watch.now + 1e-6


def test_full_buckets_are_forgotten() -> None:
    watch = Watch()
    limit = RateLimit(Rate(burst=2, per_second=1), watch)
    for n in range(1_000):
        watch.now += 0.1
        limit.take(f"key {n}")
    assert len(limit._buckets) < 50


def address(peer: str, told: list[str], proxies: int) -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in told]
    return client_address(
        Request({"type": "http", "client": (peer, 1), "headers": headers}), proxies
    )


def test_only_trusted_proxies_are_believed() -> None:
    assert address("192.0.2.1", ["203.0.113.9"], 0) == "192.0.2.1"
    assert address("10.0.0.1", ["6.6.6.6, 203.0.113.9"], 1) == "203.0.113.9"
    assert address("10.0.0.1", ["6.6.6.6, 203.0.113.9, 10.0.0.2"], 2) == "203.0.113.9"
    assert address("10.0.0.1", ["6.6.6.6", "203.0.113.9"], 1) == "203.0.113.9"
    assert address("10.0.0.1", [], 1) == "10.0.0.1"
    assert address("10.0.0.1", ["203.0.113.9"], 2) == "10.0.0.1"


def test_a_house_on_ipv6_counts_once() -> None:
    assert address("2001:db8:1:2:3:4:5:6", [], 0) == address("2001:db8:1:2::1", [], 0)
    assert address("2001:db8:1:2::1", [], 0) != address("2001:db8:1:3::1", [], 0)

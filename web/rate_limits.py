"""How fast one person or one address may go: token buckets in memory, and whose address counts.

It forgets a key once its bucket is full again, so memory stays bounded. Each process counts for itself;
several copies behind one balancer allow as many times more.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

_MAX_KEYS = 50_000


@dataclass(frozen=True)
class Rate:
    """`burst` at once, then `per_second` on average."""

    burst: float
    per_second: float


class RateLimit:
    """Buckets of one rate, one for each key."""

    def __init__(self, rate: Rate, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> int:
        """Take one token: 0 when there was one, else the whole seconds until the next."""
        now = self._now()
        tokens, since = self._buckets.pop(key, (self._rate.burst, now))
        tokens = min(self._rate.burst, tokens + (now - since) * self._rate.per_second)
        wait = 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / self._rate.per_second))
        self._buckets[key] = (tokens if wait else tokens - 1, now)
        self._forget_the_oldest(now)
        return wait

    def _forget_the_oldest(self, now: float) -> None:
        # Oldest use first: whoever waited long enough to have a full bucket needs no row.
        while self._buckets:
            key, (tokens, since) = next(iter(self._buckets.items()))
            full = tokens + (now - since) * self._rate.per_second >= self._rate.burst
            if not full and len(self._buckets) <= _MAX_KEYS:
                return
            del self._buckets[key]


def client_address(request: HTTPConnection, trusted_proxies: int) -> str:
    """The address that counts for limits: each trusted proxy added one entry at the right of
    `X-Forwarded-For`; anything further left is the sender's own claim and is not believed.
    """
    address = request.client.host if request.client else "unknown"
    if trusted_proxies:
        told = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        entries = [entry.strip() for entry in told if entry.strip()]
        if len(entries) >= trusted_proxies:
            address = entries[-trusted_proxies]
    return _network(address)


def _network(address: str) -> str:
    """One household or company counts once: an IPv6 address by its /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)

"""What goes to a service and what comes back, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask; `target` is path and query as they go over the wire."""

    method: str
    target: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    fine: frozenset[int] = frozenset()  # statuses beyond 2xx that are an answer
    wants_json: bool = True
    form: bool = False  # the body is a form, not JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; personal."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    json: Any = field(repr=False, default=None)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises ValueError."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or standard_port(url)


def standard_port(url: str) -> int:
    """The port that need not be written."""
    return _PORTS.get(urlsplit(url).scheme, 0)

"""How rows of the audit hang together: each one's hash covers all of it and the hash before it.

Pure arithmetic: SHA-256 over canonical JSON (sorted keys, no blanks, as RFC 8785 for texts and
whole numbers).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

GENESIS: Final = "0" * 64
"""What stands before the first row."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: the row's number and hash."""

    seq: int
    hash: str


START: Final = Link(0, GENESIS)


def canonical(value: Any) -> str:
    """The one way to write a value as JSON."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def moment(at: datetime) -> str:
    """A moment as it is hashed and signed."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def hash_of(row: Mapping[str, Any]) -> str:
    """The hash of a row: of everything in it but the hash itself."""
    covered = {
        name: row[name]
        for name in ("seq", "actor", "act", "request", "subject", "data", "prev_hash")
    }
    covered["at"] = moment(row["at"])
    return hashlib.sha256(canonical(covered).encode()).hexdigest()

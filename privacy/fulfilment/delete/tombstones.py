"""The ledger of what was erased: a file beside the database, by which a restored system is cleaned again (S-58).

One line per erased identity row: a keyed fingerprint of table, key, birth and contacts, the day, the
reference, and which part of the data the wish was about. Nothing personal can be read in it. Lines are
only ever added, and on the disk before anything is erased.
"""

import fcntl
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import structlog

from privacy.datamap.scope import Scope
from privacy.store.keyring import Keyring
from privacy.systems.port import Mark

log = structlog.get_logger()

_KEY_SIZE, _ROW_SIZE = 8, 16  # bytes: of the quick first look, of the look that decides


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erased identity row, as the ledger knows it."""

    system: str
    key: bytes
    rows: frozenset[bytes]
    on: date
    reference: str
    scope: Scope


@dataclass(slots=True)
class Graves:
    """The tombstones of one system, found by a row's key."""

    by_key: Mapping[bytes, list[Tombstone]] = field(default_factory=dict)


class Fingerprints:
    """Turns an identity row into what stands in the ledger."""

    def __init__(self, keyring: Keyring) -> None:
        # Keyed BLAKE2b (RFC 7693) with a key derived from the keyring's: a million rows in seconds.
        self._key = bytes.fromhex(keyring.index("ledger", "tombstone"))

    def key(self, system: str, mark: Mark) -> bytes:
        """The quick first look: table and key."""
        text = "\x00".join((system, mark.table, *(f"{c}\x01{v!r}" for c, v in mark.key)))
        return hashlib.blake2b(
            text.encode("utf-8", "replace"), key=self._key, digest_size=_KEY_SIZE
        ).digest()

    def rows(self, system: str, mark: Mark) -> frozenset[bytes]:
        """What decides: any one in common is the same row.

        A contact may have been corrected since the backup, so each stands for itself; and key and moment
        of birth alone are enough where the birth is told to the minute.
        """
        known = [*mark.contacts, *([""] if not mark.contacts or ":" in mark.born else [])]
        return frozenset(
            hashlib.blake2b(
                json.dumps(
                    [system, mark.table, mark.key, mark.born, bool(mark.contacts), contact],
                    default=str,
                ).encode(),
                key=self._key,
                digest_size=_ROW_SIZE,
            ).digest()
            for contact in known
        )


class Tombstones:
    """The ledger file. Keep it, and `keys.json`, where a restore of the systems does not reach."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        self._path = path
        self.fingerprints = Fingerprints(keyring)

    def add(
        self, system: str, marks: Iterable[Mark], *, on: date, reference: str, scope: Scope
    ) -> int:
        """Write that these rows are about to be erased; on the disk when it returns."""
        lines = [
            json.dumps(
                {
                    "s": system,
                    "k": self.fingerprints.key(system, mark).hex(),
                    "r": sorted(row.hex() for row in self.fingerprints.rows(system, mark)),
                    "on": on.isoformat(),
                    "ref": reference,
                    "scope": scope.as_text(),
                },
                separators=(",", ":"),
            )
            for mark in marks
        ]
        if lines:
            self._append("".join(f"{line}\n" for line in lines).encode())
        return len(lines)

    def read(self) -> dict[str, Graves]:
        """All tombstones, by system; a line that was torn by a power cut is left out."""
        found: dict[str, dict[bytes, list[Tombstone]]] = defaultdict(lambda: defaultdict(list))
        broken = 0
        for line in self._lines():
            try:
                stone = _read(line)
            except (ValueError, KeyError, TypeError):
                broken += 1
                continue
            found[stone.system][stone.key].append(stone)
        if broken:
            log.warning("tombstones_unreadable", count=broken)
        return {system: Graves(dict(by_key)) for system, by_key in found.items()}

    def _lines(self) -> Iterator[bytes]:
        if self._path.exists():
            with self._path.open("rb") as ledger:
                yield from (line for line in ledger if line.strip())

    def _append(self, text: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self._path.exists()
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as ledger:
            fcntl.flock(ledger, fcntl.LOCK_EX)  # several processes may carry deletions out
            end = ledger.seek(0, os.SEEK_END)
            if end and os.pread(ledger.fileno(), 1, end - 1) != b"\n":
                text = b"\n" + text  # the last line was torn: this one stays whole
            written = 0
            while written < len(text):
                written += ledger.write(text[written:]) or 0
            os.fsync(ledger.fileno())
        if is_new:
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _read(line: bytes) -> Tombstone:
    read = json.loads(line)
    return Tombstone(
        system=str(read["s"]),
        key=bytes.fromhex(read["k"]),
        rows=frozenset(bytes.fromhex(row) for row in read["r"]),
        on=date.fromisoformat(read["on"]),
        reference=str(read["ref"]),
        scope=Scope.from_text(read["scope"]),
    )

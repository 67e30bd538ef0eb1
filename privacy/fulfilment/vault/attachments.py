"""Files that a person attached to a task, encrypted on disk (age v1, X25519 + ChaCha20-Poly1305).

Each file has a key of its own, sealed in the database: without its row a file is noise. It streams in both
directions, so a large one costs no memory. Knows nothing of tasks.
"""

import os
import re
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

import pyrage

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LARGEST: Final = 200 * 1024 * 1024
_UNFINISHED = ".part"
# A file whose row was never committed is left by a crash; younger ones may be on their way.
_ORPHAN_AFTER: Final = timedelta(hours=1)


class FileTooLarge(Exception):
    """More than LARGEST bytes."""


class Attachments:
    """Keeps files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def store(self, source: IO[bytes]) -> tuple[str, str, int]:
        """Keep what `source` holds; returns (id, key, size). It is on disk when this returns.

        Raises FileTooLarge.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file_id = str(uuid.uuid4())
        identity = pyrage.x25519.Identity.generate()
        counted = _Counted(source)
        unfinished = self._folder / (file_id + _UNFINISHED)
        try:
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as target:
                pyrage.encrypt_io(counted, target, [identity.to_public()])
                target.flush()
                os.fsync(target.fileno())
            if counted.size > LARGEST:
                raise FileTooLarge
            unfinished.rename(self._folder / file_id)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync(self._folder)
        return file_id, str(identity), counted.size

    def copy(self, file_id: str, key: str, target: IO[bytes]) -> None:
        """Write the file's bytes to `target`.

        Raises FileNotFoundError, pyrage.DecryptError.
        """
        with self._path(file_id).open("rb") as source:
            identity = pyrage.x25519.Identity.from_str(key)
            pyrage.decrypt_io(source, target, [identity])

    def remove(self, file_id: str) -> None:
        """Delete the file; one that is gone is no error."""
        self._path(file_id).unlink(missing_ok=True)

    def sweep(self, known: Collection[str], now: datetime) -> int:
        """Delete files that nobody knows; returns how many."""
        if not self._folder.is_dir():
            return 0
        gone = 0
        for path in self._folder.iterdir():
            old = now.timestamp() - path.stat().st_mtime > _ORPHAN_AFTER.total_seconds()
            if old and path.name not in known:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _path(self, file_id: str) -> Path:
        if _ID.fullmatch(file_id) is None:
            raise FileNotFoundError(file_id[:40])
        return self._folder / file_id


class _Counted:
    """Counts what is read, and stops behind the limit."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        if self.size > LARGEST:
            return b""
        found = self._source.read(size if size >= 0 else 1 << 20)
        self.size += len(found)
        return found


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""A part's log on disk: takes what the part prints, never grows past its cap, readable by its owner only."""

import os
from pathlib import Path
from typing import BinaryIO

CAP = 5_000_000
KEPT = 3


class LogFile:
    """`name.log` and older `name.log.1` … `name.log.3`."""

    def __init__(self, path: Path, *, cap: int = CAP, kept: int = KEPT) -> None:
        self.path = path
        self._cap = cap
        self._kept = kept
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = self._open()
        self._size = path.stat().st_size

    def write(self, chunk: bytes) -> None:
        """Append; a full disk costs log lines, never the part."""
        try:
            if self._size + len(chunk) > self._cap and self._size:
                self._rotate()
            self._file.write(chunk)
            self._size += len(chunk)
        except OSError:
            return

    def last_line(self) -> str:
        """The last line that says something, cut to fit a console; for a part that did not start."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self._size - 4_000))
                lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
        except OSError:
            return ""
        said = [line for line in lines if line and not line.startswith("---")]
        return said[-1][:300] if said else ""

    def close(self) -> None:
        self._file.close()

    def _open(self) -> BinaryIO:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(handle, "wb", buffering=0)

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._kept - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        self._file = self._open()
        self._size = 0

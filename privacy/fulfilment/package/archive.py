"""Puts a package together: a zip written from front to back, each entry streamed, each with its hash.

The same contents make the same bytes: every entry is dated like the package, and nothing else of the machine
gets in. Entries are files with names of ours, readable by their owner only.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any, Final, cast

from privacy.fulfilment.package.manifest import FileNote

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}(/[a-z0-9][a-z0-9._-]{0,60}){0,3}")
_LONGEST: Final = 100
_FIRST_YEAR: Final = 1980  # the earliest that a zip can say


class Archive:
    """A zip on its way into `sink`, which is only ever written to."""

    def __init__(self, sink: IO[bytes], made_at: datetime) -> None:
        self._sink = _Hashing(sink)
        self._zip = zipfile.ZipFile(cast(IO[bytes], self._sink), "w", allowZip64=True)
        moment = made_at.astimezone(UTC)
        self._date = (
            max(moment.year, _FIRST_YEAR), moment.month, moment.day, moment.hour, moment.minute, moment.second,
        )  # fmt: skip
        self._names: set[str] = set()
        self.files: list[FileNote] = []

    @contextmanager
    def entry(self, name: str, media_type: str) -> Iterator[IO[bytes]]:
        """Write one file."""
        if _NAME.fullmatch(name) is None or len(name) > _LONGEST or name in self._names:
            raise ValueError("a file of a package has a name of ours, once")
        self._names.add(name)
        info = zipfile.ZipInfo(name, self._date)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3  # Unix, on every machine
        info.external_attr = (0o100600) << 16
        with self._zip.open(info, "w", force_zip64=True) as target:
            counting = _Hashing(target)
            yield cast(IO[bytes], counting)
        self.files.append(FileNote(name, counting.size, counting.sha256, media_type))

    def close(self) -> tuple[int, str]:
        """Finish; returns size and SHA-256 of the whole."""
        self._zip.close()
        return self._sink.size, self._sink.sha256


class _Hashing:
    """Counts and hashes what passes. Not seekable: the zip is written from front to back."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, content: Any) -> int:
        self._hash.update(content)
        self.size += len(content)
        self._sink.write(content)
        return len(content)

    def flush(self) -> None:
        self._sink.flush()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

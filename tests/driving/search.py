"""Finds personal values in the files of a Vera, in every spelling in which they could have got there."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import phonenumbers

_HEX_RUN = re.compile(rb"[0-9a-f-]{20,}")
# The fraction of a second that begins up to five digits before: "10:00:00.84", "1795295456.8".
_MOMENT = re.compile(rb"(?::\d\d|\d{10})\.\d{0,5}$")


@dataclass(frozen=True)
class Canary:
    """A value, and the folders (below the data folder) in which it may stand."""

    name: str
    value: str
    allowed: tuple[str, ...] = ()

    def found_in(self, raw: bytes) -> bool:
        """Whether the value stands in `raw`, in any case and encoding."""
        return self.found_in_lower(raw.lower())

    def found_in_lower(self, raw: bytes) -> bool:
        """The same for bytes that are in lower case already."""
        if self._is_number:
            return any(
                _stands_alone(raw, at, needle)
                for needle in self._needles
                for at in _all(raw, needle)
            )
        return any(needle in raw for needle in self._needles)

    def found_plain(self, lower: bytes) -> bool:
        """As typed, in UTF-8 and lower case: for a look through much memory."""
        return self.value.lower().encode() in lower

    @cached_property
    def _is_number(self) -> bool:
        return re.fullmatch(r"\d{4,8}", self.value) is not None

    @cached_property
    def _needles(self) -> tuple[bytes, ...]:
        spellings = {self.value}
        if self._is_number:
            half = len(self.value) // 2
            spellings |= {f"{self.value[:half]}{gap}{self.value[half:]}" for gap in " -"}
        elif re.fullmatch(r"\+[\d\s]{8,}", self.value):
            number = phonenumbers.parse(self.value)
            spellings.add(phonenumbers.national_significant_number(number))
            spellings |= {
                phonenumbers.format_number(number, form)
                for form in (
                    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
                    phonenumbers.PhoneNumberFormat.NATIONAL,
                    phonenumbers.PhoneNumberFormat.RFC3966,
                    phonenumbers.PhoneNumberFormat.E164,
                )
            }
        return tuple({bytes_ for spelling in spellings for bytes_ in _encodings(spelling)})


def places(canary: Canary, folder: Path) -> list[str]:
    """The files below `folder` that hold the value, allowed or not."""
    return [name for name, raw in _files(folder) if canary.found_in_lower(raw)]


def leaks(canaries: Iterable[Canary], folder: Path) -> dict[str, list[str]]:
    """Each canary that stands where it may not, with the files."""
    looked_for, found = list(canaries), {}
    for name, raw in _files(folder):
        for canary in looked_for:
            if canary.allowed and name.startswith(canary.allowed):
                continue
            if canary.found_in_lower(raw):
                found.setdefault(canary.name, []).append(name)
    return found


def memory(pid: int) -> Iterator[bytes]:
    """The writable memory of a process, piece by piece, in lower case. Raises OSError where the system forbids it."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw") or "[v" in line:
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                mem.seek(start)
                piece = mem.read(end - start)
            except (OSError, ValueError):
                continue  # a guard page, or gone since
            if piece.strip(b"\0"):
                yield piece.lower()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes().lower()


def _encodings(spelling: str) -> set[bytes]:
    escaped = json.dumps(spelling)[1:-1]
    return {
        bytes_.lower()
        for bytes_ in (
            spelling.encode(),
            escaped.encode(),
            json.dumps(escaped)[1:-1].encode(),
            quote(spelling).encode(),
            quote(spelling, safe="").encode(),
            spelling.encode("utf-16-le"),
            spelling.encode("utf-32-le"),
            repr(spelling)[1:-1].encode(),
        )
    }


def _all(raw: bytes, needle: bytes) -> Iterator[int]:
    at = raw.find(needle)
    while at >= 0:
        yield at
        at = raw.find(needle, at + 1)


def _stands_alone(raw: bytes, at: int, needle: bytes) -> bool:
    """Not part of a moment in time or of a fingerprint in hexadecimal: both hold six digits of any kind by chance."""
    if _MOMENT.search(raw[max(0, at - 20) : at]):
        return False
    start = max(0, at - 70)
    around = raw[start : at + len(needle) + 70]
    return not any(
        run.start() <= at - start and at - start + len(needle) <= run.end()
        for run in _HEX_RUN.finditer(around)
    )

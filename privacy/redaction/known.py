"""The never-shown values of one subject, remembered so that they can be recognised and not read back.

Only a fingerprint of each is kept (Python's keyed hash of this process, 60 bits), eight bytes a value,
so that a customer with many thousand of them costs little memory.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from typing import Final

_LEAST: Final = 4  # signs; shorter ones stand in every second sentence
_ODD_MOST: Final = 50
_LONGEST: Final = 256
_SIGNS = re.compile(r"[\W_]+")


class KnownValues:
    """Grows while fields are read; then is asked."""

    def __init__(self) -> None:
        self._marks = array("Q")
        self._kinds: list[str] = []
        self.lengths: set[int] = set()
        self._sorted = True
        self.odd: list[tuple[str, str]] = []
        """Values of signs rather than letters, sought as they are."""

    def __bool__(self) -> bool:
        return bool(self._marks or self.odd)

    def __repr__(self) -> str:
        return f"KnownValues({len(self._marks)})"

    def add(self, value: str, what: str) -> None:
        """Remember a value; `what` it is, in words. Spaces, dashes and capitals make no difference."""
        plain = unicodedata.normalize("NFKC", value)
        joined = _joined(plain)[:_LONGEST]
        if len(joined) >= _LEAST:
            if what not in self._kinds:
                if len(self._kinds) == 15:
                    what = self._kinds[-1]
                else:
                    self._kinds.append(what)
            self._marks.append(_mark(joined) | self._kinds.index(what))
            self.lengths.add(len(joined))
            self._sorted = False
        elif len(plain.strip()) >= _LEAST and len(self.odd) < _ODD_MOST:
            self.odd.append((plain.strip(), what))

    def what(self, joined: str) -> str | None:
        """What these signs, without gaps and in lower case, are known to be."""
        if len(joined) not in self.lengths:
            return None
        if not self._sorted:
            self._marks = array("Q", sorted(set(self._marks)))
            self._sorted = True
        mark = _mark(joined)
        at = bisect_left(self._marks, mark)
        if at < len(self._marks) and self._marks[at] >> 4 == mark >> 4:
            return self._kinds[self._marks[at] & 15]
        return None


def _joined(text: str) -> str:
    return _SIGNS.sub("", text).casefold()


def _mark(joined: str) -> int:
    return hash(joined) & 0xFFFF_FFFF_FFFF_FFF0

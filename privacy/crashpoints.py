"""Named places at which a test may kill the process, to prove that nothing is lost there.

In production a crash point does nothing. `VERA_CRASH_RECORD=FILE` writes the name of each one passed, so that
a test finds all of them by itself; `VERA_CRASH_AT=name:n` ends the process the n-th time one is passed, as
`kill -9` would. Names are made of code: functions and steps, never of anybody's data.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

_RECORD: Final = os.environ.get("VERA_CRASH_RECORD", "")
_NAME, _, _COUNT = os.environ.get("VERA_CRASH_AT", "").rpartition(":")

ON: Final = bool(_RECORD or _NAME)

_lock = threading.Lock()
_passed = 0


def crashpoint(name: str) -> None:
    """Pass this place, unless the test ends it here."""
    if ON:
        _pass(name)


def caller(depth: int) -> str:
    """Which function of ours is `depth` frames above; "" while no test listens (frames are slow)."""
    if not ON:
        return ""
    frame = sys._getframe(depth + 1)
    while frame.f_back is not None and not _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}"


def _is_ours(file: str) -> bool:
    return "contextlib" not in file and file != __file__


def _pass(name: str) -> None:
    global _passed
    with _lock:
        if _RECORD:
            with Path(_RECORD).open("a", encoding="utf-8") as names:
                names.write(f"{name}\n")
        if name == _NAME:
            _passed += 1
            if _passed == int(_COUNT or 1):
                os.kill(os.getpid(), signal.SIGKILL)

"""Progress lines of the setup: one for each step, with its seconds, calm when nothing is to be done."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

DOT = "·"


def say(line: str) -> None:
    """One finished line."""
    sys.stdout.write(f"{DOT} {line}\n")
    sys.stdout.flush()


@contextmanager
def step(doing: str, done: str, *, long: bool = False) -> Iterator[None]:
    """Show what is being done and, once it is, how long it took; in a log file only what takes `long` is announced."""
    started = time.monotonic()
    live = sys.stdout.isatty()
    if live or long:
        sys.stdout.write(f"{DOT} {doing} …" + ("" if live else "\n"))
        sys.stdout.flush()
    try:
        yield
    except BaseException:
        if live:
            sys.stdout.write("\n")
            sys.stdout.flush()
        raise
    seconds = time.monotonic() - started
    clear = "\r\033[K" if live else ""
    sys.stdout.write(f"{clear}{DOT} {done} ({seconds:.0f} s)\n")
    sys.stdout.flush()

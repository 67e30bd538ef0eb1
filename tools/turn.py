"""One setup at a time: two commands started in one checkout wait for each other."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.progress import say


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Hold the lock file while the body runs; the system lets go of it should this process die."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is setting things up in this folder: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield

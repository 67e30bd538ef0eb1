"""One child process: started in its own group and on a leash, stopped with all it started.

The leash (Linux): the kernel kills the child when the supervisor dies, even by kill -9, so that no orphan
keeps a port or the database.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from command.logfile import LogFile

_PR_SET_PDEATHSIG = 1
_CHUNK = 65_536
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Child:
    """A running process whose output goes to a log file."""

    def __init__(self, process: asyncio.subprocess.Process, log: LogFile) -> None:
        self._process = process
        self._copying = asyncio.create_task(self._copy(log))

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], folder: Path, log: LogFile
    ) -> "Child":
        """Raises OSError when the program cannot be run."""
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_leash(os.getpid()),
        )
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait(self) -> int:
        """Its exit status, as a shell counts it: 128 + the signal that killed it."""
        status = await self._process.wait()
        with suppress(TimeoutError):
            # What it said last is wanted in the log; a grandchild may hold the pipe open for ever.
            await asyncio.wait_for(asyncio.shield(self._copying), 1.0)
        self._copying.cancel()
        return status if status >= 0 else 128 - status

    async def stop(self, patience: float) -> None:
        """Ask it to end, and end it and its whole group when it does not in time."""
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), patience)
        except TimeoutError:
            pass
        finally:
            # Also after a clean end: whatever it started and left must go too.
            self.signal(signal.SIGKILL)
        await self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _copy(self, log: LogFile) -> None:
        stream = self._process.stdout
        assert stream is not None
        while chunk := await stream.read(_CHUNK):
            log.write(chunk)


def _leash(parent: int) -> Callable[[], None] | None:
    if _libc is None:
        return None

    def bind() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the leash was on
            os._exit(1)

    return bind

"""Starts the parts, watches them, starts a crashed one again, and stops all of them together.

Knows processes and waiting times; what the parts are for is written in `command.parts`.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from command.child import Child
from command.failure import CannotStart
from command.logfile import LogFile
from command.probe import answers
from command.runfile import RunFile

NO_USE_TRYING = 78  # EX_CONFIG of sysexits.h: the part says itself that a setting is wrong


@dataclass(frozen=True)
class Part:
    """A process that Vera consists of."""

    name: str
    label: str
    """As people read it at the start of a line: "Rasa", "The service"."""
    command: Sequence[str]
    environment: Mapping[str, str]
    health: str
    """Address that answers with 200 once the part is ready (`tcp://…`: once somebody listens)."""
    ports: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Patience:
    """How long the supervisor waits for what; tests are less patient."""

    ready_within: float = 240.0
    poll: float = 0.1
    watch_every: float = 15.0
    unanswered: int = 4
    first_wait: float = 0.5
    longest_wait: float = 60.0
    settled_after: float = 60.0
    stop_within: float = 10.0


class Supervisor:
    """All parts of one Vera."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        folder: Path,
        logs: Path,
        run_file: RunFile,
        say: Callable[[str], None],
        patience: Patience | None = None,
    ) -> None:
        self._keepers = [
            _Keeper(
                part,
                folder,
                LogFile(logs / f"{part.name}.log"),
                run_file,
                say,
                patience or Patience(),
            )
            for part in parts
        ]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start all parts at once; returns when every one is ready. Raises CannotStart."""
        self._tasks = [
            asyncio.create_task(keeper.keep(), name=keeper.part.name) for keeper in self._keepers
        ]
        everyone = asyncio.create_task(self._all_ready())
        try:
            await asyncio.wait([everyone, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            everyone.cancel()
        for task in self._tasks:
            if task.done():
                task.result()  # raises what the keeper raised

    async def failed(self) -> None:
        """Wait until a keeper itself breaks, which is a mistake in here. Raises what it raised."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _all_ready(self) -> None:
        for keeper in self._keepers:
            await keeper.ready.wait()

    async def stop(self) -> None:
        """Stop every part, in the order of the list."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for keeper in self._keepers:
            await keeper.end()

    def kill(self) -> None:
        """End every part at this instant."""
        for keeper in self._keepers:
            keeper.kill()


class _Keeper:
    """Keeps one part alive."""

    def __init__(
        self,
        part: Part,
        folder: Path,
        log: LogFile,
        run_file: RunFile,
        say: Callable[[str], None],
        patience: Patience,
    ) -> None:
        self.part = part
        self.ready = asyncio.Event()
        self._folder = folder
        self._log = log
        self._run_file = run_file
        self._say = say
        self._patience = patience
        self._child: Child | None = None
        self._fell_at: float | None = None  # when the present trouble began
        self._failures = 0  # in a row
        self._restarts = 0

    async def keep(self) -> None:
        """Until cancelled. Raises CannotStart for a part that never came up."""
        while True:
            started = time.monotonic()
            child = await self._start()
            ended = asyncio.ensure_future(child.wait())
            if await self._came_up(ended):
                self._announce(started)
                ready_at = time.monotonic()
                await self._watch(ended)
                if time.monotonic() - ready_at > self._patience.settled_after:
                    self._failures = 0
            if not ended.done():  # it hangs: neither ready in time nor answering any more
                await child.stop(self._patience.stop_within)
            status = await ended
            await self._fell(status)

    async def _start(self) -> Child:
        self._log.write(
            f"--- {self.part.name} started {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode()
        )
        try:
            child = await Child.start(
                self.part.command, self.part.environment, self._folder, self._log
            )
        except OSError as error:
            raise CannotStart(
                f"{self.part.label} cannot be run ({(error.strerror or 'unknown').lower()})."
            ) from None
        self._child = child
        self._run_file.part(
            self.part.name,
            pid=child.pid,
            ports=dict(self.part.ports),
            state="starting",
            restarts=self._restarts,
        )
        return child

    async def _came_up(self, ended: "asyncio.Future[int]") -> bool:
        deadline = time.monotonic() + self._patience.ready_within
        while not ended.done() and time.monotonic() < deadline:
            if await answers(self.part.health):
                return not ended.done()
            await asyncio.wait([ended], timeout=self._patience.poll)
        return False

    async def _watch(self, ended: "asyncio.Future[int]") -> None:
        silent = 0
        while not ended.done() and silent < self._patience.unanswered:
            await asyncio.wait([ended], timeout=self._patience.watch_every)
            if not ended.done():
                silent = (
                    0 if await answers(self.part.health, self._patience.watch_every) else silent + 1
                )
        if not ended.done():
            self._say(f"{self.part.label} does not answer any more. Stopping it …")

    def _announce(self, started: float) -> None:
        now = time.monotonic()
        if self._fell_at is None or not self.ready.is_set():
            self._say(f"{self.part.label} is ready ({now - started:.0f} s)")
        else:
            self._say(f"{self.part.label} is back after {now - self._fell_at:.0f} s")
        self._fell_at = None
        self._run_file.part(self.part.name, state="running")
        self.ready.set()

    async def _fell(self, status: int) -> None:
        self._failures += 1
        self._restarts += 1
        self._fell_at = self._fell_at or time.monotonic()
        self._run_file.part(self.part.name, pid=None, state="restarting", restarts=self._restarts)
        if not self.ready.is_set() and (self._failures > 1 or status == NO_USE_TRYING):
            said = self._log.last_line()
            raise CannotStart(
                f"{self.part.label} does not start (exit {status}). "
                + (f"It says: {said} " if said else "")
                + f"Its log is {self._log.path}."
            )
        wait = min(
            self._patience.first_wait * 2 ** (self._failures - 1), self._patience.longest_wait
        )
        if self._failures == 1:
            when = "unexpectedly" if self.ready.is_set() else "while starting"
            self._say(f"{self.part.label} stopped {when} (exit {status}). Starting it again …")
        else:
            self._say(
                f"{self.part.label} stopped again (exit {status}), {self._failures} times in a row. "
                f"Next try in {wait:.0f} s; its log is {self._log.path}"
            )
        await asyncio.sleep(wait)

    async def end(self) -> None:
        if self._child is not None:
            await self._child.stop(self._patience.stop_within)
        self._log.close()

    def kill(self) -> None:
        if self._child is not None:
            self._child.signal(signal.SIGKILL)

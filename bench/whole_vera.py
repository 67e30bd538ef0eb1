"""A whole Vera in a folder of its own, started as `vera run` starts it, for as long as a measurement needs it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from command import runfile
from command.ports import free_port
from privacy.settings import ROOT

_START_WITHIN = 300.0


class DidNotStart(Exception):
    """Vera ended before it was ready; the text is what it said."""


@dataclass(frozen=True)
class Running:
    """One that is ready."""

    chat: str
    desk: str
    mailbox: str
    folder: Path
    start_seconds: float

    def memory(self) -> dict[str, int]:
        """Resident memory of each process in MiB."""
        return {
            name: round(one.memory_info().rss / 2**20) for name, one in self._processes().items()
        }

    def processor_seconds(self) -> dict[str, float]:
        """What each process has used so far; steadier than waiting times where others use the machine too."""
        used = {name: one.cpu_times() for name, one in self._processes().items()}
        return {name: times.user + times.system for name, times in used.items()}

    def _processes(self) -> dict[str, psutil.Process]:
        facts = runfile.read(self.folder)
        pids = {name: part["pid"] for name, part in facts["parts"].items()}
        return {
            name: psutil.Process(pid) for name, pid in {"supervisor": facts["pid"], **pids}.items()
        }


@asynccontextmanager
async def whole_vera(folder: Path) -> AsyncIterator[Running]:
    """Start it, and stop it at the end. Raises DidNotStart."""
    taken: set[int] = set()
    port, desk_port = free_port(taken), free_port(taken)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VERA_")}
    environment |= {
        "VERA_PORT": str(port),
        "VERA_DESK_PORT": str(desk_port),
        "VERA_DATA_DIR": str(folder),
        # Each customer of the load comes from an address of its own, told as a proxy in front would tell it: the
        # limits for one address stay on and are measured with the rest.
        "VERA_TRUSTED_PROXIES": "1",
    }
    started = time.perf_counter()
    vera = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "command", "run"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        while runfile.read(folder).get("state") != "running":
            if vera.returncode is not None or time.perf_counter() - started > _START_WITHIN:
                assert vera.stderr is not None
                raise DidNotStart(
                    (await vera.stderr.read()).decode()
                    if vera.returncode is not None
                    else "not in time"
                )
            await asyncio.sleep(0.05)
        took = time.perf_counter() - started
        chat, desk = (f"http://127.0.0.1:{one}" for one in (port, desk_port))
        yield Running(chat, desk, runfile.read(folder)["mailbox"], folder, took)
    finally:
        if vera.returncode is None:
            vera.send_signal(signal.SIGINT)
        await vera.wait()

"""Stub parts and a look at processes, shared by the tests of the supervisor."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from command.ports import free_port
from command.supervision import Part

STUB = Path(__file__).with_name("stub_part.py")


def stub(name: str, *ways: str, port: int | None = None) -> Part:
    """A part called `name` that behaves in `ways`."""
    port = port or free_port(set())
    return Part(
        name=name,
        label=name.capitalize(),
        command=(sys.executable, "-I", "-S", str(STUB), str(port), *ways),
        environment={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        health=f"http://127.0.0.1:{port}/",
        ports={"own": port},
    )


def runs(pid: int) -> bool:
    """Whether a process still does anything; one that only waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return sys.platform != "linux"
    return status.read_text().rpartition(")")[2].split()[0] not in ("Z", "X")


def wait_for(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Look again and again until it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return true()

"""A whole Vera for tests: the real supervisor with all its parts, on free ports, in a folder of its own."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.driving.customer import Customer
from tests.driving.mailbox import Mailbox

ROOT = Path(__file__).resolve().parents[2]
START = 120.0
_PR_SET_PDEATHSIG = 1


class House:
    """Started by `start`; parts can be killed and looked at."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "House":
        """Run `vera run` and wait until everything answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        chat, desk = free_ports(2)
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("VERA_")
        }
        environment |= {
            "VERA_PORT": str(chat),
            "VERA_DESK_PORT": str(desk),
            "VERA_DATA_DIR": str(self.folder / "data"),
            **self._settings,
        }
        self._environment = environment
        self._output = (self.folder / "console.txt").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "command", "run"],
            cwd=ROOT,
            env=environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_the_tests,
        )
        self.wait_for("running", START)
        return self

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise
        finally:
            self._output.close()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def console(self) -> str:
        return (self.folder / "console.txt").read_text(errors="replace")

    def run(self) -> dict[str, Any]:
        """What the supervisor says of its parts now."""
        parsed: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return parsed

    @property
    def chat(self) -> str:
        return str(self.run()["chat"]).removesuffix("/chat")

    @property
    def mailbox(self) -> str:
        return str(self.run()["mailbox"])

    @property
    def desk(self) -> str:
        return str(self.run()["desk"])

    def pid(self, part: str) -> int:
        return int(self.run()["parts"][part]["pid"])

    def kill(self, part: str) -> int:
        """kill -9; returns the pid that died."""
        pid = self.pid(part)
        os.kill(pid, signal.SIGKILL)
        return pid

    def pause(self, part: str) -> None:
        """Let a part stand still, as a machine under heavy load does."""
        os.kill(self.pid(part), signal.SIGSTOP)

    def resume(self, part: str) -> None:
        os.kill(self.pid(part), signal.SIGCONT)

    def wait_back(self, part: str, died: int) -> None:
        """Until the supervisor has the part running under another pid."""

        def back() -> bool:
            state = self.run()["parts"][part]
            return state["pid"] != died and state["state"] == "running"

        self._until(back, START, f"{part} did not come back")

    def wait_for(self, state: str, seconds: float) -> None:
        def reached() -> bool:
            if self._process is not None and self._process.poll() is not None:
                raise AssertionError(f"vera run ended: {self.console[-2000:]}")
            return (self.data / "run.json").exists() and self.run()["state"] == state

        self._until(reached, seconds, f"vera run did not reach {state!r}")

    def vera(self, *arguments: str) -> str:
        """Run `vera …` beside the running service; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "command", *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=START,
        )
        return done.stdout

    def customer(self) -> Customer:
        """Somebody who opens the chat now."""
        return Customer(self.chat, Mailbox(self.mailbox))

    def logs(self) -> dict[str, str]:
        return {
            path.name: path.read_text(errors="replace") for path in (self.data / "logs").iterdir()
        }

    def _until(self, true: Any, seconds: float, sentence: str) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if true():
                return
            time.sleep(0.1)
        raise AssertionError(f"{sentence}; the console says:\n{self.console[-2000:]}")


def _die_with_the_tests() -> None:
    """A test run that is killed leaves no Vera behind (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()

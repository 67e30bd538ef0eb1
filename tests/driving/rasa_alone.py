"""The Rasa process by itself, started the way the supervisor starts it, with an action door that the test owns."""

import os
import secrets
import sqlite3
import subprocess
import time
from pathlib import Path

import httpx

from tests.driving.house import ROOT, START, free_ports
from tools.bootstrap import bot_environment
from tools.model import path_of

PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


class RasaAlone:
    """`bot.launch` on loopback; nobody listens at `actions_port` until a test opens a door there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = secrets.token_urlsafe(32)
        self.port, self.actions_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RasaAlone":
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        environment |= {
            "VERA_RASA_PORT": str(self.port),
            "VERA_ACTIONS_URL": f"http://127.0.0.1:{self.actions_port}/webhook",
            "VERA_INTERNAL_SECRET": self.secret,
            "VERA_TRACKER_DB": f"sqlite:///{self.folder / 'rasa.db'}",
            "VERA_MODEL": str(path_of(ROOT)),
            "RASA_TELEMETRY_ENABLED": "false",
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        with (self.folder / "rasa.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(bot_environment().python), "-m", "bot.launch"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log[-2000:]
            if self._ready():
                return self
            time.sleep(0.1)
        raise AssertionError(f"Rasa did not start: {self.log[-2000:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return (self.folder / "rasa.log").read_text(errors="replace")

    def tracker(self, conversation: str) -> str:
        """What Rasa has stored of a conversation, as text; empty when it has nothing."""
        with sqlite3.connect(self.folder / "rasa.db", timeout=10) as database:
            row = database.execute(
                "SELECT events FROM tracker WHERE conversation = ?", (conversation,)
            ).fetchone()
        return "" if row is None else str(row[0])

    def _ready(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/webhooks/vera/health", timeout=2, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

"""The embedded mailbox as a process of its own, for tests."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]


class Mailbox:
    """A running mailbox."""

    def __init__(self, folder: Path, smtp_port: int = 0, web_port: int = 0) -> None:
        self.process = start(
            "--dir", str(folder), "--smtp-port", str(smtp_port), "--web-port", str(web_port)
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        ports = json.loads(line)
        self.smtp_port, self.web_port = ports["smtp_port"], ports["web_port"]
        self.web = f"http://127.0.0.1:{self.web_port}"

    def messages(self, to: str = "") -> list[dict[str, Any]]:
        found = httpx.get(f"{self.web}/api/messages", params={"to": to} if to else {})
        assert found.status_code == 200
        return list(found.json())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        status = self.process.wait(timeout=20)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return status


def start(*flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "demo.mailbox", *flags]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

"""`run.json` in the data folder: which processes and ports this Vera has at this moment.

For tests, `make bench` and people who look for a process; written whole or not at all, holds no secret.
"""

import json
import os
from pathlib import Path
from typing import Any


class RunFile:
    """The file, rewritten at every change and removed at the end."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self._path = folder / "run.json"
        self._facts: dict[str, Any] = {
            "state": "starting",
            "pid": os.getpid(),
            **facts,
            "parts": {},
        }
        self._write()

    def state(self, state: str) -> None:
        """`starting`, `running` or `stopping`."""
        self._facts["state"] = state
        self._write()

    def part(self, name: str, **facts: Any) -> None:
        """What is new about a part: pid, ports, state, restarts."""
        self._facts["parts"].setdefault(name, {}).update(facts)
        self._write()

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        draft = self._path.with_name(f".run.json.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(self._facts, file, indent=1)
        draft.replace(self._path)


def read(folder: Path) -> dict[str, Any]:
    """What the file says; empty when there is none."""
    try:
        facts = json.loads((folder / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}

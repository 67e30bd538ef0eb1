"""Writes the hash-pinned locks from the `.in` files beside them: `python3 -m tools.locks`.

The locks name packages, versions and hashes; where they are fetched from is each machine's own matter, so
no address may stand in them.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.environments import ready_uv, run
from tools.failure import SetupFailed
from tools.interpreters import RASA_VERSIONS, SERVICE_VERSIONS, Interpreter, find
from tools.progress import step
from tools.turn import one_at_a_time

ROOT = Path(__file__).resolve().parent.parent

# A lock that others are pinned against (-c) stands before them.
LOCKS = (
    ("requirements/tools", "3.9"),
    ("requirements/service", "3.12"),
    ("requirements/dev", "3.12"),
    ("bot/requirements", "3.10"),
    ("bot/requirements-dev", "3.10"),
)
ADDRESS = re.compile(r"://|--(?:extra-)?index-url|--find-links|^-[if]\b")


def addresses_in(lock: Path) -> list[str]:
    """The lines of a lock that name a place on the network."""
    return [line for line in lock.read_text().splitlines() if ADDRESS.search(line)]


def write(uv: Path, name: str, version: str, upgrade: Sequence[str]) -> None:
    """Resolve one `.in` anew, keeping the versions that its lock has unless told to upgrade them."""
    source = ROOT / f"{name}.in"
    options = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    upgrades = (
        ["--upgrade"]
        if "all" in upgrade
        else [f"--upgrade-package={package}" for package in upgrade]
    )
    where = source.parent
    command = [
        str(uv),
        "pip",
        "compile",
        source.name,
        *options,
        *upgrades,
        "--python-version",
        version,
    ]
    run([*command, "-o", f"{source.stem}.lock"], where)
    found = addresses_in(where / f"{source.stem}.lock")
    if found:
        raise SetupFailed(f"{name}.lock names an address, which it must not: {found[0]}")


def main(arguments: Sequence[str] | None = None) -> int:
    upgrade = list(sys.argv[1:] if arguments is None else arguments)
    own = ROOT / ".tools" / "python"
    try:
        with one_at_a_time(ROOT / ".tools" / "lock"):
            found: list[Interpreter | None] = [
                find(SERVICE_VERSIONS, "VERA_PYTHON", os.environ, own),
                find(RASA_VERSIONS, "VERA_RASA_PYTHON", os.environ, own),
            ]
            others = [interpreter for interpreter in found if interpreter]
            uv = ready_uv(
                ROOT / ".tools" / "uv", ROOT / "requirements" / "tools.lock", ROOT, others
            )
            for name, version in LOCKS:
                with step(f"Resolving {name}.in", f"{name}.lock written"):
                    write(uv, name, version, upgrade)
    except SetupFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

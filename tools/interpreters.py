"""Finds Python interpreters that really run.

A name on PATH proves nothing: pyenv puts shims there that fail in a folder without the right
`.python-version`. So every candidate is started and asked who it is, and what is kept is the interpreter
behind the shim or the virtual environment.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.failure import SetupFailed

RASA_VERSIONS = ((3, 10),)
SERVICE_VERSIONS = ((3, 12), (3, 13), (3, 14))

_WHO = (
    "import json,sys\n"
    "import ssl,sqlite3,ctypes\n"
    "print(json.dumps([sys.version_info[:3],getattr(sys,'_base_executable','') or sys.executable]))"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python that answered."""

    path: Path
    version: tuple[int, int, int]

    @property
    def label(self) -> str:
        return ".".join(str(part) for part in self.version)


def ask(path: Path) -> Interpreter | None:
    """Start `path` and hear what it is; None when it does not run or lacks parts that Vera needs."""
    try:
        answer = subprocess.run(
            [str(path), "-I", "-c", _WHO],
            capture_output=True,
            text=True,
            timeout=20,
            stdin=subprocess.DEVNULL,
        )
        if answer.returncode != 0:
            return None
        version, executable = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    real = Path(executable)
    return Interpreter(real if real.exists() else path, (version[0], version[1], version[2]))


def candidates(
    version: tuple[int, int], environment: Mapping[str, str], own: Path
) -> Iterator[Path]:
    """Every place where a Python of this version may lie, the likeliest first."""
    name = f"python{version[0]}.{version[1]}"
    for folder in environment.get("PATH", "").split(os.pathsep):
        if folder:
            yield Path(folder) / name
    home = Path(environment.get("HOME", "/nonexistent"))
    dotted = f"{version[0]}.{version[1]}"
    roots = [
        (
            Path(environment.get("PYENV_ROOT") or home / ".pyenv") / "versions",
            f"{dotted}.*/bin/{name}",
        ),
        (own, f"cpython-{dotted}*/bin/{name}"),
        (home / ".local/share/uv/python", f"cpython-{dotted}*/bin/{name}"),
        (home / ".asdf/installs/python", f"{dotted}.*/bin/{name}"),
        (home / ".local/share/mise/installs/python", f"{dotted}.*/bin/{name}"),
        (Path("/Library/Frameworks/Python.framework/Versions"), f"{dotted}/bin/{name}"),
        (Path("/opt/homebrew/opt"), f"python@{dotted}/bin/{name}"),
    ]
    for root, pattern in roots:
        if root.is_dir():
            yield from sorted(root.glob(pattern), key=_patch_number, reverse=True)
    for folder in ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin", str(home / ".local/bin")):
        yield Path(folder) / name


def _patch_number(path: Path) -> tuple[int, ...]:
    folder = path.parent.parent.name
    return tuple(
        int(part)
        for part in folder.split("-")[1 if "-" in folder else 0].split(".")
        if part.isdigit()
    )


def find(
    versions: Sequence[tuple[int, int]], chosen: str, environment: Mapping[str, str], own: Path
) -> Interpreter | None:
    """The first interpreter of one of `versions` that runs; `chosen` names a variable in which a person points at one.

    Raises SetupFailed when the person's own choice does not do.
    """
    wanted = environment.get(chosen)
    if wanted:
        interpreter = ask(Path(wanted))
        if interpreter is None or interpreter.version[:2] not in versions:
            raise SetupFailed(
                f"{chosen}={wanted} is not a working Python {_either(versions)}: point it at one, or unset it."
            )
        return interpreter
    for version in versions:
        seen = set()
        for path in candidates(version, environment, own):
            if path in seen or not path.exists():
                continue
            seen.add(path)
            interpreter = ask(path)
            if interpreter is not None and interpreter.version[:2] == version:
                return interpreter
    return None


def missing(versions: Sequence[tuple[int, int]], chosen: str, purpose: str) -> SetupFailed:
    """The line for a person whose machine has no such Python."""
    example = f"{versions[0][0]}.{versions[0][1]}"
    return SetupFailed(
        f"Python {_either(versions)} was not found, and {purpose} needs it: install it (for example `pyenv install {example}` "
        f"or `uv python install {example}`), or set {chosen} to its path."
    )


def _either(versions: Sequence[tuple[int, int]]) -> str:
    names = [f"{major}.{minor}" for major, minor in versions]
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))

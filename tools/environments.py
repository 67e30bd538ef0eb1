"""Builds the Python environments from hash-pinned locks, each once: a stamp says for which locks and interpreter.

The stamp is removed before anything is changed and written last, so an environment without one is never
used; it is thrown away and built anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.failure import SetupFailed
from tools.interpreters import Interpreter, ask

STAMP = ".stamp"
_LAYOUT = "2"  # raise it when the way environments are built changes


@dataclass(frozen=True)
class Environment:
    """A folder with a Python and exactly the packages of its locks."""

    folder: Path
    locks: tuple[Path, ...]
    root: Path
    program: str = ""
    """A command of the house to put beside Python, as `name=module:function`."""

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def is_ready(self) -> bool:
        """Whether it was finished for the locks of now, in this place, with an interpreter that is still there."""
        stamp = self.folder / STAMP
        if not stamp.is_file() or not self.python.exists():
            return False
        interpreter, _, mark = stamp.read_text().partition("\n")
        return Path(interpreter).exists() and mark.strip() == self._mark(interpreter)

    def build(self, uv: Path, interpreter: Interpreter) -> None:
        """Make it so. Raises SetupFailed."""
        stamp = self.folder / STAMP
        usable = (
            stamp.is_file()
            and stamp.read_text().partition("\n")[0] == str(interpreter.path)
            and ask(self.python)
        )
        stamp.unlink(missing_ok=True)
        if not usable:
            shutil.rmtree(self.folder, ignore_errors=True)
            run(
                [
                    str(uv),
                    "venv",
                    "--quiet",
                    "--no-project",
                    "--python",
                    str(interpreter.path),
                    str(self.folder),
                ],
                self.root,
            )
        run(
            [
                str(uv),
                "pip",
                "sync",
                "--quiet",
                "--require-hashes",
                "--python",
                str(self.python),
                *map(str, self.locks),
            ],
            self.root,
        )
        self._open_to_the_house()
        draft = self.folder / f"{STAMP}.new"
        draft.write_text(f"{interpreter.path}\n{self._mark(str(interpreter.path))}\n")
        draft.replace(stamp)

    def _mark(self, interpreter: str) -> str:
        digest = hashlib.sha256(f"{_LAYOUT}\0{interpreter}\0{self.root}\0".encode())
        for lock in self.locks:
            digest.update(hashlib.sha256(lock.read_bytes()).digest())
        return digest.hexdigest()

    def _open_to_the_house(self) -> None:
        # The packages of this repository are imported from where they lie, whatever the working directory is.
        [packages] = (self.folder / "lib").glob("python3.*/site-packages")
        (packages / "vera_house.pth").write_text(f"{self.root}\n")
        if self.program:
            name, _, target = self.program.partition("=")
            module, _, function = target.partition(":")
            script = self.folder / "bin" / name
            script.write_text(f"#!{self.python}\nfrom {module} import {function}\n\n{function}()\n")
            script.chmod(0o755)


def ready_uv(folder: Path, lock: Path, root: Path, others: Sequence[Interpreter] = ()) -> Path:
    """The path of uv in a folder of the project's own. Raises SetupFailed.

    One on PATH may be a pyenv shim that stops working in this folder, so it is only the last resort.
    """
    stamp, uv = folder / STAMP, folder / "bin" / "uv"
    mark = hashlib.sha256(f"{root}\0".encode() + lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == mark and uv.exists():
        return uv
    pythons = [Path(sys.executable), *(other.path for other in others)]
    reason = "no Python to start with"
    for python in pythons:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            run([str(python), "-m", "venv", str(folder)], root)
            pip = [
                str(folder / "bin" / "python"),
                "-m",
                "pip",
                "--disable-pip-version-check",
                "install",
                "--quiet",
            ]
            run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(lock)], root)
        except SetupFailed as failure:
            reason = str(failure)
            continue
        stamp.write_text(mark)
        return uv
    shutil.rmtree(folder, ignore_errors=True)
    elsewhere = shutil.which("uv")
    if elsewhere and _answers(elsewhere, root):
        return Path(elsewhere)
    if "ensurepip" in reason:
        raise SetupFailed(
            "This Python cannot make environments: install its venv part (Debian: apt-get install python3-venv)."
        )
    raise SetupFailed(reason)


def install_python(uv: Path, version: tuple[int, int], own: Path, root: Path) -> bool:
    """Let uv fetch an interpreter into a folder of the project's own; False where the network does not give one."""
    environment = {
        **_environment(),
        "UV_PYTHON_INSTALL_DIR": str(own),
        "UV_HTTP_TIMEOUT": "20",
        "UV_PYTHON_DOWNLOADS": "manual",
    }
    wanted = f"{version[0]}.{version[1]}"
    try:
        done = subprocess.run(
            [str(uv), "python", "install", "--no-bin", "--quiet", wanted],
            cwd=root, env=environment, capture_output=True, timeout=600,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def run(command: Sequence[str], root: Path) -> None:
    """Run one step of the setup. Raises SetupFailed with the last lines of what it said."""
    try:
        done = subprocess.run(
            list(command),
            cwd=root,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except OSError as error:
        raise SetupFailed(f"{command[0]} does not run ({error.strerror}).") from None
    if done.returncode != 0:
        tail = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-12:]
        shown = "\n    ".join(tail)
        raise SetupFailed(
            f"`{Path(command[0]).name} {' '.join(command[1:4])} …` failed:\n    {shown}"
        )


def _environment() -> dict[str, str]:
    """Ours, without what would point uv and pip at another environment."""
    left_out = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    # A company's own certificate authority is known to the system, not to the list inside uv.
    if sys.platform == "darwin" or ssl.get_default_verify_paths().cafile:
        environment.setdefault("UV_SYSTEM_CERTS", "true")
    return environment


def _answers(uv: str, root: Path) -> bool:
    try:
        return (
            subprocess.run([uv, "--version"], cwd=root, capture_output=True, timeout=20).returncode
            == 0
        )
    except (OSError, subprocess.SubprocessError):
        return False

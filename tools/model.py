"""Trains the Rasa model when, and only when, what it is made of has changed.

The model's file name carries a hash of its inputs, so "is it fresh" is a look at a name. Training writes
under another name and renames at the end; only the newest model is kept.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.failure import SetupFailed

_SKIP = {".venv", "__pycache__"}
_LEAVE_OUT = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
_NOISE = re.compile(r"DeprecationWarning|is not used in any story or rule|INFO  ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def inputs(root: Path) -> Iterator[Path]:
    """Every file that the model is made of, in a fixed order."""
    for name in ("config.yml", "domain.yml", "bot/requirements.lock"):
        if (root / name).is_file():
            yield root / name
    yield from sorted(path for path in (root / "data").rglob("*") if path.is_file())
    yield from sorted(
        path
        for path in (root / "bot" / "nlu").rglob("*.py")
        if not _SKIP.intersection(path.relative_to(root).parts)
    )


def path_of(root: Path) -> Path:
    """Where the model for the inputs of now lies, or will lie."""
    digest = hashlib.sha256()
    for path in inputs(root):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return root / "models" / f"vera-{digest.hexdigest()[:16]}.tar.gz"


def train(root: Path, python: Path, into: Path) -> None:
    """Train into the file `into`, whole or not at all. Raises SetupFailed."""
    draft = into.parent / f".training-{os.getpid()}"
    log = into.parent / "training.log"
    try:
        # --force and a cache of its own: Rasa's cache would miss a change in a module that a component only imports.
        options = ["--force", "--out", str(draft), "--fixed-model-name", "model"]
        status = _rasa(root, python, ["train"], options, draft, log)
        made = draft / "model.tar.gz"
        if status != 0 or not made.is_file():
            raise SetupFailed(f"Training the model failed (all of it in {log}):{_tail(log)}")
        made.replace(into)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def validate(root: Path, python: Path) -> None:
    """Rasa's own check of config, domain and training data. Raises SetupFailed."""
    models = root / "models"
    draft, log = models / f".training-{os.getpid()}", models / "validation.log"
    try:
        status = _rasa(root, python, ["data", "validate"], ["--fail-on-warnings"], draft, log)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if status != 0:
        raise SetupFailed(f"rasa data validate failed (all of it in {log}):{_tail(log)}")


def _tail(log: Path) -> str:
    """The last lines that tell something: no deprecations, no wordings that only actions use."""
    lines = [_COLOUR.sub("", line) for line in log.read_text(errors="replace").splitlines()]
    telling = [line for line in lines if line.strip() and not _NOISE.search(line)]
    return "".join(f"\n    {line}" for line in telling[-12:])


def _rasa(
    root: Path, python: Path, verb: list[str], options: list[str], draft: Path, log: Path
) -> int:
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    # Rasa writes an assistant id into the config it is given, and drops the comments: it gets a copy.
    config = draft / "config.yml"
    if not (root / "config.yml").is_file():
        raise SetupFailed("config.yml is missing: the model cannot be trained without it.")
    shutil.copyfile(root / "config.yml", config)
    command = [str(python), "-W", "ignore", "-m", "bot.rasa_command", *verb]
    command += ["--config", str(config), "--domain", "domain.yml", "--data", "data", *options]
    environment = {key: value for key, value in os.environ.items() if key not in _LEAVE_OUT}
    environment.update(
        RASA_TELEMETRY_ENABLED="false",
        RASA_CACHE_DIRECTORY=str(draft / "cache"),
        TF_CPP_MIN_LOG_LEVEL="3",
    )
    environment.update(SQLALCHEMY_SILENCE_UBER_WARNING="1")
    # The encoder's threads must not spin while they wait for each other, and vectors of examples are kept.
    environment.setdefault("OMP_WAIT_POLICY", "passive")
    environment.update(VERA_VECTOR_CACHE=str(root / "models" / "vectors.npz"))
    with log.open("w") as file:
        done = subprocess.run(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return done.returncode


def keep_only(model: Path) -> None:
    """Remove older models, and drafts that a killed training left."""
    for other in model.parent.glob("vera-*.tar.gz"):
        if other != model:
            other.unlink(missing_ok=True)
    for draft in model.parent.glob(".training-*"):
        shutil.rmtree(draft, ignore_errors=True)

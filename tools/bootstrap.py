"""Sets up everything that Vera needs in this checkout: two Python environments and the trained model.

Runs on any Python from 3.9 with the standard library alone, as `python3 -m tools.bootstrap`. What is ready
is left as it is; what was cut off half-way is built anew.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import model
from tools.environments import Environment, install_python, ready_uv
from tools.failure import SetupFailed
from tools.interpreters import RASA_VERSIONS, SERVICE_VERSIONS, Interpreter, find, missing
from tools.progress import say, step
from tools.turn import one_at_a_time

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ROOT / ".tools" / "python"


def service_environment(root: Path = ROOT) -> Environment:
    locks = (root / "requirements" / "service.lock", root / "requirements" / "dev.lock")
    return Environment(root / ".venv", locks, root, program="vera=command.cli:main")


def bot_environment(root: Path = ROOT) -> Environment:
    locks = (root / "bot" / "requirements.lock", root / "bot" / "requirements-dev.lock")
    return Environment(root / "bot" / ".venv", locks, root)


@dataclass(frozen=True)
class Wanted:
    """An environment, and which Pythons do for it."""

    name: str
    environment: Environment
    versions: Sequence[tuple[int, int]]
    chosen: str
    """The variable in which a person may name an interpreter."""

    def find(self) -> Interpreter | None:
        return find(self.versions, self.chosen, os.environ, PYTHONS)


def wanted_environments() -> list[Wanted]:
    """Both of them, ready or not."""
    return [
        Wanted("the service", service_environment(), SERVICE_VERSIONS, "VERA_PYTHON"),
        Wanted("Rasa", bot_environment(), RASA_VERSIONS, "VERA_RASA_PYTHON"),
    ]


def set_up_environments() -> bool:
    """Build what is missing; whether anything was done. Raises SetupFailed."""
    unready = [wanted for wanted in wanted_environments() if not wanted.environment.is_ready()]
    if not unready:
        return False
    found = [wanted.find() for wanted in unready]
    with step("Preparing the installer", "Installer ready"):
        others = [interpreter for interpreter in found if interpreter]
        uv = ready_uv(ROOT / ".tools" / "uv", ROOT / "requirements" / "tools.lock", ROOT, others)
    interpreters = [
        interpreter or _fetch(uv, wanted) for wanted, interpreter in zip(unready, found)
    ]
    for wanted, interpreter in zip(unready, interpreters):
        say(f"Python {interpreter.label} found for {wanted.name}")
    for wanted, interpreter in zip(unready, interpreters):
        with step(f"Installing what {wanted.name} needs", f"Environment for {wanted.name} ready"):
            wanted.environment.build(uv, interpreter)
    return True


def _fetch(uv: Path, wanted: Wanted) -> Interpreter:
    version = wanted.versions[0]
    label = f"{version[0]}.{version[1]}"
    with step(
        f"Python {label} is not on this machine: trying to fetch it", f"Looked for Python {label}"
    ):
        fetched = install_python(uv, version, PYTHONS, ROOT)
    found = wanted.find() if fetched else None
    if found is None:
        raise missing(wanted.versions, wanted.chosen, wanted.name)
    return found


def set_up_model() -> bool:
    """Train if the inputs changed; whether it was needed. Raises SetupFailed."""
    wanted = model.path_of(ROOT)
    if wanted.is_file():
        return False
    with step("Training the model (takes a few minutes)", "Model trained", long=True):
        model.train(ROOT, bot_environment().python, wanted)
    model.keep_only(wanted)
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.bootstrap", description="Set up Vera in this checkout."
    )
    parser.add_argument(
        "--environments", action="store_true", help="only the Python environments, no model"
    )
    parser.add_argument(
        "--validate", action="store_true", help="no model, but Rasa's check of what it is made of"
    )
    options = parser.parse_args(arguments)
    try:
        with one_at_a_time(ROOT / ".tools" / "lock"):
            worked = set_up_environments()
            if not options.environments and not options.validate:
                worked = set_up_model() or worked
        if options.validate:
            with step("Rasa reads config, domain and data", "Rasa finds nothing wrong"):
                model.validate(ROOT, bot_environment().python)
            return 0
    except SetupFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. What was finished is kept; run the command again to go on.\n")
        return 130
    if not worked:
        say(
            "Environments are ready" if options.environments else "Environments and model are ready"
        )
    return 0


if __name__ == "__main__":
    if sys.version_info < (3, 9):  # noqa: UP036 - the one place that older ones reach
        sys.stderr.write(
            "Vera's setup needs Python 3.9 or newer as python3 (the rest it finds itself).\n"
        )
        sys.exit(1)
    sys.exit(main())

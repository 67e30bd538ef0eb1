"""Targets that run beside each other: all of them are run, each report is whole, and one failure fails all."""

import subprocess
import sys
from pathlib import Path

import pytest

from privacy.settings import ROOT

MAKE = """#!/bin/sh
echo "$1 begins"
[ "$1" = waits ] && while [ ! -e done ]; do sleep 0.01; done
[ "$1" = quick ] && touch done
echo "$1 ends"
[ "$1" != fails ]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    return tmp_path


def run(folder: Path, *targets: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.side_by_side", *targets],
        cwd=folder,
        env={"PATH": f"{folder}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_they_run_at_the_same_time_and_their_reports_do_not_mix(folder: Path) -> None:
    """The first one ends only once the second one has been there."""
    done = run(folder, "waits", "quick")
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["waits begins", "waits ends", "quick begins", "quick ends"]


@pytest.mark.parametrize("targets", [("fails", "quick"), ("quick", "fails")])
def test_one_failure_fails_all_and_the_others_are_run_to_their_end(
    folder: Path, targets: tuple[str, str]
) -> None:
    done = run(folder, *targets)
    assert done.returncode == 1
    assert "quick ends" in done.stdout
    assert done.stdout.splitlines()[-1] == "make fails failed."

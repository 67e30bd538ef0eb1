"""Ctrl-C ends everything calmly; even kill -9 of the supervisor leaves no part behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command import runfile
from privacy.settings import ROOT
from tests.command.stubs import runs, wait_for


def start(folder: Path) -> "subprocess.Popen[str]":
    vera = subprocess.Popen(
        [sys.executable, "-m", "tests.command.stub_vera", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert wait_for(lambda: runfile.read(folder).get("state") == "running", 20)
    return vera


def pids(folder: Path) -> list[int]:
    return [part["pid"] for part in runfile.read(folder)["parts"].values()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_parts_with_exit_0_and_no_traceback(
    tmp_path: Path, number: signal.Signals
) -> None:
    vera = start(tmp_path)
    parts = pids(tmp_path)
    assert len(parts) == 2 and all(map(runs, parts))
    vera.send_signal(number)
    assert wait_for(lambda: runfile.read(tmp_path).get("state") == "stopping")
    vera.send_signal(number)  # an impatient second one ends the stubborn at once
    said, _ = vera.communicate(timeout=20)
    assert vera.returncode == 0
    assert "http://127.0.0.1:8080/chat" in said and "Ctrl-C stops everything." in said
    assert "jane.miller@example.com" in said
    assert said.rstrip().endswith("Everything is stopped")
    assert "Traceback" not in said
    assert not any(map(runs, parts))


@pytest.mark.skipif(sys.platform != "linux", reason="the leash is the Linux kernel's")
def test_kill_9_of_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    vera = start(tmp_path)
    parts = pids(tmp_path)
    vera.kill()
    vera.communicate(timeout=10)
    assert wait_for(lambda: not any(map(runs, parts)), 5)

"""Parts are started, watched, started again and stopped: with real processes, and none left behind."""

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from command import runfile
from command.failure import CannotStart
from command.runfile import RunFile
from command.supervision import Part, Patience, Supervisor
from tests.command.stubs import runs, stub, wait_for

HASTY = Patience(
    ready_within=5,
    poll=0.02,
    watch_every=0.1,
    unanswered=2,
    first_wait=0.05,
    longest_wait=0.4,
    settled_after=60,
    stop_within=0.5,
)


class House:
    """A supervisor over stub parts, with what it said."""

    def __init__(self, folder: Path, parts: list[Part], patience: Patience) -> None:
        self.folder = folder
        self.said: list[str] = []
        run_file = RunFile(folder, {"chat": "http://127.0.0.1:1/chat"})
        self.supervisor = Supervisor(
            parts,
            folder=folder,
            logs=folder / "logs",
            run_file=run_file,
            say=self.said.append,
            patience=patience,
        )

    def part(self, name: str) -> dict[str, object]:
        found: dict[str, object] = runfile.read(self.folder)["parts"][name]
        return found

    def pid(self, name: str) -> int:
        pid = self.part(name)["pid"]
        assert isinstance(pid, int)
        return pid

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(8):
            while not true():
                await asyncio.sleep(0.02)

    def heard(self, words: str) -> bool:
        return any(words in line for line in self.said)


@asynccontextmanager
async def house(folder: Path, *parts: Part, patience: Patience = HASTY) -> AsyncIterator[House]:
    made = House(folder, list(parts), patience)
    try:
        await made.supervisor.start()
        yield made
    finally:
        await made.supervisor.stop()


async def test_a_killed_part_is_started_again_and_said_so(tmp_path: Path) -> None:
    async with house(tmp_path, stub("rasa"), stub("service")) as it:
        first, other = it.pid("rasa"), it.pid("service")
        os.kill(first, signal.SIGKILL)
        await it.until(lambda: it.heard("Rasa is back after"))
        assert it.heard("Rasa stopped unexpectedly (exit 137). Starting it again …")
        assert not it.heard("Service stopped")
        assert it.pid("service") == other
        again = it.part("rasa")
        assert again["pid"] != first and again["state"] == "running" and again["restarts"] == 1
    assert not runs(other) and not runs(it.pid("rasa"))


async def test_a_part_that_falls_again_and_again_is_tried_with_longer_waits(tmp_path: Path) -> None:
    async with house(tmp_path, stub("rasa", "die-after=0.3")) as it:
        await it.until(lambda: it.heard("4 times in a row"))
        assert it.heard("Rasa stopped unexpectedly (exit 5)")
        assert it.heard("Rasa stopped again (exit 5), 2 times in a row. Next try in")
        assert str(tmp_path / "logs" / "rasa.log") in it.said[-1]


async def test_a_part_that_never_comes_up_ends_the_start_with_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(CannotStart) as failure:
        async with house(tmp_path, stub("service"), stub("rasa", "die")):
            pass
    assert "Rasa does not start (exit 3). It says: stub: cannot go on" in str(failure.value)
    assert "\n" not in str(failure.value)
    service = runfile.read(tmp_path)["parts"]["service"]["pid"]
    assert service is None or not runs(service)


async def test_a_part_that_cannot_be_run_at_all_ends_the_start(tmp_path: Path) -> None:
    part = Part("rasa", "Rasa", (str(tmp_path / "no-such-python"),), {}, "http://127.0.0.1:1/")
    with pytest.raises(CannotStart, match="Rasa cannot be run"):
        async with house(tmp_path, part):
            pass


async def test_a_part_that_no_longer_answers_is_stopped_and_started_again(tmp_path: Path) -> None:
    async with house(tmp_path, stub("rasa", "mute-after-first")) as it:
        first = it.pid("rasa")
        await it.until(lambda: it.heard("Rasa is back after"))
        assert it.heard("Rasa does not answer any more. Stopping it …")
        assert not runs(first)


async def test_stopping_ends_the_stubborn_and_what_they_started(tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    async with house(tmp_path, stub("rasa", "stubborn", f"grandchild={note}")) as it:
        pids = [it.pid("rasa"), int(note.read_text())]
        assert all(map(runs, pids))
    assert wait_for(lambda: not any(map(runs, pids)))


async def test_what_a_part_prints_is_in_its_log_for_the_owner_alone(tmp_path: Path) -> None:
    async with house(tmp_path, stub("rasa")) as it:
        log = tmp_path / "logs" / "rasa.log"
        await it.until(lambda: "stub: ready" in log.read_text())
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == 0o600

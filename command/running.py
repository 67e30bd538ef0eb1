"""`vera run`: check, prepare, start all parts, keep them alive, and stop all of them at Ctrl-C."""

import asyncio
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

from command import folder, preflight
from command.console import Lines
from command.failure import CannotStart
from command.parts import Plan, plan, whole_paths
from command.runfile import RunFile
from command.sample import uses_sample_company
from command.supervision import NO_USE_TRYING, Supervisor
from demo import company
from privacy.settings import ROOT, Settings


async def run(settings: Settings, lines: Lines) -> None:
    """Until told to stop. Raises CannotStart."""
    data = folder.prepare(settings.data_dir)
    with folder.hold(data):
        for _, check in preflight.checks(settings):
            check()
        model = preflight.check_model()
        await preflight.check_carriers(settings)
        await _prepare(settings, lines)
        planned = plan(settings, data, _own_copy(model, data), os.environ)
        run_file = RunFile(
            data, {"chat": planned.chat, "desk": planned.desk, "mailbox": planned.mailbox}
        )
        try:
            await supervise(settings, planned, run_file, lines)
        finally:
            run_file.remove()


def _own_copy(model: Path, data: Path) -> Path:
    """A training in the same checkout removes the old model, and Rasa must find its own after a crash."""
    own = data / "model.tar.gz"
    draft = data / ".model.new"
    shutil.copyfile(model, draft)
    draft.replace(own)
    return own


async def _prepare(settings: Settings, lines: Lines) -> None:
    preparing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "command", "prepare"),
        cwd=ROOT,
        env={**os.environ, **whole_paths(settings)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert preparing.stdout is not None and preparing.stderr is not None
    async for line in preparing.stdout:
        lines.say(line.decode().rstrip())
    said = (await preparing.stderr.read()).decode(errors="replace").strip()
    status = await preparing.wait()
    if status == NO_USE_TRYING:
        raise CannotStart(said)
    if status != 0:
        raise CannotStart(
            f"Preparing the data folder failed: {said.splitlines()[-1] if said else f'exit {status}'}"
        )


async def supervise(settings: Settings, planned: Plan, run_file: RunFile, lines: Lines) -> None:
    """Start the planned parts, say where everything is, and stop them when told to. Raises CannotStart."""
    logs = settings.data_dir / "logs"
    supervisor = Supervisor(planned.parts, folder=ROOT, logs=logs, run_file=run_file, say=lines.say)
    told_to_stop = asyncio.create_task(_told_to_stop(supervisor, lines))
    try:
        lines.say("Starting the parts of Vera …")
        if not await _first(asyncio.create_task(supervisor.start()), told_to_stop):
            return
        run_file.state("running")
        lines.addresses(_addresses(settings, planned), "Ctrl-C stops everything.")
        await _first(asyncio.create_task(supervisor.failed()), told_to_stop)
    finally:
        run_file.state("stopping")
        await supervisor.stop()
        told_to_stop.cancel()
        lines.say("Everything is stopped")


async def _first(work: "asyncio.Task[None]", told_to_stop: "asyncio.Task[None]") -> bool:
    """Whether `work` was finished before the person wanted to stop. Raises what `work` raises."""
    await asyncio.wait([work, told_to_stop], return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()
        return True
    work.cancel()
    with suppress(asyncio.CancelledError, CannotStart):
        await work
    return False


async def _told_to_stop(supervisor: Supervisor, lines: Lines) -> None:
    """Returns at the first Ctrl-C (or SIGTERM, SIGHUP); a second one ends all parts at that instant."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            supervisor.kill()
            return
        lines.say("Stopping everything …")
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    await stop.wait()


def _addresses(settings: Settings, planned: Plan) -> list[tuple[str, str]]:
    rows = [("Chat", planned.chat)]
    if planned.mailbox:
        rows.append(("Mailbox", planned.mailbox))
    rows.append(("Desk", planned.desk))
    if uses_sample_company(settings):
        rows.append(("Sample customer", company.SAMPLE_CUSTOMER))
    return rows

"""`vera run` with stub parts, as a process of its own: the tests press Ctrl-C on it, or kill it."""

import asyncio
import sys
from pathlib import Path

from command import running
from command.console import Lines
from command.parts import Plan
from command.runfile import RunFile
from privacy.settings import Settings
from tests.command.stubs import stub

folder = Path(sys.argv[1])
plan = Plan(
    (stub("service"), stub("rasa", "stubborn")),
    "http://127.0.0.1:8080/chat",
    "http://127.0.0.1:8081/health",
    None,
)
settings = Settings(data_dir=folder)
asyncio.run(running.supervise(settings, plan, RunFile(folder, {}), Lines()))

"""A process that files one request and carries it out with the real engine, for tests that kill it.

`python -m tests.privacy.fulfilment.crash_house FOLDER` does it once. With `--matrix` it finds every crash point of one good
run by itself, kills a fresh process at each (a fork, since starting Python again takes seconds), lets another one
finish, and prints what was done to the company as JSON.
"""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from privacy import crashpoints
from privacy.clock import FixedClock
from privacy.fulfilment.engine.dbos_engine import DbosEngine
from privacy.fulfilment.engine.runner import Pace, Runner
from privacy.fulfilment.engine.workflows_database import url_of
from privacy.fulfilment.job import Job, Json, Outcome, Steps
from privacy.logging import configure_logging
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request
from tests.privacy.fulfilment.work_world import DONE, WorkWorld

PATIENCE = 30.0
SYSTEMS = ("shop", "crm")


class House:
    """Filing, works and engine on the files of one folder, and a company in another file there."""

    def __init__(self, folder: Path, url: str = "", executor: str = "service") -> None:
        self.company_file = folder / "company.db"
        url = url or f"sqlite:///{folder / 'vera.db'}"
        database = Database(url)
        metadata.create_all(database.engine)
        clock = FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC))
        self.world = WorkWorld(database, Keyring([bytes(range(32))]), clock, folder)
        self.world.course.script = self.erase
        self.engine = DbosEngine(url_of(url, folder), executor)
        self.runner = Runner(
            database,
            clock,
            self.world.works,
            self.engine,
            self.world.carrying_out,
            self.world.ends,
            pace=Pace(poll=0.05),
        )
        with closing(sqlite3.connect(self.company_file)) as company, company:
            company.execute("CREATE TABLE IF NOT EXISTS acts (system TEXT)")
            company.execute("CREATE TABLE IF NOT EXISTS rows (system TEXT, id INTEGER)")

    def erase(self, _job: Job, steps: Steps) -> Outcome:
        for system in SYSTEMS:
            steps.run(f"erase:{system}", lambda system=system: self._act(system))  # type: ignore[misc]
        return DONE

    def _act(self, system: str) -> Json:
        with closing(sqlite3.connect(self.company_file)) as company, company:
            company.execute("INSERT INTO acts VALUES (?)", (system,))
            return company.execute("DELETE FROM rows WHERE system = ?", (system,)).rowcount

    def is_closed(self) -> bool:
        with self.world.database.read() as tx:
            return tx.execute(select(request.c.closed_at)).scalar() is not None

    async def until_closed(self, *, gently: bool = True) -> None:
        """File what is not filed, and work until it is done; `gently`: to the end of an orderly stop, which takes a
        second of waiting. Else this process ends here."""
        if self.world.rows("request") == 0:
            self.world.file("export")
        stop = asyncio.Event()
        await self.runner.start()
        working = asyncio.create_task(self.runner.run(stop))
        async with asyncio.timeout(PATIENCE):
            while not self.is_closed():
                await asyncio.sleep(0.02)
        if not gently:
            os._exit(0)
        stop.set()
        await working

    def seen(self) -> dict[str, Any]:
        """What a person would find afterwards."""
        with closing(sqlite3.connect(self.company_file)) as company:
            acts = Counter(row[0] for row in company.execute("SELECT system FROM acts"))
        with self.world.database.read() as tx:
            kinds = sorted(tx.execute(select(mail.c.kind)).scalars())
            state = tx.execute(select(request.c.state)).scalars().all()
        return {
            "acts": dict(acts),
            "mails": kinds,
            "state": list(state),
            "said": self.world.rows("announcement"),
            "works": self.world.work_states(),
        }


def run(folder: Path) -> None:
    """One process, from the beginning or from where another one was killed."""
    asyncio.run(House(folder).until_closed())


def make(folder: Path) -> None:
    """A house whose databases are there, and empty: to make them takes longer than all the rest."""

    async def start() -> None:
        house = House(folder)
        await house.runner.start()
        house.engine.stop()

    asyncio.run(start())


def in_a_process(
    folder: Path, at: str = "", record: Path | None = None, *, only_made: bool = False
) -> int:
    """`run` in a fork whose crash points are armed; its exit status (-9 when it was killed)."""
    child = os.fork()
    if child == 0:
        crashpoints._NAME, crashpoints._COUNT = at, "1"
        crashpoints._RECORD = str(record or "")  # type: ignore[misc]
        crashpoints.ON = bool(at or record)  # type: ignore[misc]
        try:
            if only_made:
                make(folder)
            else:
                # What is armed may be reached after the end, too.
                asyncio.run(House(folder).until_closed(gently=crashpoints.ON))
            os._exit(0)
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr, flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def matrix() -> dict[str, Any]:
    """Every crash point of one good run, and what was found after a kill there and a restart."""
    import dbos  # noqa: F401  (once, before all forks)

    with tempfile.TemporaryDirectory() as place:
        folders = Path(place)
        names, empty = folders / "names", folders / "empty"
        empty.mkdir()
        assert in_a_process(empty, only_made=True) == 0
        shutil.copytree(empty, folders / "good")
        assert in_a_process(folders / "good", record=names) == 0
        found: dict[str, Any] = {}
        for number, point in enumerate(dict.fromkeys(names.read_text().splitlines())):
            folder = folders / str(number)
            shutil.copytree(empty, folder)
            killed = in_a_process(folder, at=point)
            ended = in_a_process(folder)
            found[point] = {"killed": killed, "ended": ended, **House(folder).seen()}
    return found


if __name__ == "__main__":
    configure_logging("error")
    if sys.argv[1] == "--matrix":
        print(json.dumps(matrix()))
    else:
        run(Path(sys.argv[1]))

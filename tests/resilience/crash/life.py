"""One life of a Vera in a folder: built by `privacy.wiring`, it files what is not filed, and carries it out to the
end, or until a crash point kills it.

A life is a fork, since starting Python and loading everything again takes seconds. Each life is two minutes later
than the one before, so that leases of the dead are over; the clock goes on from there.
"""

import asyncio
import os
import shutil
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anyio import to_thread
from sqlalchemy import func, select

from demo import company
from privacy import crashpoints
from privacy.fulfilment.engine.port import Standing
from privacy.logging import configure_logging
from privacy.settings import Settings
from privacy.store import migrations
from privacy.store.database import Database
from privacy.store.tables.fulfilment import work
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request
from privacy.wiring import Vera, build
from tests.resilience.crash.effects import count_effects
from tests.resilience.crash.forks import exit_status, fork
from tests.resilience.crash.post import Post
from tests.resilience.crash.wishes import Wish

STARTED = datetime(2026, 11, 21, 10, tzinfo=UTC)
BETWEEN_LIVES = timedelta(minutes=2)
KILLED = -9
_PATIENCE = 60.0


class Going:
    """A clock that starts at a moment and goes."""

    def __init__(self, start: datetime) -> None:
        self._start, self._since = start, time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._since)


@dataclass(frozen=True)
class Place:
    """A folder with a Vera and its company, the port of its mail server and the address of its text gateway."""

    folder: Path
    port: int
    texts: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        file = self.folder / "log.txt"
        return file.read_text(errors="replace") if file.exists() else ""

    def settings(self) -> Settings:
        return Settings(
            data_dir=self.data,
            rasa_url="http://127.0.0.1:1",
            internal_secret="s" * 32,
            smtp_url=f"smtp://127.0.0.1:{self.port}",
            sms_url=self.texts,
            public_url="https://privacy.alderfinch.example",
        )


def furnish(folder: Path) -> None:
    """A data folder as `vera prepare` leaves it, whose company counts what is done to it; to be copied."""
    company.build(folder / "demo", today=STARTED)
    for file in (folder / "demo").glob("*.db"):
        count_effects(file)
    settings = Settings(data_dir=folder, smtp_url="smtp://127.0.0.1:9")
    migrations.upgrade(settings.database)
    build(settings).database.close()  # keys are made
    database = Database(settings.database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def move_in(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder / "data")


def life(place: Place, wish: Wish, number: int, *, at: str = "", record: Path | None = None) -> int:
    """One life, in a fork; its exit status (`KILLED` where a crash point ended it)."""

    def live() -> None:
        name, _, count = at.rpartition(":")
        crashpoints._NAME, crashpoints._COUNT = name, count
        crashpoints._RECORD = str(record or "")  # type: ignore[misc]
        crashpoints.ON = bool(at or record)  # type: ignore[misc]
        with (place.folder / "log.txt").open("a", encoding="utf-8") as log:
            configure_logging("info", log)
            try:
                start = STARTED + number * BETWEEN_LIVES
                asyncio.run(_live(place, wish, start, gently=bool(at or record)))
            except BaseException:
                traceback.print_exc(file=log)
                raise SystemExit from None

    return exit_status(fork(live))


async def _live(place: Place, wish: Wish, start: datetime, *, gently: bool) -> None:
    """`gently`: to the end of an orderly stop, which takes two seconds of waiting."""
    vera = build(place.settings(), clock=Going(start))
    async with vera.running():
        await to_thread.run_sync(wish.file, vera, Post(place.folder).letters)
        vera.wake()
        vera.fulfilment.wake()
        async with asyncio.timeout(_PATIENCE):
            while not await to_thread.run_sync(_is_over, vera):
                await asyncio.sleep(0.03)
        vera.packages.sweep()  # as the next tidying does
        if not gently:
            os._exit(0)


def _is_over(vera: Vera) -> bool:
    with vera.database.read() as tx:
        open_ones = select(func.count()).where(request.c.closed_at.is_(None))
        unsent = select(func.count()).where(mail.c.state == "waiting")
        if tx.execute(open_ones).scalar() or tx.execute(unsent).scalar():
            return False
        runs = tx.execute(select(work.c.request, work.c.run)).all()
    engine = vera.fulfilment._engine
    return all(engine.standing(*run) is Standing.OVER for run in runs)


__all__ = ["KILLED", "Place", "furnish", "life", "move_in"]

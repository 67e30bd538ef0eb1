"""The desk port, for the company's own people: how each part does. States, counts and times; nobody's data."""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from sqlalchemy import func, literal, select
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from command import runfile
from privacy.chatwoot.untold import untold
from privacy.clock import Clock
from privacy.fulfilment.books.works import Works
from privacy.store.database import Database
from privacy.store.tables.outbox import mail

Report = Mapping[str, Any]
Probe = Callable[[], Awaitable[Report]]

OK, DOWN = "ok", "down"
_PATIENCE = 5.0
_LATE_SECONDS = 300


def routes(probes: Mapping[str, Probe], data: Path) -> list[Route]:
    """`/health` asks every probe (503 when one is down), `/health/live` only says that this process answers."""

    async def health(_request: Request) -> Response:
        reports: dict[str, Report] = {}

        async def ask(name: str, probe: Probe) -> None:
            reports[name] = await _ask(probe)

        async with anyio.create_task_group() as group:
            for name, probe in probes.items():
                group.start_soon(ask, name, probe)
        well = all(report["state"] == OK for report in reports.values())
        body = {
            "state": OK if well else "degraded",
            "parts": {name: reports[name] for name in probes},
            "processes": {
                name: {"state": part.get("state"), "restarts": part.get("restarts")}
                for name, part in runfile.read(data).get("parts", {}).items()
            },
        }
        return JSONResponse(body, 200 if well else 503, headers={"Cache-Control": "no-store"})

    async def live(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    return [Route("/health", health), Route("/health/live", live)]


def probe_database(database: Database) -> Probe:
    """Whether it answers, and how fast."""

    def look() -> Report:
        started = time.perf_counter()
        with database.read() as tx:
            tx.execute(select(literal(1)))
        return {"state": OK, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}

    return lambda: anyio.to_thread.run_sync(look)


def probe_outbox(database: Database, clock: Clock) -> Probe:
    """How much mail waits, and since when; mail that has been due for minutes means the mail server is away."""

    def look() -> Report:
        waiting = (mail.c.state == "waiting") & mail.c.deliver
        with database.read() as tx:
            count, oldest = tx.execute(
                select(func.count(), func.min(mail.c.created_at)).where(waiting)
            ).one()
            bounced = tx.execute(select(func.count()).where(mail.c.state == "bounced")).scalar_one()
        age = _seconds(oldest, clock.now())
        return {
            "state": DOWN if age > _LATE_SECONDS else OK,
            "waiting": count,
            "oldest_seconds": age,
            "bounced": bounced,
        }

    return lambda: anyio.to_thread.run_sync(look)


def probe_work(database: Database, clock: Clock, works: Works) -> Probe:
    """How requests are carried out; work that has been due for minutes means that nobody takes it."""

    def look() -> Report:
        with database.read() as tx:
            found = works.standing(tx, clock.now())
        return {
            "state": DOWN if found.late_seconds > _LATE_SECONDS else OK,
            "due": found.due,
            "running": found.running,
            "for_person": found.for_person,
            "late_seconds": found.late_seconds,
        }

    return lambda: anyio.to_thread.run_sync(look)


def probe_chatwoot(
    database: Database, clock: Clock, away_since: Callable[[], datetime | None]
) -> Probe:
    """How many conversations have news for Chatwoot, since when, and for how long it has been away; minutes of either
    mean that agents and customers do not read each other."""

    def look() -> Report:
        with database.read() as tx:
            found = untold(tx)
        now = clock.now()
        oldest, away = _seconds(found.since, now), _seconds(away_since(), now)
        return {
            "state": DOWN if max(oldest, away) > _LATE_SECONDS else OK,
            "waiting": found.conversations,
            "oldest_seconds": oldest,
            "away_seconds": away,
        }

    return lambda: anyio.to_thread.run_sync(look)


def probe_answer(ready: Callable[[], Awaitable[bool]]) -> Probe:
    """Whether a part says that it is ready."""

    async def look() -> Report:
        return {"state": OK if await ready() else DOWN}

    return look


def _seconds(since: datetime | None, now: datetime) -> int:
    return 0 if since is None else max(0, int((now - since).total_seconds()))


async def _ask(probe: Probe) -> Report:
    try:
        with anyio.fail_after(_PATIENCE):
            return await probe()
    except Exception as error:  # whatever it is, the page must say so; its text may quote a person
        return {"state": DOWN, "error": type(error).__name__}

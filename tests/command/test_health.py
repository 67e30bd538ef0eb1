"""The health page tells how each part does, and nothing about anybody."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from command import health
from command.runfile import RunFile
from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.schema import metadata
from privacy.store.tables.conversations import conversation
from privacy.store.tables.handoff import hand_over
from privacy.store.tables.outbox import mail

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'vera.db'}")
    metadata.create_all(database.engine)
    return database


async def ask(
    probes: dict[str, health.Probe], folder: Path, path: str = "/health"
) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=health.routes(probes, folder)))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        return await client.get(path)


def waiting_mail(
    database: Database, written: datetime, *, deliver: bool = True, state: str = "waiting"
) -> None:
    with database.write() as tx:
        count = tx.execute(mail.select()).fetchall()
        tx.execute(
            mail.insert().values(
                dedupe_key=f"key-{len(count)}",
                kind="code",
                language="en",
                message_id="m",
                deliver=deliver,
                state=state,
                created_at=written,
            )
        )


def waiting_hand_over(database: Database, name: str, asked: datetime) -> None:
    with database.write() as tx:
        tx.execute(
            conversation.insert().values(
                id=name,
                channel="web",
                language="en",
                session=name,
                created_at=asked,
                last_seen_at=asked,
            )
        )
        tx.execute(
            hand_over.insert().values(
                id=name, conversation=name, reason="asked", mode="live", asked_at=asked, version=1
            )
        )


async def good() -> bool:
    return True


async def test_all_is_well(database: Database, tmp_path: Path) -> None:
    run_file = RunFile(tmp_path, {})
    run_file.part("rasa", pid=7, ports={"rasa": 5005}, state="running", restarts=2)
    probes = {"database": health.probe_database(database), "rasa": health.probe_answer(good)}
    answer = await ask(probes, tmp_path)
    assert answer.status_code == 200
    body = answer.json()
    assert body["state"] == "ok"
    assert body["parts"]["database"]["state"] == body["parts"]["rasa"]["state"] == "ok"
    assert body["processes"] == {"rasa": {"state": "running", "restarts": 2}}


async def test_a_part_that_is_away_makes_it_degraded(tmp_path: Path) -> None:
    async def broken() -> bool:
        raise RuntimeError("jane.miller@example.com")

    async def away() -> bool:
        return False

    answer = await ask(
        {"rasa": health.probe_answer(away), "database": health.probe_answer(broken)}, tmp_path
    )
    assert answer.status_code == 503
    assert answer.json()["state"] == "degraded"
    assert answer.json()["parts"] == {
        "rasa": {"state": "down"},
        "database": {"state": "down", "error": "RuntimeError"},
    }
    assert "jane" not in answer.text


async def test_a_part_that_hangs_does_not_hang_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 0.05)

    async def hangs() -> bool:
        await asyncio.sleep(60)
        return True

    answer = await ask({"rasa": health.probe_answer(hangs)}, tmp_path)
    assert answer.json()["parts"]["rasa"] == {"state": "down", "error": "TimeoutError"}


async def test_mail_that_waits_is_counted(database: Database, tmp_path: Path) -> None:
    probes = {"outbox": health.probe_outbox(database, FixedClock(NOW))}
    waiting_mail(database, NOW - timedelta(seconds=90))
    waiting_mail(database, NOW - timedelta(hours=9), deliver=False)  # a decoy
    waiting_mail(database, NOW - timedelta(hours=9), state="bounced")
    answer = await ask(probes, tmp_path)
    assert answer.json()["parts"]["outbox"] == {
        "state": "ok",
        "waiting": 1,
        "oldest_seconds": 90,
        "bounced": 1,
    }
    waiting_mail(database, NOW - timedelta(minutes=10))
    answer = await ask(probes, tmp_path)
    assert answer.json()["parts"]["outbox"]["state"] == "down" and answer.status_code == 503


async def test_what_waits_for_chatwoot_is_counted(database: Database, tmp_path: Path) -> None:
    silent: list[datetime] = []
    probe = health.probe_chatwoot(database, FixedClock(NOW), lambda: min(silent, default=None))
    probes = {"chatwoot": probe}

    async def told() -> tuple[int, dict[str, object]]:
        answer = await ask(probes, tmp_path)
        return answer.status_code, answer.json()["parts"]["chatwoot"]

    well = {"state": "ok", "waiting": 0, "oldest_seconds": 0, "away_seconds": 0}
    assert await told() == (200, well)
    waiting_hand_over(database, "web:a", NOW - timedelta(seconds=40))
    waiting_hand_over(database, "web:b", NOW - timedelta(seconds=90))
    assert await told() == (200, {**well, "waiting": 2, "oldest_seconds": 90})
    silent.append(NOW - timedelta(seconds=301))
    assert await told() == (
        503,
        {"state": "down", "waiting": 2, "oldest_seconds": 90, "away_seconds": 301},
    )
    silent.clear()
    waiting_hand_over(database, "web:c", NOW - timedelta(minutes=6))
    assert await told() == (503, {**well, "state": "down", "waiting": 3, "oldest_seconds": 360})


async def test_alive_is_asked_without_any_part(tmp_path: Path) -> None:
    assert (await ask({}, tmp_path, "/health/live")).status_code == 200

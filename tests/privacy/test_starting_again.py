"""A service that starts does not know whether a backup came back meanwhile: it looks at what was erased long ago, too,
until every system could be asked.
"""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from privacy.fulfilment.kept import KeptRun
from privacy.fulfilment.replay import Replayed
from privacy.wiring import vera as wiring
from tests.driving.inside import make_vera


def test_timers_that_ended_are_looked_at_until_no_system_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = make_vera(tmp_path / "vera")
    looks: list[bool] = []

    def erase_due(_today: date, *, again: bool = False) -> KeptRun:
        looks.append(again)
        return KeptRun(down=1 if len(looks) == 1 else 0)

    monkeypatch.setattr(vera.carrying.kept, "erase_due", erase_due)
    monkeypatch.setattr(wiring, "_TIDY_EVERY", 0.0)

    async def story() -> None:
        async with vera.running(), asyncio.timeout(20):
            while len(looks) < 6:
                await asyncio.sleep(0.01)

    asyncio.run(story())
    assert looks[:6] == [True, False, True, False, False, False]


def test_a_system_that_is_not_clean_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = make_vera(tmp_path / "vera")
    asked: list[frozenset[str]] = []
    answers = [
        [Replayed("shop", unreachable=True), Replayed("support", refused=True), Replayed("news")],
        [Replayed("shop"), Replayed("support", left=1)],
        [Replayed("support")],
    ]

    def run(only: frozenset[str] = frozenset()) -> list[Replayed]:
        asked.append(only)
        return answers[len(asked) - 1]

    monkeypatch.setattr(vera.carrying.replay, "run", run)
    monkeypatch.setattr(wiring, "_TIDY_EVERY", 0.0)

    async def story() -> None:
        async with vera.running(), asyncio.timeout(20):
            while len(asked) < 3:
                await asyncio.sleep(0.01)

    asyncio.run(story())
    assert asked == [frozenset(), frozenset({"shop", "support"}), frozenset({"support"})]

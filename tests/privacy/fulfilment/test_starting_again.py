"""A service that starts does not know whether a backup came back meanwhile: it looks at what was erased long ago, too,
until every system could be asked.
"""

import asyncio
import shutil
import threading
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from privacy.datamap.deletion import erasures
from privacy.datamap.scope import EVERYTHING
from privacy.errors import SystemDown
from privacy.fulfilment.delete.kept import KeptRun
from privacy.fulfilment.delete.replay import Replayed
from privacy.fulfilment.delete.tombstones import Tombstones
from privacy.store.keyring import Keyring
from privacy.systems.company import CompanyDirectory
from privacy.systems.lookup import Wanted
from privacy.systems.port import Place
from privacy.wiring import Vera
from privacy.wiring import vera as wiring
from tests.driving.inside import JANE, make_vera

WANTED = Wanted(emails=frozenset({JANE}))


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
    monkeypatch.setattr(wiring, "_ASK_AGAIN", 0.0)

    async def story() -> None:
        async with vera.running(), asyncio.timeout(20):
            while len(asked) < 3:
                await asyncio.sleep(0.01)

    asyncio.run(story())
    assert asked == [frozenset(), frozenset({"shop", "support"}), frozenset({"support"})]


def test_nobody_is_answered_from_a_restored_system_before_it_was_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newsletter is away when Vera starts, and comes back from a backup with a row that was erased since."""
    folder = tmp_path / "vera"
    newsletter, backup = folder / "demo" / "newsletter.db", tmp_path / "backup.db"
    before = make_vera(folder)
    shutil.copyfile(newsletter, backup)
    _erase_in_newsletter(before)
    before.database.close()
    vera = make_vera(folder)
    newsletter.unlink()
    may_look = threading.Event()
    look = vera.carrying.replay.run

    def run(only: frozenset[str] = frozenset()) -> list[Replayed]:
        assert not only or may_look.wait(20)
        return look(only)

    monkeypatch.setattr(vera.carrying.replay, "run", run)
    monkeypatch.setattr(wiring, "_ASK_AGAIN", 0.0)

    async def story() -> set[str]:
        async with vera.running(), asyncio.timeout(20):
            shutil.copyfile(backup, newsletter)
            with pytest.raises(SystemDown) as away:
                await asyncio.to_thread(_company(vera).system("newsletter").search, WANTED)
            assert away.value.system == "newsletter"
            may_look.set()
            while True:
                with suppress(SystemDown):
                    found = await asyncio.to_thread(
                        _company(vera).system("newsletter").search, WANTED
                    )
                    return {str(row.email) for row in found}
                await asyncio.sleep(0.01)

    assert asyncio.run(story()) == set()


def _erase_in_newsletter(vera: Vera) -> None:
    """As a deletion does it: the ledger first."""
    company = _company(vera)
    system = company.system("newsletter")
    [row] = system.search(WANTED)
    places = [Place(row.table, (row.where,))]
    ledger = Tombstones(
        vera.settings.tombstone_file, Keyring.load(vera.settings.data_dir / "keys.json")
    )
    marks, today = list(system.marks(places)), date(2026, 11, 21)
    ledger.add("newsletter", marks, on=today, reference="PR-7K4M-29XH", scope=EVERYTHING)
    system.erase(places, erasures(company.datamap, EVERYTHING)["newsletter"])
    assert system.search(WANTED) == []


def _company(vera: Vera) -> CompanyDirectory:
    assert isinstance(vera.directory, CompanyDirectory)
    return vera.directory

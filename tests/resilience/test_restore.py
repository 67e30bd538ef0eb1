"""Erased stays erased (S-58): Jane is deleted, backups from before are put back, and she is gone again before the
chat answers anybody. Everybody else is as they were.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from demo.company import SYSTEMS
from tests.driving.house import House
from tests.driving.trouble import rows, until

JANE = "jane.miller@example.com"
TRACES = ("jane", "miller", "AF-1001", "23125101", "Gartenstraße 14")
# What tax law keeps of her stays: invoices have a name and an address (`demo/datamap.yml`).
KEPT = "invoices"


class Restored:
    """A house, and copies of its files from before Jane was deleted."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder / "house")
        self.backup = folder / "backup"

    def back_up(self) -> None:
        """While everything runs, as backups are made."""
        self.backup.mkdir()
        for name in (*(f"demo/{system}.db" for system in SYSTEMS), "vera.db"):
            target = self.backup / name
            target.parent.mkdir(exist_ok=True)
            with (
                closing(sqlite3.connect(self.house.data / name)) as old,
                closing(sqlite3.connect(target)) as new,
            ):
                old.backup(new)

    def put_back(self, *names: str) -> None:
        for name in names:
            for ending in ("-wal", "-shm"):
                (self.house.data / f"{name}{ending}").unlink(missing_ok=True)
            shutil.copy(self.backup / name, self.house.data / name)

    def put_company_back(self) -> None:
        self.put_back(*(f"demo/{system}.db" for system in SYSTEMS))

    def tell_shop(self, statement: str) -> None:
        with closing(sqlite3.connect(self.house.data / "demo" / "shop.db")) as db, db:
            db.execute(statement)

    def company(self) -> dict[str, list[str]]:
        """Every row of all systems."""
        found = {}
        for system in SYSTEMS:
            with closing(sqlite3.connect(self.house.data / "demo" / f"{system}.db")) as db:
                found[system] = sorted(db.iterdump())
        return found

    def start_and_look(self) -> dict[str, list[str]]:
        """Start, and read the company's rows at the first answer that the chat gives to anybody."""
        with ThreadPoolExecutor(1) as waiting:
            seen = waiting.submit(self._company_at_first_answer)
            self.house.start()
            return seen.result()

    def _company_at_first_answer(self) -> dict[str, list[str]]:
        until(self._answers, what="the first answer of the chat")
        return self.company()

    def _answers(self) -> bool:
        try:
            url = f"{self.house.chat}/api/v1/conversations"  # no such file while it is stopped
            answer = httpx.post(url, json={}, timeout=5, trust_env=False)
        except (httpx.HTTPError, ValueError, KeyError, OSError):
            return False
        return answer.status_code == 201


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restored]:
    """A house in which Jane was deleted after the backup, and which is stopped."""
    restored = Restored(tmp_path_factory.mktemp("restore"))
    house = restored.house.start()
    restored.back_up()
    customer = house.customer()
    customer.say("delete all my data")
    customer.prove(JANE)
    customer.prove_again(JANE, lambda: customer.press("Yes, now"))
    customer.news("It's done")
    assert house.stop() == 0
    yield restored
    house.stop()


@pytest.fixture(scope="module")
def after_deletion(restored: Restored) -> dict[str, list[str]]:
    return restored.company()


def test_she_was_deleted(restored: Restored, after_deletion: dict[str, list[str]]) -> None:
    """The control: there is something that can come back."""
    assert traces(after_deletion) == []
    with closing(sqlite3.connect(restored.backup / "demo" / "shop.db")) as db:
        assert db.execute("SELECT name FROM customers WHERE email = ?", (JANE,)).fetchall() == [
            ("Jane Miller",)
        ]


def test_backups_of_all_systems_come_back_without_her(
    restored: Restored, after_deletion: dict[str, list[str]]
) -> None:
    restored.put_company_back()
    assert traces(restored.company())
    assert restored.start_and_look() == after_deletion
    audited = rows(restored.house, "SELECT data FROM audit WHERE act = 'tombstone.replayed'")
    assert {json.loads(data)["system"] for (data,) in audited} == set(SYSTEMS)
    customer = restored.house.customer()
    customer.say("what do you know about me?")
    assert restored.house.stop() == 0


def test_also_where_what_vera_remembers_comes_from_the_same_day(
    restored: Restored, after_deletion: dict[str, list[str]]
) -> None:
    """Her request is unknown then, and so are the timers of what is kept: the ledger alone knows, and they are back.

    A new account that she opened since is a new row, and no wish of before is about it.
    """
    restored.put_company_back()
    restored.put_back("vera.db")
    restored.tell_shop(
        "INSERT INTO customers (id, customer_number, name, email, language, created_at) "
        f"VALUES (9001, 'AF-9001', 'Jane Miller', '{JANE}', 'en', '2027-01-05 09:00:00')"
    )
    seen = restored.start_and_look()
    new = [row for row in seen["shop"] if "AF-9001" in row]
    assert len(new) == 1
    assert {**seen, "shop": [row for row in seen["shop"] if row not in new]} == after_deletion
    assert rows(restored.house, "SELECT count(*) FROM request") == [(0,)]
    kept = rows(restored.house, "SELECT system FROM kept_record WHERE done_at IS NULL")
    assert kept == [("shop",)]
    customer = restored.house.customer()
    customer.press("See my data")
    assert "PR-" in customer.prove("greta.voss@example.com")
    assert restored.house.stop() == 0


def traces(company: dict[str, list[str]]) -> list[str]:
    """Rows that tell of her and that no law keeps."""
    return [
        row
        for system in company.values()
        for row in system
        if any(trace.lower() in row.lower() for trace in TRACES) and f'"{KEPT}"' not in row
    ]

"""Crash points do nothing unless a test asks, and then exactly what it asks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from privacy import crashpoints
from privacy.settings import ROOT

PROGRAM = """
import sys
from sqlalchemy import text
from privacy.crashpoints import crashpoint
from privacy.store.database import Database

database = Database(f"sqlite:///{sys.argv[1]}/vera.db")

class Books:
    def write(self, n):
        with database.write() as tx:
            tx.execute(text("CREATE TABLE IF NOT EXISTS t (n)"))
            tx.execute(text("INSERT INTO t VALUES (:n)"), {"n": n})

for n in range(3):
    crashpoint("round")
    Books().write(n)
"""


def run(folder: Path, **environment: str) -> int:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    ).returncode


def written(folder: Path) -> int:
    from contextlib import closing
    from sqlite3 import connect

    with closing(connect(folder / "vera.db")) as database:
        count: int = database.execute("SELECT count(*) FROM t").fetchone()[0]
    return count


def test_without_a_test_nothing_happens(tmp_path: Path) -> None:
    assert not crashpoints.ON
    assert crashpoints.caller(0) == ""
    assert run(tmp_path) == 0
    assert written(tmp_path) == 3


def test_every_commit_is_named_by_who_writes(tmp_path: Path) -> None:
    record = tmp_path / "names"
    assert run(tmp_path, VERA_CRASH_RECORD=str(record)) == 0
    once = ["round", "before-commit:__main__.Books.write", "after-commit:__main__.Books.write"]
    assert record.read_text().splitlines() == once * 3


@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("before-commit:__main__.Books.write:2", 1),
        ("after-commit:__main__.Books.write:2", 2),
        ("round:3", 2),
    ],
)
def test_the_process_ends_where_it_is_told_to(tmp_path: Path, point: str, left: int) -> None:
    assert run(tmp_path, VERA_CRASH_AT=point) == -signal.SIGKILL
    assert written(tmp_path) == left

"""The engine: steps are remembered by name, failures are not, nothing personal is kept; it stops between steps and
can be started again and again.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from privacy.errors import SystemDown
from privacy.fulfilment.engine.dbos_engine import DbosEngine
from privacy.fulfilment.engine.port import EngineUnusable, Standing
from privacy.fulfilment.engine.workflows_database import FILE, open_engine, sqlite_driver, url_of
from privacy.fulfilment.job import Steps
from tests.privacy.fulfilment.crash_house import PATIENCE


def wait_for(holds: Any) -> bool:
    pause = threading.Event()
    for _ in range(int(PATIENCE * 100)):
        if holds():
            return True
        pause.wait(0.01)
    return False


class Recorded:
    """An engine with bodies that say what they did."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.engine = DbosEngine(url, "service")
        self.acts: list[str] = []
        self.over = threading.Event()

    def act(self, name: str) -> str:
        self.acts.append(name)
        return name

    def start(self, body: Any) -> None:
        self.engine.start(body, self.over.set)

    def go(self, body: Any, *, stop: bool = True) -> None:
        """One run from its beginning to its end."""
        self.start(body)
        self.engine.begin("request", 1)
        assert self.over.wait(PATIENCE)
        assert wait_for(lambda: self.engine.standing("request", 1) is Standing.OVER)
        if stop:
            self.engine.stop()

    def standing(self) -> Standing:
        self.start(lambda _request, _run, _steps: "done")
        return self.engine.standing("request", 1)

    def stored(self, column: str, table: str) -> list[str]:
        driver = sqlite_driver()
        with closing(driver.connect(self.folder / FILE)) as file:
            return [row[0] for row in file.execute(f"SELECT {column} FROM {table}")]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Recorded]:
    recorded = Recorded(tmp_path, url_of("sqlite:///x", tmp_path))
    yield recorded
    recorded.engine.stop()


class TestTheEngine:
    def test_takes_steps_of_several_threads_and_remembers_all(self, engine: Recorded) -> None:
        def body(_request: str, _run: int, steps: Steps) -> str:
            with ThreadPoolExecutor(4) as pool:
                pool.map(
                    lambda n: steps.run(f"read:{n}", lambda: engine.act(f"read:{n}")), "abcdef"
                )
            assert steps.run("read:a", lambda: engine.act("again")) == "read:a"
            return "done"

        engine.go(body)
        assert sorted(engine.acts) == [f"read:{n}" for n in "abcdef"]
        assert sorted(engine.stored("function_name", "operation_outputs")) == sorted(engine.acts)

    def test_gives_results_back_as_they_were(self, engine: Recorded) -> None:
        value = {"n": 1, "list": [None, True, "é", 1.5], "error": "is a word like others"}
        got: list[object] = []

        def body(_request: str, _run: int, steps: Steps) -> str:
            got.append(steps.run("count", lambda: value))  # type: ignore[arg-type,return-value]
            got.append(steps.run("nothing", lambda: None))
            return "done"

        engine.go(body)
        assert got == [value, None]

    def test_does_not_remember_failures_nor_their_words(self, engine: Recorded) -> None:
        def body(_request: str, _run: int, steps: Steps) -> str:
            for error in (SystemDown("shop"), ValueError("ada@example.com"), KeyError("Lovelace")):
                with pytest.raises(type(error)):
                    steps.run("erase:shop", lambda error=error: _raise(error))  # type: ignore[misc]
            with pytest.raises(TypeError):
                steps.run("odd", lambda: object())  # type: ignore[arg-type,return-value]
            steps.run("erase:shop", lambda: engine.act("erase:shop"))
            raise RuntimeError("ada@example.com")

        engine.go(body)
        assert engine.stored("function_name", "operation_outputs") == ["erase:shop"]
        assert engine.standing() is Standing.OVER
        everything = b"".join(
            path.read_bytes() for path in engine.folder.iterdir() if path.name.startswith(FILE)
        )
        # No short name: three letters of it stand in some identifier by chance.
        assert b"ada@" not in everything.lower()
        assert b"lovelace" not in everything.lower()
        assert b"carry_out" in everything

    def test_is_stopped_between_steps_and_goes_on_later(self, engine: Recorded) -> None:
        reached, go_on = threading.Event(), threading.Event()

        def body(_request: str, _run: int, steps: Steps) -> str:
            steps.run("one", lambda: engine.act("one"))
            reached.set()
            go_on.wait(PATIENCE)
            steps.run("two", lambda: engine.act("two"))
            return "done"

        engine.start(body)
        engine.engine.begin("request", 1)
        assert reached.wait(PATIENCE)
        stopping = threading.Thread(target=engine.engine.stop)
        stopping.start()
        assert wait_for(lambda: engine.engine._stopping)
        go_on.set()
        stopping.join(PATIENCE)
        assert engine.acts == ["one"]
        engine.over.clear()
        engine.start(body)
        assert engine.over.wait(PATIENCE)
        assert engine.acts == ["one", "two"]

    def test_takes_another_way_after_a_crash(self, engine: Recorded) -> None:
        """A course asks the database how far it is, and skips what is done."""
        attempts: list[int] = []

        def body(_request: str, _run: int, steps: Steps) -> str:
            attempts.append(1)
            for name in ("a", "b", "c") if len(attempts) == 1 else ("c", "d", "a"):
                steps.run(name, lambda name=name: engine.act(name))  # type: ignore[misc]
                if name == "b" and len(attempts) == 1:
                    engine.engine._stopping = True  # the next step is not begun any more
            return "done"

        engine.start(body)
        engine.engine.begin("request", 1)
        assert wait_for(lambda: not engine.engine.active())
        engine.engine.stop()
        engine.over.clear()
        engine.start(body)
        assert engine.over.wait(PATIENCE)
        assert engine.acts == ["a", "b", "c", "d"]

    def test_forgets_what_ended_long_ago(self, engine: Recorded) -> None:
        from datetime import UTC, datetime

        engine.go(lambda _request, _run, _steps: "done", stop=False)
        now = datetime.now(UTC)
        assert engine.engine.forget(now - timedelta(days=14)) == 0
        assert engine.engine.forget(now + timedelta(days=14)) == 1
        assert engine.engine.standing("request", 1) is Standing.UNKNOWN

    def test_is_one_in_a_process(self, engine: Recorded, tmp_path: Path) -> None:
        engine.start(lambda _request, _run, _steps: "done")
        second = DbosEngine(url_of("sqlite:///x", tmp_path), "service")
        with pytest.raises(EngineUnusable):
            second.start(lambda _request, _run, _steps: "done", lambda: None)
        assert engine.engine.standing("request", 1) is Standing.UNKNOWN

    def test_says_nothing_on_the_console(
        self, engine: Recorded, capfd: pytest.CaptureFixture[str]
    ) -> None:
        engine.go(lambda _request, _run, _steps: "done")
        assert capfd.readouterr() == ("", "")


class TestWhereItIsRemembered:
    def test_what_is_committed_survives_a_power_cut(self, tmp_path: Path) -> None:
        made = open_engine(url_of("sqlite:///x", tmp_path))
        with made.connect() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        made.dispose()
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}

    def test_an_old_sqlite_is_replaced(self) -> None:
        assert sqlite_driver().sqlite_version_info >= (3, 42)
        new = SimpleNamespace(sqlite_version_info=(3, 51, 0))
        assert sqlite_driver(new) is new  # type: ignore[arg-type,comparison-overlap]

    def test_without_another_one_a_sentence_says_what_to_do(self) -> None:
        old = SimpleNamespace(sqlite_version_info=(3, 40, 1), sqlite_version="3.40.1")
        with pytest.raises(EngineUnusable, match=r"SQLite 3\.40\.1 is too old .* pysqlite3"):
            sqlite_driver(old, "no.such.driver")  # type: ignore[arg-type]

    def test_it_lies_beside_vera_or_in_its_postgresql(self, tmp_path: Path) -> None:
        assert url_of("sqlite:///elsewhere.db", tmp_path) == f"sqlite:///{tmp_path / FILE}"
        postgres = "postgresql+psycopg://vera@db/vera"
        assert url_of(postgres, tmp_path) == postgres


def _raise(error: Exception) -> None:
    raise error

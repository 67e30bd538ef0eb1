"""`vera tasks` on a data folder: what waits, what a task says, and the word that it is done."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from command.cli import app
from privacy.clock import FixedClock
from privacy.fulfilment.job import ForPerson
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.audit import audit
from tests.privacy.fulfilment.work_world import WorkWorld

VERA = CliRunner()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC))


@pytest.fixture
def world(tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> WorkWorld:
    """A data folder with one request that waits for a person."""
    monkeypatch.setenv("VERA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    database = Database(f"sqlite:///{tmp_path / 'vera.db'}")
    metadata.create_all(database.engine)
    world = WorkWorld(database, Keyring.load(tmp_path / "keys.json"), clock, tmp_path)
    world.course.script = lambda _job, _steps: ForPerson()
    world.file("export")
    world.work()
    with database.write() as tx:
        world.tasks.ask(
            tx,
            world.course.jobs[0],
            key="by_hand:archive",
            kind="by_hand",
            system="archive",
            what="Look for ada@example.com [bold]in the paper files[/bold].",
        )
    return world


def vera(*words: str) -> tuple[int, str]:
    result = VERA.invoke(app, ["tasks", *words])
    return result.exit_code, result.output


def test_the_list_says_what_waits_and_names_nobody(world: WorkWorld) -> None:
    status, said = vera()
    (task,) = world.tasks.list_open()
    assert status == 0
    assert task.id[:8] in said
    assert task.reference in said
    assert "Sunday 6 December 2026" in said
    assert "ada" not in said


def test_one_task_says_everything_as_it_was_written(world: WorkWorld) -> None:
    (task,) = world.tasks.list_open()
    status, said = vera("show", task.id[:8])
    assert status == 0
    assert "Look for ada@example.com [bold]in the paper files[/bold]." in said


def test_done_takes_an_answer_and_files_and_the_request_goes_on(
    world: WorkWorld, tmp_path: Path
) -> None:
    (task,) = world.tasks.list_open()
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF box 7")
    status, said = vera(
        "done", task.id[:8], "--answer", "Box 7.", "--attach", str(scan), "--by", "kim"
    )
    assert (status, said) == (0, f"Done: {task.reference}, by hand.\n")
    assert world.work_states() == ["due"]
    found = world.tasks.get(task.id)
    assert found is not None
    assert (found.done_by, found.answer) == ("kim", "Box 7.")
    target = io.BytesIO()
    world.tasks.read_file(found.files[0].id, target)
    assert (found.files[0].media_type, target.getvalue()) == ("application/pdf", b"%PDF box 7")
    assert vera() == (0, "Nothing waits for a person.\n")
    assert "scan.pdf" in vera("show", task.id)[1]
    with world.database.read() as tx:
        noted = tx.execute(select(audit.c.actor, audit.c.act).order_by(audit.c.seq)).all()
    assert noted == [("agent:kim", "task.done")]
    assert vera("done", task.id)[0] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "nothing-like-it"], "There is no such task"),
        (["done", "nothing-like-it"], "There is no such task"),
    ],
)
def test_what_is_not_there_is_one_sentence(world: WorkWorld, words: list[str], says: str) -> None:
    status, said = vera(*words)
    assert status == 1
    assert said.startswith(says)


def test_a_file_that_is_not_there_changes_nothing(world: WorkWorld, tmp_path: Path) -> None:
    (task,) = world.tasks.list_open()
    status, said = vera("done", task.id, "--attach", str(tmp_path / "nowhere.pdf"))
    assert (status, said) == (1, "A file cannot be read or kept (no such file or directory).\n")
    assert world.tasks.list_open() == [task]


def test_a_folder_without_vera_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERA_DATA_DIR", str(tmp_path / "empty"))
    status, said = vera()
    assert status == 1
    assert said.startswith("There is no Vera in ")
    assert not (tmp_path / "empty").exists()

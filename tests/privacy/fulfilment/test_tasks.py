"""What only a person can do: asked once, told without a name, answered with words and files, and then gone on."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from privacy.clock import FixedClock
from privacy.errors import NotPossibleNow
from privacy.fulfilment.job import ForPerson, Job, Outcome, Steps
from privacy.fulfilment.tasks.tasks import Attached
from privacy.fulfilment.vault import attachments
from privacy.fulfilment.vault.attachments import FileTooLarge
from privacy.requests import State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import task, task_file
from tests.privacy.filing.filing_world import INBOX
from tests.privacy.fulfilment.work_world import DONE, WorkWorld

WHAT = "Look for Ada Lovelace <ada@example.com> in the paper files."


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> WorkWorld:
    world = WorkWorld(database, keyring, clock, tmp_path)
    world.course.script = lambda _job, _steps: ForPerson()
    return world


@pytest.fixture
def job(world: WorkWorld) -> Job:
    world.file("export")
    world.work()
    return world.course.jobs[0]


def ask(world: WorkWorld, job: Job, key: str = "by_hand:archive", what: str = WHAT) -> bool:
    with world.database.write() as tx:
        return world.tasks.ask(tx, job, key=key, kind="by_hand", what=what, system="archive")


def test_a_task_is_asked_once_and_told_without_a_name(world: WorkWorld, job: Job) -> None:
    assert ask(world, job)
    assert not ask(world, job, what="The same, in other words.")
    (asked,) = world.tasks.list_open()
    assert (asked.what, asked.system, asked.reference) == (WHAT, "archive", job.reference)
    assert asked.due_at == job.due_at
    (told,) = world.mails.sent("task_for_person")
    assert told.to == INBOX
    assert told.values == {
        "reference": job.reference,
        "kind": "download your data",
        "task": asked.id,
        "reason": "by hand",
        "system": "archive",
        "due": "Sunday 6 December 2026",
    }


def test_what_is_said_is_sealed(world: WorkWorld, job: Job) -> None:
    ask(world, job)
    (asked,) = world.tasks.list_open()
    answer = Attached("Ada's file.pdf", io.BytesIO(b"Ada Lovelace"))
    world.tasks.finish(asked.id, "kim", "Ada was in box 7.", [answer])
    with world.database.read() as tx:
        stored = [*tx.execute(select(task)).one(), *tx.execute(select(task_file)).one()]
    assert all(b"Ada" not in value for value in stored if isinstance(value, bytes))
    assert not any("Ada" in value for value in stored if isinstance(value, str))
    for path in (world.attachments._folder).iterdir():
        assert b"Ada" not in path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_answer_comes_with_files_that_can_be_read_again(world: WorkWorld, job: Job) -> None:
    ask(world, job)
    (asked,) = world.tasks.list_open()
    scan = os.urandom(3_000_000)
    done = world.tasks.finish(
        asked.id,
        "kim",
        "Two sheets.",
        [
            Attached("scan.pdf", io.BytesIO(scan), "application/pdf"),
            Attached("empty", io.BytesIO()),
        ],
    )
    assert (done.is_open, done.done_by, done.answer) == (False, "kim", "Two sheets.")
    sizes = {file.name: (file.size, file.media_type) for file in done.files}
    assert sizes["scan.pdf"] == (3_000_000, "application/pdf")
    assert sizes["empty"] == (0, "application/octet-stream")
    target = io.BytesIO()
    world.tasks.read_file(next(f.id for f in done.files if f.name == "scan.pdf"), target)
    assert target.getvalue() == scan
    with world.database.read() as tx:
        assert world.tasks.of(tx, job.request) == [done]


def test_a_task_is_done_once(world: WorkWorld, job: Job) -> None:
    ask(world, job)
    (asked,) = world.tasks.list_open()
    world.tasks.finish(asked.id, "kim")
    with pytest.raises(NotPossibleNow):
        world.tasks.finish(asked.id, "sam", files=[Attached("late", io.BytesIO(b"late"))])
    with pytest.raises(KeyError):
        world.tasks.finish("no-such-task", "sam")
    assert not any((world.attachments._folder).iterdir())


def test_the_beginning_of_an_id_is_enough_where_it_is_clear(world: WorkWorld, job: Job) -> None:
    ask(world, job)
    (asked,) = world.tasks.list_open()
    found = world.tasks.get(asked.id[:8])
    assert found is not None
    assert found.id == asked.id
    assert world.tasks.get(asked.id[:3]) is None
    assert world.tasks.get("%%%%") is None
    ask(world, job, "another")
    with world.database.write() as tx:
        tx.execute(update(task).where(task.c.key == "another").values(id=asked.id[:8] + "-x"))
    assert world.tasks.get(asked.id[:8]) is None


def test_what_is_due_first_comes_first(world: WorkWorld, job: Job) -> None:
    ask(world, job, "late")
    with world.database.write() as tx:
        soon = world.clock.now() + timedelta(days=1)
        world.tasks.ask(tx, job, key="soon", kind="by_hand", what="x", due_at=soon)
        never = world.clock.now() + timedelta(days=900)
        world.tasks.ask(tx, job, key="never", kind="by_hand", what="x", due_at=never)
    assert [one.key for one in world.tasks.list_open()] == ["soon", "late", "never"]
    assert all(one.due_at <= job.due_at for one in world.tasks.list_open())


class TestFiles:
    def test_one_that_is_too_large_is_not_kept(
        self, world: WorkWorld, job: Job, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attachments, "LARGEST", 1000)
        ask(world, job)
        (asked,) = world.tasks.list_open()
        fits = Attached("fits", io.BytesIO(bytes(1000)))
        with pytest.raises(FileTooLarge):
            world.tasks.finish(asked.id, "kim", "", [fits, Attached("x", io.BytesIO(bytes(1001)))])
        assert world.tasks.list_open() == [asked]
        assert not any((world.attachments._folder).iterdir())

    def test_one_whose_row_was_never_written_is_swept(self, world: WorkWorld, job: Job) -> None:
        orphan, _, _ = world.attachments.store(io.BytesIO(b"left by a crash"))
        ask(world, job)
        (asked,) = world.tasks.list_open()
        done = world.tasks.finish(asked.id, "kim", "", [Attached("kept", io.BytesIO(b"kept"))])
        known = {file.id for file in done.files}
        folder = world.attachments._folder
        real_now = FixedClock(world.clock.now())
        real_now.move(timedelta(seconds=(folder / orphan).stat().st_mtime) - _epoch(real_now))
        assert world.attachments.sweep(known, real_now.now()) == 0
        real_now.move(timedelta(hours=2))
        assert world.attachments.sweep(known, real_now.now()) == 1
        assert {path.name for path in folder.iterdir()} == known

    def test_a_name_that_is_no_id_opens_nothing(self, world: WorkWorld) -> None:
        with pytest.raises(FileNotFoundError):
            world.attachments.copy("../vera.db", "key", io.BytesIO())


def _epoch(clock: FixedClock) -> timedelta:
    return timedelta(seconds=clock.now().timestamp())


@pytest.mark.parametrize("kind", ["tell_recipient", "contact_objected"])
def test_what_has_to_be_done_after_the_end_waits_until_it_is_done(
    world: WorkWorld, kind: str
) -> None:
    """A recipient who has to be called, say: the request is done, and the call is still to be made."""

    def script(job: Job, _: Steps) -> Outcome:
        with world.database.write() as tx:
            world.tasks.ask(tx, job, key=f"{kind}:1", kind=kind, what="Call them.")
            world.tasks.ask(tx, job, key="over", kind="system_down", what="Not needed any more.")
        return DONE

    world.course.script = script
    filed = world.file("access")
    assert world.work() == ["done"]
    (waiting,) = world.tasks.list_open()
    assert (waiting.kind, waiting.reference) == (kind, filed.reference)
    with world.database.read() as tx:
        assert world.tasks.open_ones(tx, waiting.request) == [], "nothing holds the request up"
    world.tasks.finish(waiting.id, "kim", "Called.")
    assert world.tasks.list_open() == []
    assert (world.state(filed.reference), world.work()) == (State.DONE, [])

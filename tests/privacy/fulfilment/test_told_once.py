"""News and tasks are told once however often they are said: on SQLite, and on PostgreSQL, which counts inserted rows
in another way.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.conversations.announcements import Announcements
from privacy.conversations.sessions import Sessions
from privacy.fulfilment.job import ForPerson
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from tests.driving.postgres import EITHER, address
from tests.privacy.conversations.conversation_world import World
from tests.privacy.fulfilment.work_world import WorkWorld


@pytest.fixture(params=EITHER)
def either(request: pytest.FixtureRequest, database: Database) -> Iterator[Database]:
    """Every table of the house, empty, in one kind of database after the other."""
    if request.param == "sqlite":
        yield database
        return
    postgres = Database(address())
    metadata.drop_all(postgres.engine)
    metadata.create_all(postgres.engine)
    yield postgres
    metadata.drop_all(postgres.engine)
    postgres.close()


def test_news_is_said_in_the_conversation_and_said_once(
    either: Database, keyring: Keyring, clock: FixedClock
) -> None:
    world = World(either, keyring, clock)
    messages = world.messages
    announcements = Announcements(world.people, world.wording, world.hub, clock)
    values = {"reference": "PR-1234-5678", "systems": "our shop", "due": "Monday 7 December 2026"}
    with either.write() as tx:
        opened = Sessions(either, keyring, clock).open(tx, "web", "en")
    for key in ("waiting:1", "waiting:1", "waiting:2"):
        with either.write() as tx:
            announcements.tell(tx, opened.conversation, "utter_request_waiting", values, key)
    with either.read() as tx:
        lines = messages.history(tx, opened.conversation, 0, 10)
    assert len(lines) == 2
    assert all("PR-1234-5678" in line.text for line in lines)


def test_a_task_is_asked_and_mailed_once(
    either: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    world = WorkWorld(either, keyring, clock, tmp_path)
    world.course.script = lambda _job, _steps: ForPerson()
    world.file("export")
    world.work()
    [job] = world.course.jobs[:1]
    asked = []
    for _ in range(2):
        with either.write() as tx:
            asked.append(world.tasks.ask(tx, job, key="look:archive", kind="look", what="Look."))
    assert asked == [True, False]
    assert len(world.mails.sent("task_for_person")) == 1

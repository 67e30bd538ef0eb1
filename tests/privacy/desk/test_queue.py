"""The queue of conversations: each in the right view, in the right order, page by page without skipping or doubling."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from privacy.agents.accounts import Agent
from privacy.clock import FixedClock
from privacy.desk.queue import PAGE, VIEWS, Order, Queue, View
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import conversation
from privacy.store.tables.handoff import hand_over
from privacy.store.tables.requests import request
from tests.privacy.conversations.conversation_world import World


@pytest.fixture
def small(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


@pytest.fixture
def anna(small: World) -> Agent:
    return small.hired("Anna")


def everything(small: World, view: View, who: Agent, order: Order = "wait") -> list[str]:
    """All pages of a view, one after the other."""
    queue, found, after = Queue(small.database, small.clock), [], ""
    while True:
        page = queue.page(view, who.id, order, after)
        assert len(page.rows) <= PAGE
        found += [row.conversation for row in page.rows]
        if not page.next:
            return found
        after = page.next


def wait_in_line(small: World, count: int, since: datetime) -> list[str]:
    """Conversations that began to wait at the same moment, by twos."""
    names = [f"web:{n:032d}" for n in range(count)]
    with small.database.write() as tx:
        for n, name in enumerate(names):
            at = since + timedelta(seconds=n // 2)
            tx.execute(
                insert(conversation).values(
                    id=name,
                    channel="web",
                    language="en",
                    session=uuid.uuid4().hex,
                    created_at=at,
                    last_seen_at=at,
                )
            )
            tx.execute(
                insert(hand_over).values(
                    id=f"{n:036d}",
                    conversation=name,
                    reason="asked",
                    mode="live",
                    asked_at=at,
                    waiting_since=at,
                    version=1,
                )
            )
    return names


def test_pages_skip_nobody_and_double_nobody(small: World, anna: Agent) -> None:
    names = wait_in_line(small, 2 * PAGE + 7, small.clock.now() - timedelta(hours=1))
    assert everything(small, "waiting", anna) == names
    assert Queue(small.database, small.clock).counts(anna.id)["waiting"] == len(names)


def test_who_left_the_queue_meanwhile_moves_nobody_out_of_sight(small: World, anna: Agent) -> None:
    names = wait_in_line(small, PAGE + 10, small.clock.now() - timedelta(hours=1))
    queue = Queue(small.database, small.clock)
    first = queue.page("waiting", anna.id)
    for name in names[:5]:
        small.people.claim(name, anna)
    rest = queue.page("waiting", anna.id, "wait", first.next)
    assert [row.conversation for row in rest.rows] == names[PAGE:]


def test_the_clock_of_the_law_comes_first_where_that_is_asked(small: World, anna: Agent) -> None:
    names = wait_in_line(small, 4, small.clock.now() - timedelta(hours=1))
    due = small.clock.now() + timedelta(days=2)
    with small.database.write() as tx:
        for n, (name, at) in enumerate([(names[3], due), (names[1], due + timedelta(days=5))]):
            tx.execute(insert(request).values(**row(name, n, at)))
    assert everything(small, "waiting", anna, "clock") == [names[3], names[1], names[0], names[2]]
    shown = Queue(small.database, small.clock).page("waiting", anna.id, "clock").rows
    assert [one.due_at for one in shown[:3]] == [due, due + timedelta(days=5), None]


def test_each_is_in_one_view(small: World, anna: Agent) -> None:
    names = wait_in_line(small, 5, small.clock.now() - timedelta(hours=1))
    ben = small.hired("Ben")
    small.people.claim(names[0], anna)
    small.people.claim(names[1], ben)
    small.people.claim(names[2], anna)
    small.people.snooze(names[2], anna, small.clock.now() + timedelta(hours=1))
    with small.database.write() as tx:
        tx.execute(
            update(hand_over).where(hand_over.c.conversation == names[3]).values(mode="left")
        )
    expected: dict[View, list[str]] = {
        "waiting": [names[4]],
        "mine": [names[0]],
        "others": [names[1]],
        "left": [names[3]],
        "snoozed": [names[2]],
    }
    assert {view: everything(small, view, anna) for view in VIEWS} == expected
    assert everything(small, "others", ben) == [names[0], names[2]]
    small.clock.move(timedelta(hours=1, seconds=1))
    assert everything(small, "mine", anna) == [names[0], names[2]]


@pytest.mark.parametrize("after", ["", "~", "x~y", "1e999~z", "nan~", "-1~x", "9" * 40])
def test_a_position_that_nobody_gave_begins_at_the_front(
    small: World, anna: Agent, after: str
) -> None:
    wait_in_line(small, 3, small.clock.now())
    page = Queue(small.database, small.clock).page("waiting", anna.id, "wait", after)
    assert len(page.rows) == 3


def row(name: str, n: int, due: datetime) -> dict[str, object]:
    return {
        "id": f"{n:036d}",
        "reference": f"PR-{n:09d}"[:12],
        "kind": "access",
        "subject_index": f"{n}",
        "sealed_subject": b"",
        "sealed_contact": b"",
        "sealed_details": b"",
        "state": "in_progress",
        "received_at": due - timedelta(days=15),
        "due_at": due,
        "conversation": name,
        "turn": f"{n}",
        "channel": "web",
        "language": "en",
        "version": 1,
    }

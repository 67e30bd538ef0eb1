"""Pages of requests: each view holds what it says, nobody is skipped or shown twice, and a page costs what a page costs."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from privacy.agents.roles import Role
from privacy.desk.requests.lists import MOST, PAGE, VIEWS
from privacy.errors import NotAllowed
from privacy.requests import CLOSED, State
from privacy.store.tables.requests import request
from tests.privacy.desk.desk_world import DeskWorld


def fill(world: DeskWorld, count: int, **more: Any) -> None:
    """So many requests, one a minute, due one a minute."""
    now: datetime = world.clock.now()
    rows = [
        {
            "id": f"{more.get('state', 'received')}-{number:06}",
            "reference": f"PR-{more.get('state', 'received')[:2]}{number:06}",
            "kind": "access",
            "subject_index": f"{more.get('state', '')}{number}",
            "scope": "",
            "sealed_subject": b"",
            "sealed_contact": b"",
            "sealed_details": b"",
            "state": "received",
            "received_at": now - timedelta(minutes=number),
            "due_at": now + timedelta(days=15) - timedelta(minutes=number // 2),
            "conversation": f"web:{more.get('state', '')}{number}",
            "turn": "turn",
            "channel": "web",
            "language": "en",
            "version": 1,
            **more,
        }
        for number in range(count)
    ]
    with world.database.write() as tx:
        tx.execute(insert(request), rows)


@pytest.mark.parametrize("order", ["clock", "wait"])
def test_pages_join_without_a_gap_and_in_order(either: DeskWorld, order: Any) -> None:
    fill(either, 3 * PAGE - 10)
    seen, after, pages = [], "", 0
    while True:
        page = either.desk.lists.requests("open", either.agent, order, after)
        seen += page.rows
        pages += 1
        if not page.next:
            break
        after = page.next
    assert pages == 3
    assert len({row.reference for row in seen}) == len(seen) == 3 * PAGE - 10
    places = [row.due_at if order == "clock" else row.received_at for row in seen]
    assert places == sorted(places)


def test_what_is_closed_begins_with_the_newest(either: DeskWorld) -> None:
    fill(either, 5)
    fill(either, PAGE + 1, state="done", closed_at=either.clock.now())
    first = either.desk.lists.requests("decided", either.agent)
    second = either.desk.lists.requests("decided", either.agent, after=first.next)
    assert (len(first.rows), len(second.rows), second.next) == (PAGE, 1, "")
    newest = either.desk.lists.requests("all", either.agent).rows
    assert [row.received_at for row in newest] == sorted(
        (row.received_at for row in newest), reverse=True
    )


def test_each_view_holds_what_it_says(either: DeskWorld) -> None:
    states = {state: either.another() for state in State}
    for state, filed in states.items():
        either.put(filed, state)
    helped = either.ask(states[State.IN_PROGRESS])
    either.desk.deciding.refuse(
        states[State.RECEIVED].reference, "excessive", either.agent, "client"
    )
    either.desk.tasks.take(helped, either.agent)
    either.clock.move(timedelta(days=16))
    found = {
        view: {row.reference for row in either.desk.lists.requests(view, either.agent).rows}
        for view in VIEWS
    }
    still_open = {filed.reference for state, filed in states.items() if state not in CLOSED}
    assert found["open"] == found["overdue"] == still_open
    assert found["person"] == {
        states[state].reference
        for state in (State.CHECKING_IDENTITY, State.IN_PROGRESS, State.RECEIVED)
    }
    assert found["proposals"] == {states[State.RECEIVED].reference}
    assert found["mine"] == {states[State.IN_PROGRESS].reference}
    assert found["snoozed"] == set()
    assert found["scheduled"] == {states[State.SCHEDULED].reference}
    assert found["decided"] == {states[state].reference for state in CLOSED}
    assert found["all"] == {filed.reference for filed in states.values()}
    counts = either.desk.lists.counts(either.agent)
    assert {view: len(found[view]) for view in counts} == dict(counts)


def test_a_count_goes_no_further_than_it_is_shown(world: DeskWorld) -> None:
    fill(world, MOST + 20)
    assert world.desk.lists.counts(world.agent)["open"] == MOST


def test_who_keeps_the_desk_running_reads_no_requests(world: DeskWorld) -> None:
    nobody = world.hire("max", Role.ADMINISTRATOR)
    for read in (world.desk.lists.requests, world.desk.lists.tasks):
        with pytest.raises(NotAllowed):
            read("mine", nobody)  # type: ignore[operator]


def test_every_list_walks_along_an_index(world: DeskWorld) -> None:
    """SQLite says how it would find the rows: never by reading all of them, and never by sorting them."""
    asked: list[tuple[str, Any]] = []

    @event.listens_for(world.database.engine, "before_cursor_execute")
    def listen(_c: Any, _cu: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT request.id"):
            asked.append((statement, parameters))

    for view in ("open", "overdue", "decided", "all", "in_progress", "scheduled"):
        for order in ("clock", "wait"):
            world.desk.lists.requests(view, world.agent, order, "20261121T100000000000~x")  # type: ignore[arg-type]
    event.remove(world.database.engine, "before_cursor_execute", listen)
    assert len(asked) == 12
    for statement, parameters in asked:
        with world.database.read() as tx:
            plan = tx.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[3]) for row in plan.fetchall()]
        first = steps[0]
        assert "USING INDEX" in first, (first, statement)
    assert world.database.engine.dialect.name == "sqlite"
    with world.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM request")).scalar_one() == 0

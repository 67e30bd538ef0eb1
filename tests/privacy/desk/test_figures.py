"""The figures of known requests, worked out by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from privacy.agents.roles import Role
from privacy.desk.figures import ALL, Figure, csv_rows
from privacy.filing import Filed
from privacy.requests import Reason, State
from privacy.store.tables.requests import request, request_event
from tests.privacy.desk.desk_world import DeskWorld
from tests.privacy.desk.test_deciding import refused

DAY = timedelta(days=1)


def closed(
    world: DeskWorld,
    filed: Filed,
    days: float,
    state: State = State.DONE,
    reason: Reason | None = None,
) -> None:
    """So many days after it came, by Vera alone."""
    row = world.row(filed)
    with world.database.write() as tx:
        tx.execute(
            request.update()
            .where(request.c.id == row["id"])
            .values(
                state=state.value,
                closed_at=row["received_at"] + days * DAY,
                reason=reason and reason.value,
            )
        )


def figures(world: DeskWorld) -> dict[tuple[date, str], Figure]:
    return {(one.month, one.kind): one for one in world.desk.figures.table(world.officer)}


def test_they_are_what_they_are_by_hand(either: DeskWorld) -> None:
    november = date(2026, 11, 1)  # all are received on 21 November 2026, 11:00 in Berlin
    for days in (0, 2, 7):
        closed(either, either.another(), days)
    closed(either, either.file("delete"), 9, reason=Reason.KEPT_IN_PART)
    closed(either, either.file("restrict"), 3, State.CANCELLED, Reason.BY_CUSTOMER)
    helped = either.file("correct")
    with either.database.write() as tx:
        tx.execute(
            request_event.insert().values(
                request=either.row(helped)["id"],
                seq=9,
                at=either.clock.now(),
                actor=either.agent.actor,
                event="finished",
                data={},
            )
        )
    closed(either, helped, 4, State.DECLINED, Reason.OTHER)
    either.file("export")  # open, due on 6 December
    either.clock.move(timedelta(days=20))
    found = figures(either)
    assert found[november, "access"] == Figure(
        month=november,
        kind="access",
        received=3,
        done=3,
        done_in_part=0,
        refused=0,
        taken_back=0,
        median_days=2,
        mean_days=3,
        missed=0,
        automated=1.0,
    )
    every = found[november, ALL]
    assert (every.received, every.done, every.done_in_part) == (7, 4, 1)
    assert (every.refused, every.taken_back) == (1, 1)
    assert (every.median_days, every.mean_days) == (4, 22 / 5)  # of 0, 2, 4, 7 and 9 days
    assert every.automated == 4 / 5
    december = found[date(2026, 12, 1), ALL]
    assert (december.received, december.missed, december.median_days) == (0, 1, None)
    assert found[november, "correct"].automated == 0


def test_a_task_that_a_person_did_is_a_hand_in_it(world: DeskWorld) -> None:
    by_hand, alone = world.file("access"), world.file("delete")
    world.desk.tasks.finish(world.ask(by_hand, kind="look_by_hand"), "Nothing.", [], world.agent)
    for filed in (by_hand, alone):
        closed(world, filed, 1)
    found = figures(world)
    assert found[date(2026, 11, 1), "access"].automated == 0
    assert found[date(2026, 11, 1), "delete"].automated == 1


def test_a_refusal_counts_as_one(world: DeskWorld) -> None:
    refused(world, world.file("access"))
    [one] = [f for f in figures(world).values() if f.kind == "access"]
    assert (one.done, one.refused, one.automated, one.median_days) == (0, 1, 0, 0)


def test_a_day_is_one_of_the_company(world: DeskWorld) -> None:
    """Received at 23:30 UTC on the last of November is received in December in Berlin."""
    world.clock.move(datetime(2026, 11, 30, 23, 30, tzinfo=UTC) - world.clock.now())
    closed(world, world.file("access"), 0)
    assert {month for month, _ in figures(world)} == {date(2026, 12, 1)}


def test_what_was_counted_is_kept_the_longer_the_more_it_was(world: DeskWorld) -> None:
    world.file("access")
    assert figures(world)[date(2026, 11, 1), ALL].received == 1
    world.file("delete")
    assert figures(world)[date(2026, 11, 1), ALL].received == 1
    world.clock.move(timedelta(seconds=1))  # of one request, for a hundredth
    assert figures(world)[date(2026, 11, 1), ALL].received == 2


def test_months_that_are_over_stay_beside_this_one(world: DeskWorld) -> None:
    closed(world, world.file("access"), 2)
    world.desk.figures.count_ahead()
    world.clock.move(timedelta(days=20))
    world.file("delete")
    found = figures(world)
    assert [
        (month.month, one.received, one.done) for (month, kind), one in found.items() if kind == ALL
    ] == [
        (12, 1, 0),
        (11, 1, 1),
    ]


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_them(world: DeskWorld, role: Role) -> None:
    assert world.desk.figures.table(world.hire("max", role)) == []


def test_a_spreadsheet_takes_them_as_numbers_and_words() -> None:
    one = Figure(date(2026, 11, 1), "access", 3, 3, 1, 0, 0, 2.0, 3.25, 1, 2 / 3)
    none = Figure(date(2026, 11, 1), ALL, 0, 0, 0, 0, 0, None, None, 0, None)
    heads, first, second = csv_rows([one, none])
    assert dict(zip(heads, first, strict=True)) == {
        "month": "2026-11",
        "kind": "access",
        "received": "3",
        "done_in_whole": "2",
        "done_in_part": "1",
        "refused": "0",
        "taken_back": "0",
        "median_days": "2.0",
        "mean_days": "3.2",
        "missed_dates": "1",
        "automated_percent": "67",
    }
    assert second[7:11] == ("", "", "0", "")

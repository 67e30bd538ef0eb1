"""Legal holds: what a person placed stops a deletion before its first row, and a lifted one stops nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from privacy.clock import FixedClock
from privacy.requests import State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import legal_hold
from tests.privacy.filing.filing_world import POLICY
from tests.privacy.fulfilment.delete.deletion_world import JANE, DeletionWorld, contact


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> DeletionWorld:
    return DeletionWorld(database, keyring, clock, tmp_path)


def place(world: DeletionWorld, text: str = JANE) -> str:
    who = contact(text)
    with world.database.write() as tx:
        return world.holds.place(
            tx, who, world.directory.find(who), reason="Case 12 U 34/26", by="kim"
        )


def lift(world: DeletionWorld, hold: str) -> bool:
    with world.database.write() as tx:
        return world.holds.lift(tx, hold, by="kim")


def test_a_hold_stops_the_deletion_and_the_customer_is_told(world: DeletionWorld) -> None:
    hold = place(world)
    before = world.dump()
    filed = world.delete()
    assert world.ended == ["for_person"]
    assert world.dump() == before
    assert not world.ledger.exists()
    assert world.wordings() == ["utter_deletion_held"]
    # It has not begun, so it can still be taken back.
    assert world.state(filed.reference) is State.IN_PROGRESS
    [task] = world.tasks.list_open()
    assert task.kind == "legal_hold"

    # Finished too early: it is asked again, and the customer hears it once.
    world.tasks.finish(task.id, "kim")
    assert world.work() == ["for_person"]
    assert world.dump() == before
    [task] = world.tasks.list_open()
    assert world.wordings() == ["utter_deletion_held"]

    assert lift(world, hold)
    world.tasks.finish(task.id, "kim")
    assert world.work() == ["done"]
    assert world.directory.find(contact(JANE)) == []
    assert world.state(filed.reference) is State.DONE


def test_a_hold_that_comes_between_two_systems_stops_the_rest(world: DeletionWorld) -> None:
    world.file_delete()
    world.clock.move(timedelta(days=POLICY.deletion.undo_days))
    away = world.folder / "newsletter.db"
    counts = world.directory.system("support").counts

    def gone_then(*args: object) -> object:
        if away.exists():
            away.rename(away.with_suffix(".away"))
        return counts(*args)  # type: ignore[arg-type]

    world.directory.system("support").counts = gone_then  # type: ignore[method-assign, assignment]
    assert world.work() == ["down"]
    away.with_suffix(".away").rename(away)
    before = world.dump("shop", "newsletter")
    place(world, "+49 30 23125101")  # by the phone number this time
    world.clock.move(timedelta(hours=2))
    assert world.work() == ["for_person"]
    assert world.dump("shop", "newsletter") == before


def test_every_contact_of_the_person_leads_to_the_hold(world: DeletionWorld) -> None:
    place(world)
    with world.database.read() as tx:
        for text in (JANE, " JANE.Miller@Example.com", "030 23125101", "+49 30 23125101"):
            assert world.holds.is_held(tx, world.holds.indexes([contact(text)]))
        assert world.holds.is_held(tx, world.holds.indexes([], [world.subject(JANE)]))
        other = world.holds.indexes([contact("karl.sammler@example.com")])
        assert not world.holds.is_held(tx, other)


def test_a_hold_is_lifted_once_and_as_a_whole(world: DeletionWorld) -> None:
    hold = place(world)
    with world.database.read() as tx:
        [found] = world.holds.all(tx)
    assert (found.id, found.reason, found.placed_by) == (hold, "Case 12 U 34/26", "kim")
    assert not lift(world, "nothing")
    assert not lift(world, "%")
    assert lift(world, hold)
    assert not lift(world, hold)
    with world.database.read() as tx:
        assert world.holds.all(tx) == []
        [ended] = world.holds.all(tx, lifted=True)
        assert ended.lifted_at == world.clock.now()
        assert not world.holds.is_held(tx, world.holds.indexes([contact(JANE)]))


def test_nothing_of_the_person_or_the_case_can_be_read_in_the_table(world: DeletionWorld) -> None:
    place(world)
    with world.database.read() as tx:
        text = repr(tx.execute(select(legal_hold)).all())
    for secret in ("jane", "miller", "23125101", "Case 12"):
        assert secret not in text


def test_somebody_unknown_can_be_held_too(world: DeletionWorld) -> None:
    place(world, "nobody@example.com")
    with world.database.read() as tx:
        assert world.holds.is_held(tx, world.holds.indexes([contact("nobody@example.com")]))

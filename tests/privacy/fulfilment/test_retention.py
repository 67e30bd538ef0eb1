"""Everything that Vera keeps about somebody has an end, and its timers meet it; one that fails holds up no other."""

import asyncio
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from command import audit_command
from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.filing import Filed
from privacy.fulfilment.books.requested import job
from privacy.fulfilment.export.packages import PackageGone
from privacy.fulfilment.tasks.by_hand import LOOK
from privacy.fulfilment.tasks.tasks import Attached
from privacy.store.tables.fulfilment import package, task, work
from privacy.wiring import vera as wired
from tests.privacy.fulfilment.vera_world import JANE, KARL, VeraWorld, contact, vera_world

DAY = timedelta(days=1)
HANGING = ("work", "progress", "task", "task_file", "package", "disclosure", "request_alias",
           "request_event", "request_deadline", "request")  # fmt: skip


class NoEngine:
    """Nothing runs here, so there is nothing to forget."""

    def forget(self, before: object) -> int:
        return 0


@pytest.fixture
def world(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VeraWorld]:
    with vera_world(tmp_path / "vera", clock) as world:
        monkeypatch.setattr(world.vera.fulfilment, "_engine", NoEngine())
        yield world


def tidy(world: VeraWorld) -> None:
    """All chores once; none may fail."""
    for chore in world.vera._chores():
        chore()


def months(world: VeraWorld, count: int) -> timedelta:
    """Until the day after so many months from now."""
    now = world.clock.now()
    month = now.month - 1 + count
    return now.replace(year=now.year + month // 12, month=month % 12 + 1) - now + DAY


def ask_person(world: VeraWorld, filed: Filed) -> None:
    """A task that a person has answered, with a file."""
    about = job(world.keyring, world.row(filed), 1, {})
    tasks = world.vera.fulfilment.tasks
    with world.vera.database.write() as tx:
        tasks.ask(tx, about, key="look:paper", kind=LOOK, system="paper", what=f"Look for {JANE}.")
    [one] = tasks.list_open()
    tasks.finish(one.id, "kim", "A letter of Jane's.", [Attached("letter.txt", io.BytesIO(b"Dear"))])  # fmt: skip


def files(world: VeraWorld) -> list[Path]:
    return [path for path in (world.folder / "files").rglob("*") if path.is_file()]


# -- soon ----------------------------------------------------------------------------------------------------------------


def test_a_package_is_gone_when_its_hours_are_over(world: VeraWorld) -> None:
    filed = world.done("export")
    request, subjects = world.row(filed)["id"], world.subjects()
    there = world.vera.packages.open_for(request, subjects)
    assert there is not None
    hours = world.vera.policy.fulfilment.package_hours
    world.later(hours=hours - 1)
    tidy(world)
    assert list(world.vera.packages.take(there.id, subjects).pieces)
    world.later(hours=2)
    tidy(world)
    gone = world.vera.packages.open_for(request, subjects)
    assert gone is not None
    assert gone.state == "expired"
    assert list((world.folder / "packages").rglob("*.age")) == []
    with world.vera.database.read() as tx:
        assert tx.execute(select(package.c.sealed_key)).scalar_one() is None
    with pytest.raises(PackageGone):
        world.vera.packages.take(there.id, subjects)
    assert world.letters("package_removed") == [], "who fetched it knows what they have"


def test_who_never_fetched_a_package_is_told_that_it_is_gone(world: VeraWorld) -> None:
    world.done("export")
    world.later(hours=world.vera.policy.fulfilment.package_hours)
    for _ in range(2):
        tidy(world)
    assert [letter.to for letter in world.letters("package_removed")] == [JANE]


def test_a_code_opens_a_page_for_an_hour_at_most_and_then_nobody_knows_of_it(
    world: VeraWorld,
) -> None:
    visit = world.visit()
    filed = world.file("access", visit=visit)
    world.work()
    world.vera.disclose(visit.conversation, filed.reference)
    world.later(minutes=world.vera.policy.codes.verified_max_minutes - 1)
    tidy(world)
    assert world.count("disclosure") == 1
    world.later(minutes=2)
    tidy(world)
    assert world.count("disclosure") == 0
    world.later(hours=world.vera.policy.retention.code_rows_hours + 1)
    tidy(world)
    assert (world.count("challenge"), world.count("proof")) == (0, 0)
    world.later(days=3)
    tidy(world)
    assert world.count("budget") == 0


def test_where_rows_were_and_what_persons_brought_goes_with_the_page(world: VeraWorld) -> None:
    filed = world.file("access")
    ask_person(world, filed)
    assert world.work() == ["done"]
    request = world.row(filed)["id"]
    days = world.vera.policy.fulfilment.view_days
    world.later(days=days - 1)
    tidy(world)
    assert world.vera.fulfilment.standing(request).places
    assert len(files(world)) == world.count("task_file") == 1
    world.later(days=2)
    tidy(world)
    assert world.vera.fulfilment.standing(request).places is None
    assert (files(world), world.count("task_file")) == ([], 0)
    with world.vera.database.read() as tx:
        [[answer, by]] = tx.execute(select(task.c.sealed_answer, task.c.done_by)).all()
    assert (answer, by) == (None, "kim")


def test_after_a_deletion_nothing_tells_where_the_rows_were(world: VeraWorld) -> None:
    world.done("delete")
    tidy(world)
    with world.vera.database.read() as tx:
        assert tx.execute(select(work.c.sealed_places, work.c.sealed_notes)).all() == [(None, None)]


def test_a_conversation_goes_with_all_that_hangs_on_it(world: VeraWorld) -> None:
    visit = world.visit()
    filed = world.file("restrict", visit=visit)
    world.work()
    with world.vera.database.write() as tx:
        world.vera.acts._kept.keep(tx, visit.conversation, "email", JANE)
        world.vera.acts._left_messages.take(
            tx, visit.conversation, "Call me", Contact("email", JANE), "turn"
        )
    with world.vera.database.write() as tx:
        tx.exec_driver_sql("UPDATE mail SET next_attempt_at = NULL, state = 'sent'")
    told = (
        "message",
        "kept_value",
        "draft",
        "announcement",
        "conversation",
        "left_message",
        "mail",
    )
    retention = world.vera.policy.retention
    world.later(days=min(retention.transcript_days, retention.values_days) - 1)
    tidy(world)
    assert all(world.count(table) for table in told), {t: world.count(t) for t in told}
    world.later(days=2)
    for _ in range(2):
        tidy(world)
    assert {table: world.count(table) for table in told} == dict.fromkeys(told, 0)
    assert world.row(filed)["state"] == "done"


def test_a_way_back_is_forgotten_a_while_after_it_closed(world: VeraWorld) -> None:
    world.done("correct", field="email", value="jane.new@example.org")
    world.later(days=36)
    tidy(world)
    assert world.count("objection") == 1
    world.later(days=2)
    tidy(world)
    assert world.count("objection") == 0


# -- after two years ---------------------------------------------------------------------------------------------------


def a_bit_of_everything(world: VeraWorld) -> None:
    """A request of each kind, one with a task, a file and a page that was opened, one asked for twice, one taken back."""
    visit = world.visit()
    seen = world.file("access", visit=visit)
    ask_person(world, seen)
    world.vera.disclose(visit.conversation, seen.reference)
    world.file("export")
    world.file("object")
    world.file("object")
    world.file("correct", field="phone", value="+49 171 3925777")
    gone = world.file("delete", KARL)
    world.work()
    taken_back = world.file("restrict", KARL)
    world.vera.disclose(visit.conversation, taken_back.reference)
    world.vera.filing.cancel(taken_back.reference, world.subjects(KARL), world.turn())
    world.later(days=8)
    world.work()
    assert world.row(gone)["state"] == "done"


def test_the_record_of_a_request_goes_after_its_months_with_all_that_hangs_on_it(
    world: VeraWorld,
) -> None:
    a_bit_of_everything(world)
    keep_open = world.file("delete", "dana.kowalski@example.com")
    held = {table: world.count(table) for table in HANGING}
    assert all(held.values()), held
    over = months(world, world.vera.policy.retention.request_record_months)
    world.clock.move(over - 12 * DAY)
    world.vera.filing.retire_old(world.vera.fulfilment.forget)
    assert {table: world.count(table) for table in HANGING} == held
    world.clock.move(12 * DAY)
    world.vera.filing.retire_old(
        world.vera.fulfilment.forget
    )  # the first of all chores, before any other timer
    dates = len(world.vera.filing.law_dates(world.row(keep_open)["id"]))
    left = {"request": 1, "work": 1, "request_event": 2, "request_deadline": dates}
    assert {table: world.count(table) for table in HANGING} == dict.fromkeys(HANGING, 0) | left
    assert world.row(keep_open)["state"] == "scheduled"
    assert files(world) == []
    tidy(world)


def test_a_record_is_retired_even_where_its_page_was_opened_just_now(world: VeraWorld) -> None:
    """A request that nobody ever worked on has no work, and may have been looked at a minute ago."""
    visit = world.visit()
    filed = world.file(
        "restrict", "family.brandt@example.com"
    )  # shared: a person finds out who asks
    assert world.row(filed)["state"] == "checking_identity"
    subjects = world.subjects("family.brandt@example.com")
    world.vera.filing.cancel(filed.reference, subjects, world.turn())
    world.clock.move(months(world, 24))
    world.vera.disclose(visit.conversation, filed.reference)
    tidy(world)
    assert (world.count("request"), world.count("disclosure")) == (0, 0)


def test_many_old_requests_go_in_one_go(world: VeraWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privacy.fulfilment.fulfilment._AT_ONCE", 2)
    for kind in ("access", "restrict", "object", "withdraw_consent", "export"):
        world.file(kind)
    world.work()
    world.clock.move(months(world, 24))
    tidy(world)
    assert [world.count(table) for table in ("request", "work", "progress", "package")] == [0] * 4


def test_a_hold_that_was_lifted_is_forgotten_and_one_in_force_is_not(world: VeraWorld) -> None:
    holds = world.vera.carrying.holds
    with world.vera.database.write() as tx:
        people = {who: world.vera.directory.find(contact(who)) for who in (JANE, KARL)}
        lifted, kept = (
            holds.place(tx, contact(who), found, reason="Case", by="kim")
            for who, found in people.items()
        )
        holds.lift(tx, lifted, by="kim")
    world.clock.move(months(world, 23))
    tidy(world)
    with world.vera.database.read() as tx:
        assert len(holds.all(tx, lifted=True)) == 2
    world.clock.move(32 * DAY)
    tidy(world)
    with world.vera.database.read() as tx:
        assert [hold.id for hold in holds.all(tx, lifted=True)] == [kept]


# -- later ---------------------------------------------------------------------------------------------------------------


def test_the_audit_forgets_its_old_end_and_still_holds(world: VeraWorld) -> None:
    world.done("access")
    tidy(world)
    entries = len(world.audit())
    world.clock.move(months(world, world.vera.policy.retention.audit_months) - 3 * DAY)
    tidy(world)
    assert len(world.audit()) > entries, "the record's own end is noted"
    world.clock.move(4 * DAY)
    world.done("access", KARL)
    tidy(world)
    assert world.count("audit_checkpoint") == 1
    assert {line.act for line in world.audit()} >= {"audit.forgotten", "request.finished"}
    said: list[str] = []
    assert audit_command.verify(world.vera.settings, said.append), said
    assert "unbroken" in said[0]


def test_what_a_law_keeps_goes_when_its_time_is_over(world: VeraWorld) -> None:
    invoices = (
        "SELECT count(*) FROM invoices i JOIN orders o ON o.id = i.order_id WHERE o.customer_id = ?"
    )
    [(row,)] = world.ask("shop", "SELECT id FROM customers WHERE email = ?", JANE)
    filed = world.done("delete")
    [(kept,)] = world.ask("shop", invoices, row)
    assert kept > 0
    world.later(days=365 * 3)
    tidy(world)
    assert world.count("request") == 0, "their own record went before"
    assert world.count("kept_record") >= 1
    assert world.ask("shop", invoices, row)[0][0] > 0
    world.later(days=366 * 9)
    tidy(world)
    assert world.ask("shop", invoices, row) == [(0,)]
    assert world.ask("shop", "SELECT count(*) FROM customers WHERE id = ?", row) == [(0,)]
    world.later(days=500)
    tidy(world)
    assert world.count("kept_record") == 0
    assert filed.reference not in str(world.audit())


# -- one that fails ------------------------------------------------------------------------------------------------------


def test_a_chore_that_fails_holds_up_no_other(
    world: VeraWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera, stop = world.vera, asyncio.Event()
    done: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def broken(name: str) -> Callable[..., int]:
        def act(*_: object) -> int:
            done.append(name)
            raise RuntimeError(name)

        return act

    def last() -> int:
        done.append("last")
        if done.count("last") == 2:
            loops[0].call_soon_threadsafe(stop.set)
        return 0

    chores = [broken(f"chore {number}") for number in range(3)]
    monkeypatch.setattr(wired, "_TIDY_EVERY", 0.01)
    monkeypatch.setattr(wired.Vera, "_chores", lambda _self: [*chores, last])
    monkeypatch.setattr(wired.Vera, "_end_again", broken("kept rows"))

    async def story() -> None:
        loops.append(asyncio.get_running_loop())
        await asyncio.wait_for(vera._tidy_up(stop), 20)

    asyncio.run(story())
    once = ["kept rows", "chore 0", "chore 1", "chore 2", "last"]
    assert done[: 2 * len(once)] == once * 2, "what failed is tried again"


def test_systems_that_a_ledger_could_not_be_replayed_in_are_asked_until_they_can(
    world: VeraWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[frozenset[str]] = []

    def replay(_: object, only: frozenset[str]) -> frozenset[str]:
        asked.append(only)
        if len(asked) < 3:
            raise RuntimeError("away")
        return frozenset({"shop"} if len(asked) == 3 else ())

    monkeypatch.setattr(wired, "_ASK_AGAIN", 0.01)
    monkeypatch.setattr(wired, "_TIDY_EVERY", 0.02)
    monkeypatch.setattr(wired.Vera, "_erase_again", replay)
    both = frozenset({"shop", "support"})
    asyncio.run(asyncio.wait_for(world.vera._clean(asyncio.Event(), both), 20))
    assert asked == [both, both, both, frozenset({"shop"})]


def test_nothing_is_forgotten_before_its_time(world: VeraWorld) -> None:
    """The day after: everything is as it was."""
    a_bit_of_everything(world)
    kept = {table: world.count(table) for table in HANGING if table != "disclosure"}
    said = world.count("message")
    world.later(days=1)
    tidy(world)
    assert {table: world.count(table) for table in kept} == kept
    assert world.count("message") == said

"""Settling who is asking, tasks that are taken, systems that are tried again, and legal holds."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from privacy.agents.roles import Role
from privacy.audit import Audit
from privacy.desk.errors import (
    HoldGone,
    NoSuchPerson,
    NothingToTry,
    NotInThisState,
    PersonHasOne,
    ReasonMissing,
    SnoozeTooLong,
    TaskDone,
    TaskNotYours,
    TaskTaken,
)
from privacy.errors import NotPossibleNow, SystemDown
from privacy.fulfilment.job import ForPerson, SystemsDown
from privacy.fulfilment.tasks.tasks import Attached
from privacy.requests import State
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.store.tables.audit import audit
from privacy.store.tables.fulfilment import work
from tests.privacy.desk.desk_world import SHARED, DeskWorld
from tests.privacy.desk.test_deciding import at_once, letter
from tests.privacy.filing.filing_world import draft, record


class TestWhoIsAsking:
    def test_it_goes_on_for_that_person_alone(self, either: DeskWorld) -> None:
        filed = either.shared()
        assert filed.state is State.CHECKING_IDENTITY
        assert either.work_states() == []
        either.desk.identity.settle(filed.reference, "shop:17", either.officer, "c")
        assert either.events(filed)[-1] == ("identity_settled", either.officer.actor)
        assert [one.reference for one in either.filing.overview(["shop:17"])] == [filed.reference]
        assert either.filing.overview(["shop:17", "shop:18"]) == []
        assert either.woken == 1
        assert either.work() == ["done"]

    def test_letters_go_to_a_contact_that_nobody_else_has(self, world: DeskWorld) -> None:
        filed = world.shared()
        world.desk.identity.settle(filed.reference, "shop:17", world.officer, "c")
        assert world.mails.sent("identity_settled")[0].to == "ada@example.com"
        assert "Use it from now on: codes for the pages of this request come to it." in letter(
            world, "identity_settled"
        )
        assert world.wordings() == ["utter_identity_settled"]

    def test_where_there_is_none_the_shared_one_stays(self, world: DeskWorld) -> None:
        filed = world.shared()
        world.desk.identity.settle(filed.reference, "shop:18", world.officer, "c")
        assert world.mails.sent("identity_settled")[0].to == SHARED.value
        assert "Use it from now on" not in letter(world, "identity_settled")

    def test_a_deletion_gets_its_days_to_undo_from_then_on_and_is_never_late(
        self, world: DeskWorld
    ) -> None:
        early = world.shared("delete")
        world.clock.move(timedelta(days=10))
        world.desk.identity.settle(early.reference, "shop:17", world.officer, "c")
        assert world.state(early.reference) is State.SCHEDULED
        assert world.work_row(early.reference)["due_at"] == world.clock.now() + timedelta(days=7)
        assert "Can be undone until: Tuesday 8 December 2026" in letter(world, "identity_settled")

    def test_settled_late_it_is_still_done_in_time(self, world: DeskWorld) -> None:
        filed = world.shared("delete")
        world.clock.move(timedelta(days=25))
        world.desk.identity.settle(filed.reference, "shop:17", world.officer, "c")
        assert world.work_row(filed.reference)["due_at"] == filed.due_at - timedelta(days=1)

    def test_only_one_of_those_who_share_it_and_only_once(self, world: DeskWorld) -> None:
        filed = world.shared()
        identity = world.desk.identity
        with pytest.raises(NoSuchPerson):
            identity.settle(filed.reference, "shop:99", world.officer, "c")
        identity.settle(filed.reference, "shop:17", world.officer, "c")
        identity.settle(filed.reference, "shop:17", world.officer, "c")  # the same form
        with pytest.raises(NotInThisState):
            identity.settle(filed.reference, "shop:18", world.officer, "d")
        assert len(world.mails.sent("identity_settled")) == 1

    def test_who_has_an_open_request_like_it_does_not_get_another(self, either: DeskWorld) -> None:
        filed = either.shared()
        own = either.proven("access", "shop:17", conversation="web:2")
        either.filing.file(draft("access", "web:2"), own, "turn")
        with pytest.raises(PersonHasOne):
            either.desk.identity.settle(filed.reference, "shop:17", either.officer, "c")
        assert either.state(filed.reference) is State.CHECKING_IDENTITY

    def test_whom_it_may_be_is_shown_with_hidden_contacts(self, world: DeskWorld) -> None:
        filed = world.shared()
        people = world.desk.sheets.candidates(filed.reference, world.officer)
        assert [one.subject for one in people] == ["shop:17", "shop:18"]
        shown = [contact.text for one in people for contact in one.contacts]
        assert not any("ada@" in text or "household@" in text for text in shown)
        world.desk.sheets.reveal(filed.reference, "who:shop:17", world.officer, "to_check_identity")
        first, second = world.desk.sheets.candidates(filed.reference, world.officer)
        assert "ada@example.com" in [contact.text for contact in first.contacts]
        assert not second.contacts[0].revealed

    def test_a_system_that_is_away_changes_nothing(self, world: DeskWorld) -> None:
        filed = world.shared()
        world.people.is_away = True
        with pytest.raises(SystemDown):
            world.desk.identity.settle(filed.reference, "shop:17", world.officer, "c")
        assert world.state(filed.reference) is State.CHECKING_IDENTITY


class TestTasks:
    def test_of_many_who_take_it_one_has_it(self, either: DeskWorld) -> None:
        task = either.ask(either.file())
        people = [either.hire(f"agent{n}", Role.AGENT) for n in range(4)]
        told = at_once([lambda who=who: either.desk.tasks.take(task, who) for who in people])  # type: ignore[misc]
        assert told == {"done": 1, "desk_task_taken": 3}

    def test_its_words_are_for_whoever_has_it(self, world: DeskWorld) -> None:
        task = world.ask(world.file())
        with pytest.raises(TaskNotYours):
            world.desk.tasks.read(task, world.agent)
        world.desk.tasks.take(task, world.agent)
        assert world.desk.tasks.read(task, world.agent).what == "Look for ada@example.com."
        with pytest.raises(TaskTaken) as taken:
            world.desk.tasks.finish(task, "", [], world.officer)
        assert taken.value.by == "Sam"

    def test_an_officer_lets_go_what_a_colleague_has(self, world: DeskWorld) -> None:
        task = world.ask(world.file())
        world.desk.tasks.take(task, world.agent)
        with pytest.raises(TaskNotYours):
            world.desk.tasks.release(task, world.hire("max", Role.AGENT))
        world.desk.tasks.release(task, world.officer)
        world.desk.tasks.take(task, world.hire("max", Role.AGENT))

    def test_of_who_cannot_do_it_any_more_it_goes_back_to_all(
        self, world: DeskWorld, keyring: Keyring
    ) -> None:
        Audit(keyring, world.clock).attach(world.database)
        gone: list[tuple[str, dict[str, str]]] = [
            ("max", {"state": "disabled"}),
            ("nia", {"state": "invited"}),
            ("ole", {"role": "auditor"}),
        ]
        desk = world.desk
        done = world.ask(world.file())
        kept = world.ask(world.another())
        desk.tasks.take(kept, world.agent)
        desk.tasks.take(done, world.hire("max", Role.AGENT))
        desk.tasks.finish(done, "done", [], world.hire("max", Role.AGENT))
        tasks = [world.ask(world.another()) for _ in gone]
        for task, (login, _) in zip(tasks, gone, strict=True):
            who = world.hire(login, Role.AGENT)
            desk.tasks.take(task, who)
            desk.tasks.snooze(task, world.clock.now() + timedelta(hours=4), who)
        assert desk.tasks.take_from_gone() == 0, "all of them work here"
        for login, change in gone:
            own = update(agent).where(agent.c.id == world.hire(login, Role.AGENT).id)
            with world.database.write() as tx:
                tx.execute(own.values(**change))
        assert desk.tasks.take_from_gone() == 3
        assert desk.tasks.take_from_gone() == 0
        assert desk.lists.task_counts(world.agent) == {
            "waiting": 3,
            "mine": 1,
            "others": 0,
            "snoozed": 0,
        }
        with world.database.read() as tx:
            released = select(audit.c.actor).where(audit.c.act == "task.released")
            assert list(tx.execute(released).scalars()) == ["service"] * 3

    def test_put_off_it_is_out_of_sight_until_then(self, world: DeskWorld) -> None:
        task = world.ask(world.file())
        desk, now = world.desk, world.clock.now()
        desk.tasks.take(task, world.agent)
        for until in (now, now + timedelta(days=400)):
            with pytest.raises(SnoozeTooLong):
                desk.tasks.snooze(task, until, world.agent)
        desk.tasks.snooze(task, now + timedelta(hours=4), world.agent)
        assert desk.lists.task_counts(world.agent) == {
            "waiting": 0,
            "mine": 0,
            "others": 0,
            "snoozed": 1,
        }
        assert desk.lists.counts(world.agent)["snoozed"] == 1
        world.clock.move(timedelta(hours=4))
        assert desk.lists.task_counts(world.agent)["mine"] == 1
        desk.tasks.release(task, world.agent)
        assert desk.lists.task_counts(world.agent)["waiting"] == 1
        with pytest.raises(TaskNotYours):
            desk.tasks.release(task, world.agent)

    def test_done_once_with_words_and_files_and_work_goes_on(self, world: DeskWorld) -> None:
        world.course.script = lambda _job, _steps: ForPerson()
        filed = world.file("access")
        task = world.ask(filed, kind="look_by_hand")
        assert world.work() == ["for_person"]
        scan = Attached("scan.pdf", io.BytesIO(b"a sheet"))
        done = world.desk.tasks.finish(task, " One sheet. ", [scan], world.agent)
        assert (done.answer, done.done_by, len(done.files)) == ("One sheet.", world.agent.actor, 1)
        assert world.desk.tasks.finish(task, "Again.", [], world.agent).answer == "One sheet."
        with pytest.raises(TaskDone):
            world.desk.tasks.finish(task, "", [], world.officer)
        assert world.work_states() == ["due"]
        assert world.woken == 1

    def test_one_that_outlives_its_request_stays_a_task(self, world: DeskWorld) -> None:
        filed = world.file("correct")
        gone, stays = world.ask(filed), world.ask(filed, kind="tell_recipient", key="tell")
        world.put(filed, State.CANCELLED)
        with pytest.raises(TaskDone):
            world.desk.tasks.take(gone, world.agent)
        world.desk.tasks.take(stays, world.agent)
        assert [one.id for one in world.desk.lists.tasks("mine", world.agent).rows] == [stays]


class TestTryingAgain:
    def test_what_waits_for_a_system_is_due_now(self, world: DeskWorld) -> None:
        world.course.script = lambda _job, _steps: SystemsDown(("shop",))
        filed = world.file("access")
        assert world.work() == ["down"]
        assert world.work() == []
        world.desk.helping.try_again(filed.reference, world.agent)
        assert world.woken == 1
        assert world.work() == ["down"]

    def test_the_days_to_undo_a_deletion_are_never_shortened(self, world: DeskWorld) -> None:
        filed = world.file("delete")
        with pytest.raises(NotInThisState):
            world.desk.helping.try_again(filed.reference, world.officer)
        done = world.file("access")
        world.work()
        with pytest.raises(NotPossibleNow):
            world.desk.helping.try_again(done.reference, world.officer)

    def test_what_runs_or_waits_for_a_person_is_not_tried(self, world: DeskWorld) -> None:
        world.course.script = lambda _job, _steps: ForPerson()
        filed = world.file("access")
        world.ask(filed)
        world.work()
        with pytest.raises(NothingToTry):
            world.desk.helping.try_again(filed.reference, world.agent)
        with world.database.read() as tx:
            assert tx.execute(select(work.c.state)).scalars().all() == ["for_person"]


class TestHolds:
    def test_it_is_on_the_person_and_found_from_any_of_their_requests(
        self, either: DeskWorld
    ) -> None:
        first, second = either.file("access"), either.file("delete")
        helping = either.desk.helping
        hold = helping.hold(first.reference, " Case 12. ", either.officer, "c")
        assert helping.hold(first.reference, "Case 12.", either.officer, "c") == hold
        [found] = either.desk.sheets.read(second.reference, either.agent).holds
        assert (found.id, found.reason, found.placed_by) == (hold, "Case 12.", either.officer.actor)
        helping.lift(hold, either.officer)
        with pytest.raises(HoldGone):
            helping.lift(hold, either.officer)
        assert either.desk.sheets.read(second.reference, either.agent).holds == ()

    def test_of_somebody_else_nothing_is_held(self, world: DeskWorld) -> None:
        filed = world.file("delete")
        world.desk.helping.hold(filed.reference, "Case 12.", world.officer, "c")
        world.people.records.append(record("shop:18", "bob@example.com"))
        proof = world.proven("access", "shop:18", conversation="web:9", contact=SHARED)
        other = world.filing.file(draft("access", "web:9"), proof, "turn")
        assert world.desk.sheets.read(other.reference, world.officer).holds == ()

    def test_without_a_reason_none_is_placed(self, world: DeskWorld) -> None:
        filed = world.file("delete")
        with pytest.raises(ReasonMissing):
            world.desk.helping.hold(filed.reference, "  ", world.officer, "c")
        assert world.rows("legal_hold") == 0

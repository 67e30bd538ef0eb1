"""A request on its way: begun, waiting for a system, waiting for a person, failing, done; the customer hears of
each once.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from privacy.clock import FixedClock
from privacy.errors import NotPossibleNow, SystemDown
from privacy.fulfilment.books.works import WorkState
from privacy.fulfilment.engine.ends import LOOK_AT_IT_AFTER
from privacy.fulfilment.job import Done, ForPerson, Job, Outcome, Steps, SystemsDown
from privacy.requests import Reason, State, Status
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import announcement, work
from privacy.store.tables.requests import request
from privacy.systems.port import Place, SystemRefused
from tests.privacy.filing.filing_world import ADA
from tests.privacy.fulfilment.work_world import DONE, SHOP, Straight, WorkWorld

ADAS = ["shop:17"]


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> WorkWorld:
    return WorkWorld(database, keyring, clock, tmp_path)


def test_a_request_is_carried_out_and_told_once(world: WorkWorld) -> None:
    filed = world.file(since="2023")
    assert world.work() == ["done"]
    assert world.filing.view(filed.reference, ADAS).status is Status.DONE
    assert world.work_row(filed.reference)["state"] == WorkState.ENDED

    (job,) = world.course.jobs
    assert (job.reference, job.kind, job.run) == (filed.reference, "access", 1)
    assert (job.subjects, job.contact, job.mail_to) == (("shop:17",), ADA, "ada@example.com")
    assert (job.places, job.details["since"], job.scope.is_all) == (SHOP, "2023", True)

    ((conversation, wording, values),) = world.said.all
    assert (conversation, wording) == ("web:1", "utter_request_done")
    told = {"reference": filed.reference, "kind": "see your data", "what": "everything"}
    assert values == told
    (letter,) = world.mails.sent("request_done")
    assert (letter.to, letter.values) == ("ada@example.com", told)
    assert world.said.woken == ["web:1"]
    history = [(one.actor, one.event) for one in world.filing.history(job.request)]
    assert history == [("customer", "filed"), ("service", "started"), ("service", "finished")]


def test_a_deletion_begins_when_its_time_has_come(world: WorkWorld) -> None:
    filed = world.file("delete")
    assert world.work() == []
    world.clock.move(timedelta(days=7))
    assert world.work() == ["done"]
    request_id = world.course.jobs[0].request
    events = [one.event for one in world.filing.history(request_id)]
    assert events == ["filed", "scheduled", "time_came", "finished"]
    assert world.state(filed.reference) is State.DONE


def test_an_opt_out_of_somebody_whom_nobody_knows_is_carried_out_too(world: WorkWorld) -> None:
    world.company.known = {}
    world.file_unproven()
    assert world.work() == ["done"]
    assert world.course.jobs[0].places == {}


def test_where_the_rows_are_is_found_once(world: WorkWorld) -> None:
    """Later the identity itself may be gone."""
    world.file("export")
    world.course.script = lambda job, _: SystemsDown(("shop",)) if job.run == 1 else DONE
    assert world.work() == ["down"]
    world.company.known = {}
    world.clock.move(timedelta(hours=1))
    assert world.work() == ["done"]
    assert world.company.asked == 1
    assert [job.places for job in world.course.jobs] == [SHOP, SHOP]


def test_places_are_sealed(world: WorkWorld) -> None:
    world.company.known["shop:17"] = {
        "shop": (Place("customers", ((("email", "ada@example.com"), ("n", None), ("f", 1.5)),)),)
    }
    filed = world.file()
    world.work()
    sealed = world.work_row(filed.reference)["sealed_places"]
    assert isinstance(sealed, bytes)
    assert b"ada" not in sealed
    assert world.notes.places(world.course.jobs[0].request) == world.company.known["shop:17"]


class TestASystemThatIsAway:
    def test_is_asked_again_after_growing_pauses_and_told_once(self, world: WorkWorld) -> None:
        filed = world.file()
        world.company.away = {"shop"}
        pauses = []
        for _ in range(5):
            assert world.work() == ["down"]
            due = world.work_row(filed.reference)["due_at"]
            pauses.append((due - world.clock.now()).total_seconds())
            world.clock.move(timedelta(seconds=pauses[-1]))
        assert pauses == [20, 40, 80, 160, 320]
        assert world.wordings() == ["utter_request_waiting"]
        (letter,) = world.mails.sent("request_waiting")
        assert letter.values["systems"] == "our shop"
        assert letter.values["due"] == "Sunday 6 December 2026"
        assert world.state(filed.reference) is State.IN_PROGRESS

        world.company.away = set()
        assert world.work() == ["done"]
        assert world.wordings() == ["utter_request_waiting", "utter_request_done"]

    def test_stays_away_for_the_books_until_it_has_answered(self, world: WorkWorld) -> None:
        """Also where each run first says that it is at work with it: else it is news each time, and no task ever."""
        filed = world.file()
        away = True

        def script(job: Job, _: Steps) -> Outcome:
            with world.database.write() as tx:
                world.progress.note(tx, job.request, "shop", "working", None, world.clock.now())
            return SystemsDown(("shop",)) if away else DONE

        world.course.script = script
        pauses = []
        for _ in range(3):
            assert world.work() == ["down"]
            due = world.work_row(filed.reference)["due_at"]
            pauses.append((due - world.clock.now()).total_seconds())
            world.clock.move(timedelta(seconds=pauses[-1]))
        assert pauses == [20, 40, 80]
        world.clock.move(timedelta(hours=4))
        assert world.work() == ["down"]
        assert world.wordings() == ["utter_request_waiting"]
        assert [task.kind for task in world.tasks.list_open()] == ["system_down"]
        away = False
        world.clock.move(timedelta(hours=2))
        assert world.work() == ["done"]

    def test_becomes_a_task_after_hours_which_closes_by_itself(self, world: WorkWorld) -> None:
        world.file()
        world.company.away = {"shop"}
        world.work()
        world.clock.move(timedelta(hours=4))
        world.work()
        world.clock.move(timedelta(hours=1))
        world.work()
        (task,) = world.tasks.list_open()
        assert (task.kind, task.system) == ("system_down", "shop")
        assert len(world.mails.sent("task_for_person")) == 1
        world.company.away = set()
        world.clock.move(timedelta(hours=1))
        assert world.work() == ["done"]
        assert world.tasks.list_open() == []

    def test_is_tried_at_once_when_a_person_says_it_is_back(self, world: WorkWorld) -> None:
        world.file()
        world.company.away = {"shop"}
        for _ in range(10):
            world.work()
            world.clock.move(timedelta(hours=1))
        world.work()
        (task,) = world.tasks.list_open()
        world.company.away = set()
        assert world.work() == []
        world.tasks.finish(task.id, "kim")
        assert world.work() == ["done"]

    def test_a_second_outage_is_news_again(self, world: WorkWorld) -> None:
        world.file()
        ends: list[Outcome] = [SystemsDown(("shop",)), ForPerson(), SystemsDown(("shop",)), DONE]

        def script(job: Job, _: Steps) -> Outcome:
            end = ends[job.run - 1]
            if isinstance(end, ForPerson):
                ask(world, job, "approve")
            return end

        world.course.script = script
        assert world.work() == ["down"]
        world.clock.move(timedelta(minutes=1))
        assert world.work() == ["for_person"]
        world.tasks.finish(world.tasks.list_open()[0].id, "kim")
        assert world.work() == ["down"]
        assert world.wordings() == [
            "utter_request_waiting",
            "utter_person_helps",
            "utter_request_waiting",
        ]

    def test_in_the_middle_of_a_course_ends_the_run_the_same_way(self, world: WorkWorld) -> None:
        def script(job: Job, steps: Steps) -> Outcome:
            steps.run("erase:crm", lambda: _down("crm"))
            return DONE

        world.file()
        world.course.script = script
        assert world.work() == ["down"]
        with world.database.read() as tx:
            found = {
                one.system: one.state for one in world.progress.of(tx, world.course.jobs[0].request)
            }
        assert found == {"shop": "waiting", "crm": "down"}


class TestAPerson:
    def test_holds_up_the_work_until_all_tasks_are_done(self, world: WorkWorld) -> None:
        filed = world.file()

        def script(job: Job, _: Steps) -> Outcome:
            if job.run == 1:
                ask(world, job, "one")
                ask(world, job, "two")
                return ForPerson()
            return DONE

        world.course.script = script
        assert world.work() == ["for_person"]
        first, second = world.tasks.list_open()
        world.tasks.finish(first.id, "kim", "It is on paper only.")
        assert world.work() == []
        world.tasks.finish(second.id, "kim")
        assert world.work() == ["done"]
        assert world.state(filed.reference) is State.DONE

    def test_who_is_faster_than_the_run_is_not_waited_for(self, world: WorkWorld) -> None:
        def script(job: Job, _: Steps) -> Outcome:
            if job.run > 1:
                return DONE
            ask(world, job, "one")
            world.tasks.finish(world.tasks.list_open()[0].id, "kim")
            return ForPerson()

        world.file()
        world.course.script = script
        assert world.work() == ["for_person"]
        world.clock.move(timedelta(minutes=1))
        assert world.work() == ["done"]

    def test_looks_at_what_a_system_refuses(self, world: WorkWorld) -> None:
        def script(job: Job, steps: Steps) -> Outcome:
            if job.run == 1:
                steps.run("erase:shop", _refused)
            return DONE

        world.file("export")
        world.course.script = script
        assert world.work() == ["refused"]
        (task,) = world.tasks.list_open()
        assert (task.kind, task.system) == ("system_refused", "shop")
        assert "shop → orders: a constraint" in task.what
        world.tasks.finish(task.id, "kim")
        assert world.work() == ["done"]

    def test_does_by_hand_what_has_no_course(self, world: WorkWorld) -> None:
        world.courses.clear()
        filed = world.file()
        assert world.work() == ["no_course"]
        (task,) = world.tasks.list_open()
        assert task.kind == "no_course"
        world.tasks.finish(task.id, "kim")
        assert world.work() == ["no_course"]
        assert world.state(filed.reference) is State.DONE


class TestWhatBreaks:
    def test_is_tried_again_and_then_looked_at(self, world: WorkWorld) -> None:
        def broken(_job: Job, _steps: Steps) -> Outcome:
            raise ZeroDivisionError("ada@example.com")

        filed = world.file()
        world.course.script = broken
        for _ in range(LOOK_AT_IT_AFTER):
            assert world.work() == ["broke"]
            world.clock.move(timedelta(hours=1))
        assert world.work() == []
        (task,) = world.tasks.list_open()
        assert task.kind == "look_at_it"
        assert "ZeroDivisionError at " in task.what
        assert "ada" not in task.what
        world.course.script = lambda _job, _steps: DONE
        world.tasks.finish(task.id, "kim")
        assert world.work() == ["done"]
        assert world.state(filed.reference) is State.DONE

    def test_while_the_end_is_written_leaves_nothing_half_told(self, world: WorkWorld) -> None:
        def also(tx: Connection) -> None:
            tx.execute(update(request).values(channel="written"))
            raise OSError("the disk is full")

        filed = world.file()
        world.course.script = lambda _job, _steps: Done("utter_x", "request_done", also=also)
        assert world.work() == ["broke"]
        assert world.state(filed.reference) is State.IN_PROGRESS
        assert world.rows("announcement") == 0
        assert world.mail_rows() == ["request_received"]
        with world.database.read() as tx:
            assert tx.execute(select(request.c.channel)).scalar_one() == "web"

    def test_reaches_a_person_even_where_nothing_opens(self, world: WorkWorld) -> None:
        world.file()
        with world.database.write() as tx:
            tx.execute(update(request).values(sealed_contact=b"x", sealed_subject=b"y"))
        for _ in range(LOOK_AT_IT_AFTER):
            assert world.work() == ["broke"]
            world.clock.move(timedelta(hours=1))
        assert [one.kind for one in world.tasks.list_open()] == ["look_at_it"]


class TestTheOtherOne:
    def test_a_customer_who_takes_it_back_meanwhile_is_obeyed(self, world: WorkWorld) -> None:
        filed = world.file()

        def script(job: Job, _: Steps) -> Outcome:
            ask(world, job, "one")
            world.filing.cancel(filed.reference, ADAS, "turn 2")
            return DONE

        world.course.script = script
        assert world.work() == ["ignored"]
        assert world.state(filed.reference) is State.CANCELLED
        assert world.wordings() == []
        assert world.tasks.list_open() == []

    def test_a_run_that_is_not_the_newest_is_ignored(self, world: WorkWorld) -> None:
        filed = world.file()

        def overtaken(job: Job, _: Steps) -> Outcome:
            with world.database.write() as tx:
                tx.execute(update(work).values(run=work.c.run + 1))
            return DONE

        world.course.script = overtaken
        assert world.work() == ["ignored"]
        assert world.state(filed.reference) is State.IN_PROGRESS
        request_id = world.course.jobs[0].request
        assert world.carrying_out.run(request_id, 1, Straight()) == "ignored"
        assert len(world.course.jobs) == 1

    def test_the_end_is_told_once_however_often_it_is_written(self, world: WorkWorld) -> None:
        world.file()
        world.work()
        job = world.course.jobs[0]
        with world.database.write() as tx:
            for _ in range(3):
                world.said.tell(tx, "web:1", "utter_request_done", {}, f"{job.request}:done")
        assert world.wordings() == ["utter_request_done"]
        with world.database.read() as tx:
            assert tx.execute(select(announcement.c.key)).scalars().all() == [f"{job.request}:done"]


def test_a_reason_is_kept_and_shown(world: WorkWorld) -> None:
    filed = world.file()
    world.course.script = lambda _job, _steps: Done("", "", reason=Reason.KEPT_IN_PART)
    world.work()
    view = world.filing.view(filed.reference, ADAS)
    assert (view.status, view.reason) == (Status.DONE, Reason.KEPT_IN_PART)
    assert world.mail_rows() == ["request_received"]


def test_notes_last_from_run_to_run_and_are_sealed(world: WorkWorld) -> None:
    filed = world.file()
    world.work()
    request_id = world.course.jobs[0].request
    assert world.notes.get(request_id) == {}
    world.notes.put(request_id, old="Ada", plan=[1, 2])
    world.notes.put(request_id, plan=[3])
    assert world.notes.get(request_id) == {"old": "Ada", "plan": [3]}
    assert b"Ada" not in world.work_row(filed.reference)["sealed_notes"]


def test_what_was_cancelled_cannot_be_asked_for_again_by_a_late_task(world: WorkWorld) -> None:
    world.file()

    def script(job: Job, _: Steps) -> Outcome:
        ask(world, job, "one")
        return ForPerson()

    world.course.script = script
    world.work()
    (task,) = world.tasks.list_open()
    world.filing.cancel(world.course.jobs[0].reference, ADAS, "turn 2")
    assert world.tasks.list_open() == []
    world.tasks.finish(task.id, "kim")
    assert world.work() == []
    with pytest.raises(NotPossibleNow):
        world.tasks.finish(task.id, "kim")


def ask(world: WorkWorld, job: Job, key: str) -> None:
    with world.database.write() as tx:
        world.tasks.ask(tx, job, key=key, kind="by_hand", what=f"Look into {key}.")


def _down(system: str) -> None:
    raise SystemDown(system)


def _refused() -> None:
    raise SystemRefused("shop", "orders", "a constraint")

"""Carrying out as the rest of Vera sees it: how far it is, a deletion at once, what is forgotten; and all of Vera
together, from the filing of a request to the line in the conversation.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.conversations.announcements import Announcements
from privacy.conversations.wording import Utterance, Wording, WordingMissing
from privacy.errors import NotPossibleNow, RequestNotFound
from privacy.filing import Draft
from privacy.fulfilment.engine.ends import LOOK_AT_IT_AFTER
from privacy.fulfilment.engine.port import Standing
from privacy.fulfilment.engine.runner import Runner
from privacy.fulfilment.fulfilment import Fulfilment
from privacy.fulfilment.job import Job, Outcome, Steps
from privacy.requests import Status
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.outbox import mail
from privacy.wiring import Vera
from tests.driving.inside import JANE, make_vera
from tests.privacy.filing.filing_world import POLICY, Proof
from tests.privacy.fulfilment.work_world import DONE, WorkWorld

ADAS = ["shop:17"]
DAYS = timedelta(days=1)


class NoEngine:
    """An engine that knows nothing, for verbs that need none."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.resumed: list[tuple[str, int]] = []
        self.knows: dict[tuple[str, int], Standing] = {}

    def start(self, body: object, on_over: object) -> None: ...
    def stop(self) -> None: ...
    def begin(self, request: str, run: int) -> None:
        self.begun.append((request, run))

    def resume(self, request: str, run: int) -> None:
        self.resumed.append((request, run))

    def standing(self, request: str, run: int) -> Standing:
        return self.knows.get((request, run), Standing.UNKNOWN)

    def active(self) -> frozenset[tuple[str, int]]:
        return frozenset()

    def forget(self, before: object) -> int:
        return 3


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> WorkWorld:
    return WorkWorld(database, keyring, clock, tmp_path)


@pytest.fixture
def engine() -> NoEngine:
    return NoEngine()


@pytest.fixture
def runner(world: WorkWorld, engine: NoEngine) -> Runner:
    return Runner(world.database, world.clock, world.works, engine, world.carrying_out, world.ends)


@pytest.fixture
def fulfilment(world: WorkWorld, engine: NoEngine, runner: Runner) -> Fulfilment:
    return Fulfilment(
        world.database,
        world.keyring,
        world.clock,
        POLICY,
        world.works,
        world.progress,
        world.tasks,
        world.notes,
        world.attachments,
        engine,
        runner,
    )


class TestADeletion:
    def test_can_be_had_at_once_and_the_same_turn_again_changes_nothing(
        self, world: WorkWorld, fulfilment: Fulfilment
    ) -> None:
        filed = world.file("delete")
        assert fulfilment.undo_until(filed.reference, ADAS) == world.clock.now() + 7 * DAYS
        assert world.work() == []
        assert fulfilment.delete_now(filed.reference, ADAS, "turn 2").status is Status.SCHEDULED
        fulfilment.delete_now(filed.reference, ADAS, "turn 2")
        assert world.work() == ["done"]
        assert fulfilment.undo_until(filed.reference, ADAS) is None
        with pytest.raises(NotPossibleNow):
            fulfilment.delete_now(filed.reference, ADAS, "turn 3")

    def test_of_somebody_else_is_not_there(self, world: WorkWorld, fulfilment: Fulfilment) -> None:
        filed = world.file("delete")
        for subjects in (["shop:18"], []):
            with pytest.raises(RequestNotFound):
                fulfilment.delete_now(filed.reference, subjects, "turn 2")
            with pytest.raises(RequestNotFound):
                fulfilment.progress(filed.reference, subjects)
        assert world.work() == []

    def test_that_was_undone_stays_undone(self, world: WorkWorld, fulfilment: Fulfilment) -> None:
        filed = world.file("delete")
        world.filing.cancel(filed.reference, ADAS, "turn 2")
        with pytest.raises(NotPossibleNow):
            fulfilment.delete_now(filed.reference, ADAS, "turn 3")
        world.clock.move(8 * DAYS)
        assert world.work() == []

    def test_only_a_deletion_has_days_to_give_up(
        self, world: WorkWorld, fulfilment: Fulfilment
    ) -> None:
        filed = world.file("export")
        with pytest.raises(NotPossibleNow):
            fulfilment.delete_now(filed.reference, ADAS, "turn 2")


def test_the_customer_sees_how_far_each_system_is(world: WorkWorld, fulfilment: Fulfilment) -> None:
    filed = world.file()
    assert fulfilment.progress(filed.reference, ADAS) == []
    seen = []

    def script(job: Job, _: Steps) -> Outcome:
        seen.extend(fulfilment.progress(filed.reference.lower(), ADAS))
        world.clock.move(DAYS)
        with world.database.write() as tx:
            now = world.clock.now()
            world.progress.note(tx, job.request, "shop", "done", {"orders": 214}, now)
            assert world.progress.is_done(tx, job.request, "shop")
            assert not world.progress.is_done(tx, job.request, "crm")
        return DONE

    world.course.script = script
    assert world.work() == ["done"]
    (shop,) = seen
    assert (shop.system, shop.state, shop.counts) == ("shop", "waiting", {})
    (shop,) = fulfilment.progress(filed.reference, ADAS)
    assert (shop.state, shop.counts, shop.since) == ("done", {"orders": 214}, world.clock.now())


def test_retention_takes_what_carrying_out_kept(world: WorkWorld, fulfilment: Fulfilment) -> None:
    filed = world.file()
    world.work()
    world.clock.move(800 * DAYS)
    late = world.file("export")
    assert world.filing.retire_old(fulfilment.forget) == 1
    assert (world.rows("work"), world.rows("progress")) == (1, 0)
    assert [one.reference for one in world.filing.overview(ADAS)] == [late.reference]
    assert filed.reference != late.reference
    assert fulfilment.tidy_up() == 3


class TestAfterACrash:
    """What was left running, by what the engine knows of it."""

    @pytest.fixture
    def left(self, world: WorkWorld) -> tuple[str, int]:
        world.file()
        with world.database.write() as tx:
            claim = world.works.claim(tx, world.clock.now())
        assert claim is not None
        return claim.request, claim.run

    @pytest.mark.parametrize(
        ("standing", "state", "begun"),
        [
            (Standing.UNKNOWN, "running", True),  # the claim was written, and the process died
            (Standing.PENDING, "running", False),  # the engine goes on by itself
            (Standing.OVER, "due", False),
            (Standing.GIVEN_UP, "for_person", False),
        ],
    )
    def test_it_is_taken_up(
        self,
        world: WorkWorld,
        engine: NoEngine,
        runner: Runner,
        left: tuple[str, int],
        standing: Standing,
        state: str,
        begun: bool,
    ) -> None:
        engine.knows[left] = standing
        asyncio.run(runner.start())
        assert world.work_states() == [state]
        assert engine.begun == ([left] if begun else [])
        kinds = [one.kind for one in world.tasks.list_open()]
        assert kinds == (["look_at_it"] if standing is Standing.GIVEN_UP else [])

    def test_a_silent_run_is_resumed_once_its_time_is_over(
        self, world: WorkWorld, engine: NoEngine, runner: Runner, left: tuple[str, int]
    ) -> None:
        engine.knows[left] = Standing.PENDING
        runner._look_after()
        world.clock.move(timedelta(seconds=91))
        runner._look_after()
        runner._look_after()  # another service would find that somebody has spoken for it
        assert engine.resumed == [left]

    def test_a_run_that_takes_every_process_down_is_given_to_a_person(
        self, world: WorkWorld, engine: NoEngine, runner: Runner, left: tuple[str, int]
    ) -> None:
        engine.knows[left] = Standing.PENDING
        for _ in range(LOOK_AT_IT_AFTER):
            world.clock.move(timedelta(seconds=91))
            runner._look_after()
        assert engine.resumed == [left] * (LOOK_AT_IT_AFTER - 1)
        assert [one.kind for one in world.tasks.list_open()] == ["look_at_it"]


class TestNewsInAConversation:
    @pytest.fixture
    def vera(self, tmp_path: Path) -> Iterator[Vera]:
        vera = make_vera(tmp_path / "vera")
        yield vera
        vera.database.close()

    @pytest.fixture
    def news(self, vera: Vera) -> Announcements:
        wording = Wording({"utter_done": Utterance("{reference} is done.")})
        return Announcements(vera.people, wording, vera.hub, vera.clock)

    def test_are_said_once(self, vera: Vera, news: Announcements) -> None:
        opened = vera.conversations.open("web", "en")
        for _ in range(2):
            with vera.database.write() as tx:
                news.tell(tx, opened.conversation, "utter_done", {"reference": "PR-1"}, "k")
        texts = [line.text for line in vera.conversations.history(opened.conversation)]
        assert texts.count("PR-1 is done.") == 1

    def test_wake_whoever_listens(self, vera: Vera, news: Announcements) -> None:
        async def story() -> None:
            news.listen()
            with vera.hub.listening("web:1") as listener:
                await asyncio.to_thread(news.wake, "web:1")
                await asyncio.wait_for(listener._changed.wait(), 5)

        asyncio.run(story())
        news.wake("web:1")  # the loop is gone: nothing happens

    def test_are_not_said_where_nobody_can_hear_them(self, vera: Vera, news: Announcements) -> None:
        with vera.database.write() as tx:
            news.tell(tx, "web:gone", "utter_done", {}, "k")
            with pytest.raises(WordingMissing):
                news.tell(tx, "web:gone", "utter_nothing", {}, "k")


def test_all_of_vera_carries_a_request_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any course: a person does it by hand, and the service goes on by itself."""
    vera = make_vera(tmp_path / "vera")
    monkeypatch.setattr(vera.fulfilment._runner._carrying_out, "_courses", {})
    proof = Proof(("shop:1",), Contact("email", JANE), 2, vera.clock.now())
    monkeypatch.setattr(vera.filing, "_proof_of", lambda *_: proof)

    async def story() -> str:
        async with vera.running():
            opened = await asyncio.to_thread(vera.conversations.open, "web", "en")
            wish = Draft("access", {}, opened.conversation, "web", "en")
            filed = await asyncio.to_thread(vera.filing.file, wish, proof, "turn 1")
            vera.fulfilment.wake()
            async with asyncio.timeout(20):
                while not (waiting := await asyncio.to_thread(vera.fulfilment.tasks.list_open)):
                    await asyncio.sleep(0.02)
                await asyncio.to_thread(vera.fulfilment.tasks.finish, waiting[0].id, "kim")
                vera.fulfilment.wake()
                while vera.filing.view(filed.reference, ["shop:1"]).status is not Status.DONE:
                    await asyncio.sleep(0.02)
        return filed.reference

    asyncio.run(story())
    asyncio.run(_starts_and_stops(make_vera(tmp_path / "vera")))
    with Database(f"sqlite:///{tmp_path / 'vera' / 'vera.db'}").read() as tx:
        kinds = tx.execute(select(mail.c.kind)).scalars().all()
    assert sorted(kinds) == ["request_received", "task_for_person"]


async def _starts_and_stops(vera: Vera) -> None:
    async with vera.running():
        pass

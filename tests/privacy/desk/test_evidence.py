"""Files that helped to decide a request go when it is decided; what the customer gets stays."""

import io

from sqlalchemy import select

from privacy.filing import Filed
from privacy.fulfilment.tasks.tasks import Attached
from privacy.requests import State
from privacy.store.tables.fulfilment import task_file, work
from tests.privacy.desk.desk_world import DeskWorld
from tests.privacy.desk.test_deciding import refused


class TestEvidence:
    def finished(self, world: DeskWorld, filed: Filed) -> str:
        task_id = world.ask(filed, kind="check_correction", key="check_correction")
        passport = Attached("passport.pdf", io.BytesIO(b"Ada Lovelace"), "application/pdf")
        world.desk.tasks.finish(task_id, "no: it is right as it stands", [passport], world.agent)
        return task_id

    def test_it_is_there_until_the_decision_and_then_gone(self, either: DeskWorld) -> None:
        filed = either.file("correct")
        task_id = self.finished(either, filed)
        assert either.rows("task_file") == 1
        refused(either, filed, "value_is_right")
        assert either.rows("task_file") == 0
        done = either.tasks.get(task_id)
        assert done is not None
        assert done.answer == "no: it is right as it stands"

    def test_it_goes_too_when_the_request_is_done(self, world: DeskWorld) -> None:
        filed = world.file("correct")
        self.finished(world, filed)
        assert world.work() == ["done"]
        assert world.rows("task_file") == 0

    def test_what_the_customer_gets_stays(self, world: DeskWorld) -> None:
        filed = world.file("access")
        task_id = world.ask(filed, kind="look_by_hand", key="look:archive")
        scan = Attached("scan.pdf", io.BytesIO(b"a letter"))
        world.desk.tasks.finish(task_id, "One letter.", [scan], world.agent)
        world.work()
        assert world.rows("task_file") == 1

    def test_of_what_was_taken_back_it_is_swept(self, world: DeskWorld) -> None:
        filed = world.file("correct")
        self.finished(world, filed)
        world.put(filed, State.CANCELLED)
        with world.database.write() as tx:
            closed = select(work.c.request)
            [file_id] = world.tasks.forget_evidence(tx, closed)
        world.attachments.remove(file_id)
        assert world.rows("task_file") == 0
        assert not any(world.attachments._folder.iterdir())
        with world.database.read() as tx:
            assert tx.execute(select(task_file)).all() == []

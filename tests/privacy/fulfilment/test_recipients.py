"""Recipients are told once each: by letter where the map has an address, else by a person."""

from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.datamap.load import load_datamap
from privacy.fulfilment.job import Job
from privacy.fulfilment.telling.recipients import Recipients
from privacy.mail.letterhead import Letterhead
from privacy.mail.letters import VALUES, Letters
from privacy.mail.outbox import Outbox
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fulfilment.work_world import DONE, WorkWorld

DEMO = load_datamap(ROOT / "demo" / "datamap.yml", Path("nowhere"), {})
PARCELS = DEMO.recipients["parcel_service"]
SILENT = DEMO.model_copy(
    update={"recipients": {"parcel_service": PARCELS.model_copy(update={"notify": None})}}
)


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> WorkWorld:
    return WorkWorld(database, keyring, clock, tmp_path)


def a_job(world: WorkWorld) -> Job:
    world.course.script = lambda _job, _steps: DONE
    world.file("restrict")
    world.work()
    return world.course.jobs[0]


def test_one_letter_each_and_nobody_unknown(world: WorkWorld) -> None:
    job = a_job(world)
    recipients = Recipients(world.mails, world.tasks, lambda: DEMO)
    with world.database.write() as tx:
        names = ["parcel_service", "tax_adviser", "parcel_service", "nobody"]
        assert recipients.tell(tx, job, names, "deleted") == 0
    told = world.mails.sent("recipient_told")
    assert [mail.to for mail in told] == [PARCELS.notify, DEMO.recipients["tax_adviser"].notify]
    assert set(told[0].values) == set(VALUES["recipient_told"])
    assert told[0].values["person"] == "ada@example.com"
    assert world.tasks.list_open() == []


def test_the_same_again_is_one_letter(world: WorkWorld) -> None:
    job = a_job(world)
    outbox = Outbox(world.keyring, world.clock, letterhead())
    recipients = Recipients(outbox, world.tasks, lambda: DEMO)
    before = world.rows("mail")
    for _ in range(2):
        with world.database.write() as tx:
            recipients.tell(
                tx, job, ["parcel_service"], "corrected", details="your street", key="1"
            )
    assert world.rows("mail") == before + 1
    with world.database.write() as tx:
        recipients.tell(tx, job, ["parcel_service"], "corrected", details="your town", key="2")
    assert world.rows("mail") == before + 2


def test_without_an_address_a_person_tells_them(world: WorkWorld) -> None:
    job = a_job(world)
    recipients = Recipients(world.mails, world.tasks, lambda: SILENT)
    contacts = [Contact("email", "ada@example.com"), Contact("phone", "+49301")]
    for _ in range(2):
        with world.database.write() as tx:
            assert (
                recipients.tell(tx, job, ["parcel_service"], "restricted", contacts=contacts) == 1
            )
    with world.database.read() as tx:
        [task] = world.tasks.of(tx, job.request)
    assert task.kind == "tell_recipient"
    assert PARCELS.who in task.what
    assert "ada@example.com, +49301" in task.what
    assert "use it for nothing else" in task.what


@pytest.mark.parametrize("what", ["corrected", "deleted", "restricted"])
def test_the_letter_says_what_to_do(world: WorkWorld, what: str) -> None:
    job = a_job(world)
    recipients = Recipients(world.mails, world.tasks, lambda: DEMO)
    with world.database.write() as tx:
        recipients.tell(tx, job, ["parcel_service"], what)  # type: ignore[arg-type]
    [mail] = world.mails.sent("recipient_told")
    always = {"company": "Company", "origin": "o", "chat": "c"}
    letter = Letters().write(mail.kind, "en", {**always, **mail.values})
    assert letter.subject.startswith(job.reference)
    assert "ada" not in letter.subject
    assert "ada@example.com" in letter.body


def letterhead() -> Letterhead:
    return Letterhead.read(
        company="Company",
        mail_from="Company <privacy@company.example>",
        inbox="privacy@company.example",
        origin="https://company.example",
    )

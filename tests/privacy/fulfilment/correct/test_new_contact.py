"""A new address proves itself and nothing more: its proof opens no data, reads no status, files nothing alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from privacy.clock import FixedClock
from privacy.datamap.load import load_datamap
from privacy.datamap.model import DataMap
from privacy.errors import NotProven, TooManyCodes
from privacy.filing import Draft
from privacy.fulfilment.correct.new_contact import is_proven, new_contact_needed
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.verification.verification_world import POLICY, World, contact, make_world, record

ANNA, NEW, BEN = "anna@example.com", "anna@new-home.example", "ben@example.com"
MOBILE = "+491713920099"


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return make_world(database, keyring, clock, record("shop:1", ANNA), record("shop:2", BEN))


@pytest.fixture(scope="module")
def datamap(tmp_path_factory: pytest.TempPathFactory) -> DataMap:
    return load_datamap(ROOT / "demo" / "datamap.yml", tmp_path_factory.mktemp("map"), {})


def begin_new(
    world: World, to: str = NEW, act_key: str = "draft-1", conversation: str = "web:1"
) -> str:
    world.verification.begin_new(conversation, contact(to), act_key, f"n{len(world.mails.all)}")
    return world.mails.code


def test_both_addresses_are_proven_for_one_correction(world: World) -> None:
    world.prove(purpose="correct", typed=ANNA)
    code = begin_new(world)
    mail = world.mails.all[-1]
    assert (mail.to, mail.deliver, mail.values["purpose"]) == (NEW, True, "new_contact")
    checked = world.verification.check("web:1", code)
    assert (checked.outcome, checked.purpose, checked.subjects) == ("accepted", "new_contact", ())
    proof = world.verification.proven("web:1", "new_contact", "draft-1")
    assert proof is not None
    assert (proof.contact, proof.subjects) == (contact(NEW), ())
    old = world.verification.proven("web:1", "correct", "draft-1")
    assert old is not None
    assert (old.contact, old.subjects) == (contact(ANNA), ("shop:1",))


@pytest.mark.parametrize("operation", sorted(set(POLICY.assurance) - {"new_contact"}))
def test_its_proof_opens_nothing_else(world: World, operation: str) -> None:
    world.prove(purpose="correct", typed=ANNA)
    code = begin_new(world)
    # Only the new address' proof is left.
    world.verification.forget("web:2")
    assert world.verification.check("web:1", code).outcome == "accepted"
    with world.database.write() as tx:
        tx.exec_driver_sql("DELETE FROM proof WHERE purpose <> 'new_contact'")
    for act_key in ("draft-1", "", "draft-2"):
        assert world.verification.proven("web:1", operation, act_key) is None
    assert world.verification.proven("web:1", "new_contact", "draft-1") is not None
    assert world.verification.proven("web:1", "new_contact", "draft-2") is None
    assert world.verification.proven("web:2", "new_contact", "draft-1") is None


def test_the_newest_proof_of_level_one_stays_the_one_of_the_old_address(world: World) -> None:
    world.prove(purpose="correct", typed=ANNA)
    world.clock.move(_seconds(5))
    world.verification.check("web:1", begin_new(world))
    status = world.verification.proven("web:1", "status", "")
    assert status is not None
    assert status.contact == contact(ANNA)


@pytest.mark.parametrize(
    "prepare",
    [
        lambda world: None,
        lambda world: world.prove(purpose="status", typed=ANNA),
        lambda world: world.prove(purpose="correct", typed=ANNA, act_key="draft-2"),
        lambda world: world.prove("web:2", purpose="correct", typed=ANNA),
        lambda world: world.begin(purpose="correct", typed=ANNA),
        lambda world: (world.prove(purpose="correct", typed=ANNA), world.clock.move(_seconds(16 * 60))),
    ],
)  # fmt: skip
def test_a_stranger_cannot_let_us_write_to_anybody(
    world: World, prepare: Callable[[World], object]
) -> None:
    prepare(world)
    sent = len(world.mails.all)
    with pytest.raises(NotProven):
        begin_new(world)
    assert len(world.mails.all) == sent


def test_somebody_elses_address_takes_the_same_words_and_work(world: World) -> None:
    answers, asked = [], []
    for number, to in enumerate((NEW, BEN)):
        conversation = f"web:{number}"
        world.prove(conversation, purpose="correct", typed=ANNA)
        before = len(world.people.asked)
        answers.append(world.verification.begin_new(conversation, contact(to), "draft-1", "n"))
        asked.append(len(world.people.asked) - before)
        assert world.mails.all[-1].to == to
        assert world.verification.check(conversation, world.mails.code).outcome == "accepted"
        proof = world.verification.proven(conversation, "new_contact", "draft-1")
        assert proof is not None
        assert proof.subjects == ()  # Ben's data is not opened by it
    assert answers[0] == answers[1]
    assert asked == [0, 0]


def test_the_same_limits_hold(world: World) -> None:
    world.prove(purpose="correct", typed=ANNA)
    with pytest.raises(TooManyCodes):
        for _ in range(POLICY.codes.sends_per_hour + 1):
            begin_new(world)
    # Counted by the new address: nobody is mailed more often because several ask.
    world.prove("web:9", purpose="correct", typed=BEN)
    with pytest.raises(TooManyCodes):
        begin_new(world, conversation="web:9")


def test_wrong_codes_are_charged_and_end(world: World) -> None:
    world.prove(purpose="correct", typed=ANNA)
    begin_new(world)
    outcomes = [
        world.verification.check("web:1", world.mails.wrong).outcome
        for _ in range(POLICY.codes.tries + 1)
    ]
    assert outcomes[-1] == "locked"
    assert world.verification.check("web:1", world.mails.code).outcome == "locked"
    assert world.verification.proven("web:1", "new_contact", "draft-1") is None


def test_the_same_turn_is_one_code_and_resending_replaces_it(world: World) -> None:
    world.prove(purpose="correct", typed=ANNA)
    first = world.verification.begin_new("web:1", contact(NEW), "draft-1", "n")
    sent = len(world.mails.all)
    assert world.verification.begin_new("web:1", contact(NEW), "draft-1", "n") == first
    assert len(world.mails.all) == sent
    old = world.mails.code
    world.clock.move(_seconds(31))
    world.verification.resend("web:1", "n2")
    assert world.mails.all[-1].to == NEW
    if old != world.mails.code:
        assert world.verification.check("web:1", old).outcome == "wrong"
    assert world.verification.check("web:1", world.mails.code).outcome == "accepted"


def test_a_new_number_is_sent_its_code_as_a_text_message(world: World) -> None:
    world.prove(purpose="correct", typed=ANNA)
    code = begin_new(world, MOBILE)
    sent = world.mails.all[-1]
    assert (sent.by, sent.to, sent.values["purpose"]) == ("text", MOBILE, "new_contact")
    assert world.verification.check("web:1", code).outcome == "accepted"
    proof = world.verification.proven("web:1", "new_contact", "draft-1")
    assert proof is not None
    assert (proof.contact, proof.subjects) == (contact(MOBILE), ())


def test_for_one_customer_only_a_few_numbers_are_tried(world: World) -> None:
    """Text messages cost money, and a number is nobody's to be rung at by strangers (S-10)."""
    world.prove(purpose="correct", typed=ANNA)
    for number in range(POLICY.codes.new_numbers_per_hour):
        begin_new(world, f"+4917139200{number:02}")
    with pytest.raises(TooManyCodes):
        begin_new(world, MOBILE)
    # Other customers are not held up, nor is an address.
    begin_new(world, NEW)
    world.prove("web:2", purpose="correct", typed=BEN)
    begin_new(world, MOBILE, conversation="web:2")
    world.clock.move(timedelta(hours=1))
    world.prove("web:3", purpose="correct", typed=ANNA)
    begin_new(world, MOBILE, conversation="web:3")


def test_only_with_its_country_and_only_by_its_own_verb(world: World) -> None:
    world.prove(purpose="correct", typed=ANNA)
    with pytest.raises(ValueError, match="with its country"):
        begin_new(world, "0171 3920099")
    with pytest.raises(ValueError, match="no key to look somebody up"):
        world.begin(purpose="new_contact", typed=ANNA)


# -- what a correction needs -------------------------------------------------------------------------------------------


def draft(kind: str = "correct", **details: str) -> Draft:
    return Draft(kind, details, "web:1", "web", "en")


def test_a_new_email_needs_its_own_proof(datamap: DataMap, world: World) -> None:
    wish = draft(field="email", value="Anna@NEW-home.example")
    needed = new_contact_needed(datamap, wish, texts=False)
    assert needed == contact(NEW)
    assert not is_proven(needed, None)
    world.prove(purpose="correct", typed=ANNA)
    assert not is_proven(needed, world.verification.proven("web:1", "correct", "draft-1"))
    world.verification.check("web:1", begin_new(world))
    assert is_proven(needed, world.verification.proven("web:1", "new_contact", "draft-1"))
    # Another value than the one that was proven needs another proof.
    other = new_contact_needed(datamap, draft(field="email", value=BEN), texts=False)
    assert not is_proven(other, world.verification.proven("web:1", "new_contact", "draft-1"))


@pytest.mark.parametrize(
    "wish",
    [
        draft(field="name", value="Anna"),
        draft(field="phone", value="no number"),
        draft(field="nothing", value=NEW),
        draft("delete", field="email", value=NEW),
        draft(),
        draft(field="email", value="not an address"),
    ],
)
def test_nothing_else_needs_one(datamap: DataMap, wish: Draft) -> None:
    assert new_contact_needed(datamap, wish, texts=True) is None
    assert is_proven(None, None)


@pytest.mark.parametrize("typed", ["0171 3920099", "+49 171 3920099", "0049171-3920099"])
def test_a_new_number_needs_its_own_proof_where_a_text_message_reaches_it(
    datamap: DataMap, typed: str
) -> None:
    wish = draft(field="phone", value=typed)
    assert new_contact_needed(datamap, wish, texts=True) == contact(MOBILE)
    assert new_contact_needed(datamap, wish, texts=False) is None


@pytest.mark.parametrize(
    "typed",
    ["030 23125101", "+49 900 1234567", "0800 1234567", "+44 20 7946 0018", "+44 70 0000 0000"],
)
def test_of_landlines_and_costly_numbers_a_person_makes_sure(datamap: DataMap, typed: str) -> None:
    assert new_contact_needed(datamap, draft(field="phone", value=typed), texts=True) is None


def _seconds(count: int) -> timedelta:
    return timedelta(seconds=count)

"""Filing what needs no proof: the same for everybody, known or not, first or again."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.errors import NotPossibleNow, NotProven
from privacy.filing import Filed
from privacy.requests import State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.requests import request
from privacy.systems.directory import SubjectRecord
from tests.privacy.filing.filing_world import ADA, NOBODY, World, draft, record

ON_FILE = [record("shop:17", "Ada@Example.com")]
SHARED = [record("shop:1", "ada@example.com"), record("shop:2", "ada@example.com")]


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


def shape(filed: Filed) -> Filed:
    """All of an answer but the reference, which is made by chance."""
    return replace(filed, reference="")


@pytest.mark.parametrize(
    ("contact", "records"),
    [(ADA, ON_FILE), (ADA, SHARED), (NOBODY, []), (Contact("phone", "+442079460000"), [])],
)
def test_the_answer_is_the_same_whoever_is_known(
    world: World, contact: Contact, records: list[SubjectRecord]
) -> None:
    filed = world.filing.file_unproven(draft("object"), contact, records, "turn 1")
    assert shape(filed) == Filed(
        "", "object", State.RECEIVED, world.clock.now(), world.clock.now(), already_open=False
    )
    assert (world.rows("request"), world.rows("mail")) == (1, 1)
    assert world.mails.all[0].conversation is None, "a bounce would tell that the address is known"


def test_the_receipt_goes_to_the_address_on_file_as_it_is_written_there(world: World) -> None:
    world.filing.file_unproven(draft("object"), ADA, ON_FILE, "turn 1")
    (told,) = world.mails.all
    assert (told.to, told.deliver) == ("Ada@Example.com", True)


def test_nothing_is_mailed_to_who_is_not_on_file(world: World) -> None:
    world.filing.file_unproven(draft("object"), NOBODY, [], "turn 1")
    assert not world.mails.all[0].deliver


@pytest.mark.parametrize(
    ("records", "to"),
    [
        ([record("shop:17", "ada@example.com", "+442079460000")], "ada@example.com"),
        (
            [
                record("shop:17", "ada@example.com", "+442079460000"),
                record("shop:17", "ada@old.example", "+442079460000"),
            ],
            None,
        ),
        (
            [
                record("shop:1", "ada@example.com", "+442079460000"),
                record("shop:2", None, "+442079460000"),
            ],
            None,
        ),
        ([record("shop:17", None, "+442079460000")], None),
    ],
)
def test_a_phone_number_leads_to_a_mailbox_only_without_doubt(
    world: World, records: list[SubjectRecord], to: str | None
) -> None:
    phone = Contact("phone", "+442079460000")
    world.filing.file_unproven(draft("object"), phone, records, "turn 1")
    (told,) = world.mails.all
    assert (told.to if told.deliver else None) == to


def test_a_known_person_sees_it_after_proving_who_they_are(world: World) -> None:
    filed = world.filing.file_unproven(draft("object"), ADA, ON_FILE, "turn 1")
    assert [one.reference for one in world.filing.overview(["shop:17"])] == [filed.reference]


@pytest.mark.parametrize(("contact", "records"), [(ADA, ON_FILE), (NOBODY, [])])
def test_asking_again_in_the_same_conversation_shows_the_same(
    world: World, contact: Contact, records: list[SubjectRecord]
) -> None:
    first = world.filing.file_unproven(draft("object"), contact, records, "turn 1")
    again = world.filing.file_unproven(draft("object"), contact, records, "turn 2")
    assert again == replace(first, already_open=True)
    assert world.filing.file_unproven(draft("object"), contact, records, "turn 1") == first


@pytest.mark.parametrize(("contact", "records"), [(ADA, ON_FILE), (NOBODY, [])])
def test_another_conversation_cannot_tell_that_somebody_asked_before(
    world: World, contact: Contact, records: list[SubjectRecord]
) -> None:
    first = world.filing.file_unproven(draft("object"), contact, records, "turn 1")
    elsewhere = draft("object", conversation="web:2")
    other = world.filing.file_unproven(elsewhere, contact, records, "turn 1")
    assert shape(other) == shape(first)
    assert other.reference != first.reference
    assert world.rows("request") == 1
    assert [told.deliver for told in world.mails.all] == [bool(records), False], (
        "one mail, one decoy"
    )

    assert world.filing.file_unproven(elsewhere, contact, records, "turn 1") == other
    assert world.filing.filed_in("web:2", "turn 1") == other
    again = world.filing.file_unproven(elsewhere, contact, records, "turn 2")
    assert again == replace(other, already_open=True)
    assert world.rows("request_alias") == 1


def test_the_further_reference_leads_its_owner_to_the_request(world: World) -> None:
    first = world.filing.file_unproven(draft("object"), ADA, ON_FILE, "turn 1")
    elsewhere = draft("object", conversation="web:2")
    other = world.filing.file_unproven(elsewhere, ADA, ON_FILE, "turn 1")
    assert world.filing.view(other.reference, ["shop:17"]).reference == first.reference
    assert len(world.filing.overview(["shop:17"])) == 1


def test_two_purposes_are_two_requests(world: World) -> None:
    one = draft("object", purpose="marketing")
    two = draft("object", purpose="sale")
    first = world.filing.file_unproven(one, ADA, ON_FILE, "turn 1")
    second = world.filing.file_unproven(two, ADA, ON_FILE, "turn 2")
    assert first.reference != second.reference
    assert world.rows("request") == 2


@pytest.mark.parametrize("kind", ["access", "correct", "export", "delete", "restrict"])
def test_what_needs_a_proof_is_not_filed_without(world: World, kind: str) -> None:
    with pytest.raises(NotProven):
        world.filing.file_unproven(draft(kind), ADA, ON_FILE, "turn 1")
    assert world.rows("request") == 0


def test_one_turn_carries_one_wish(world: World) -> None:
    world.filing.file_unproven(draft("object"), ADA, ON_FILE, "turn 1")
    with pytest.raises(NotPossibleNow):
        world.filing.file_unproven(draft("withdraw_consent"), ADA, ON_FILE, "turn 1")


def test_a_contact_nobody_has_is_kept_sealed(world: World) -> None:
    world.filing.file_unproven(draft("object"), NOBODY, [], "turn 1")
    with world.database.read() as tx:
        row = tx.execute(select(request)).mappings().one()
    assert "nobody" not in repr(row)
    assert world.keyring.open(row["sealed_subject"], "request.sealed_subject") == "[]"

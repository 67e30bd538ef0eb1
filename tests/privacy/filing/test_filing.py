"""Filing with a proof: what is written, told and refused."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.errors import NotPossibleNow, NotProven
from privacy.filing import Draft, Filed
from privacy.filing.entry import DETAILS as DETAILS_PLACE
from privacy.filing.holders import SUBJECT
from privacy.mail.letterhead import Letterhead
from privacy.mail.outbox import BODY, Outbox
from privacy.references import parse_reference
from privacy.requests import State, Status, status_of
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request
from tests.privacy.filing.filing_world import (
    BERLIN,
    INBOX,
    POLICY,
    Proof,
    World,
    draft,
)


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        ("access", "2026-12-06 23:59:59"),
        ("export", "2026-12-06 23:59:59"),
        ("correct", "2026-12-19 23:59:59"),
        ("delete", "2026-12-19 23:59:59"),
        ("restrict", "2026-11-21 11:00:00"),
        ("object", "2026-11-21 11:00:00"),
        ("withdraw_consent", "2026-11-21 11:00:00"),
    ],
)
def test_every_kind_is_filed_dated_told_and_shown(world: World, kind: str, due: str) -> None:
    filed = world.filing.file(draft(kind), world.proven(kind), "turn 1")
    assert filed.kind == kind
    assert filed.state is (State.SCHEDULED if kind == "delete" else State.RECEIVED)
    assert not filed.already_open
    assert filed.received_at == world.clock.now()
    assert f"{filed.due_at.astimezone(BERLIN):%Y-%m-%d %H:%M:%S}" == due
    assert parse_reference(filed.reference) == filed.reference

    (view,) = world.filing.overview(["shop:17"])
    assert (view.reference, view.kind, view.status) == (
        filed.reference,
        kind,
        status_of(filed.state),
    )
    assert (view.reason, view.closed_at) == (None, None)
    assert world.filing.view(filed.reference.lower(), ["shop:17"]) == view

    (told,) = world.mails.all
    receipt = "deletion_scheduled" if kind == "delete" else "request_received"
    assert (told.kind, told.to, told.deliver) == (receipt, "ada@example.com", True)
    assert told.values["reference"] == filed.reference
    assert told.conversation == "web:1"

    entry, *more = world.filing.history(view.request_id)
    assert (entry.seq, entry.actor, entry.event) == (1, "customer", "filed")
    assert entry.data == {"state": "received", "level": POLICY.level(kind), "channel": "web"}
    assert [(one.actor, one.event, one.data) for one in more] == (
        [("service", "scheduled", {"until": "2026-11-28"})] if kind == "delete" else []
    )


def test_each_law_s_date_is_kept(world: World) -> None:
    filed = world.filing.file(draft("delete"), world.proven("delete"), "turn 1")
    (view,) = world.filing.overview(["shop:17"])
    dates = world.filing.law_dates(view.request_id)
    assert [(one.law, f"{one.due_at.astimezone(BERLIN):%d.%m.}") for one in dates] == [
        ("house", "19.12."),
        ("gdpr", "21.12."),
        ("uk_gdpr", "21.12."),
        ("ccpa", "05.01."),
    ]
    assert dates[0].due_at == filed.due_at
    assert dates[1].source == "GDPR Art. 12(3)"


def test_personal_values_are_sealed(world: World) -> None:
    world.filing.file(draft("correct"), world.proven("correct"), "turn 1")
    with world.database.read() as tx:
        row = tx.execute(select(request)).mappings().one()
        everything = repr(tx.exec_driver_sql("SELECT * FROM request_event").all()) + repr(row)
    for value in ("12 Sample Lane", "ada@example.com", "shop:17", "street"):
        assert value not in everything
    assert world.keyring.open(row["sealed_subject"], SUBJECT) == '["shop:17"]'
    details = json.loads(world.keyring.open(row["sealed_details"], DETAILS_PLACE))
    assert details == {"field": "street", "value": "12 Sample Lane"}


def test_the_real_outbox_takes_the_receipt(world: World) -> None:
    letterhead = Letterhead.read(
        company="Alder & Finch",
        mail_from="Privacy <privacy@company.example>",
        inbox=INBOX,
        origin="https://privacy.company.example",
    )
    world.filing._letters._outbox = Outbox(world.keyring, world.clock, letterhead)
    world.filing.file(draft("access"), world.proven("access"), "turn 1")
    with world.database.read() as tx:
        body = world.keyring.open(tx.execute(select(mail.c.body)).scalar_one(), BODY)
    assert "You asked to: see your data" in body
    assert "Done by: Sunday 6 December 2026" in body
    why = "Why this date: 15 days from receipt, the shortest time in any law that we follow (LGPD)."
    assert why in " ".join(body.split())


def test_one_turn_files_once(world: World) -> None:
    proof = world.proven("access")
    first = world.filing.file(draft(), proof, "turn 1")
    world.proofs.clear()  # what was filed is told again even when the proof has idled out since
    assert world.filing.file(draft(), proof, "turn 1") == first
    assert world.filing.filed_in("web:1", "turn 1") == first
    assert world.filing.filed_in("web:1", "turn 2") is None
    assert world.rows("request") == 1
    assert len(world.mails.all) == 1


def test_one_turn_carries_one_wish(world: World) -> None:
    world.filing.file(draft(), world.proven("access"), "turn 1")
    with pytest.raises(NotPossibleNow):
        world.filing.file(draft("export"), world.proven("export"), "turn 1")


def test_asking_again_shows_the_one_that_is_open(world: World) -> None:
    first = world.filing.file(draft(), world.proven("access"), "turn 1")
    world.clock.move(timedelta(days=1))
    again = world.filing.file(
        draft(conversation="web:2"), world.proven("access", conversation="web:2"), "turn 9"
    )
    assert again.already_open
    assert not again.differs
    assert (again.reference, again.received_at) == (first.reference, first.received_at)
    assert (world.rows("request"), len(world.mails.all)) == (1, 1)


def test_another_kind_and_another_subject_are_other_requests(world: World) -> None:
    world.filing.file(draft(), world.proven("access"), "turn 1")
    export = world.filing.file(draft("export"), world.proven("export"), "turn 2")
    other = world.filing.file(draft(), world.proven("access", "shop:18"), "turn 3")
    assert not export.already_open
    assert not other.already_open


def test_two_fields_to_correct_are_two_requests_and_a_new_value_is_told_to_differ(
    world: World,
) -> None:
    def correct(turn: str, **details: str) -> Filed:
        return world.filing.file(draft("correct", **details), world.proven("correct"), turn)

    street = correct("turn 1", field="street", value="12 Sample Lane")
    phone = correct("turn 2", field="phone", value="020 7946 0000")
    again = correct("turn 3", field=" Street ", value="14 Sample Lane")
    assert not phone.already_open
    assert phone.reference != street.reference
    assert (again.reference, again.already_open, again.differs) == (street.reference, True, True)


def test_after_it_is_closed_it_can_be_asked_for_again(world: World) -> None:
    first = world.filing.file(draft(), world.proven("access"), "turn 1")
    world.filing.cancel(first.reference, ["shop:17"], "turn 2")
    again = world.filing.file(draft(), world.proven("access"), "turn 3")
    assert not again.already_open
    assert again.reference != first.reference


def test_a_contact_of_several_people_waits_for_a_person(world: World) -> None:
    proof = world.proven("delete", "shop:1", "shop:2")
    filed = world.filing.file(draft("delete"), proof, "turn 1")
    assert filed.state is State.CHECKING_IDENTITY
    (view,) = world.filing.overview(["shop:2", "shop:1"])
    assert view.status is Status.CHECKING_IDENTITY
    assert world.filing.history(view.request_id)[0].data == {
        "state": "checking_identity",
        "level": 2,
        "channel": "web",
        "why": "contact_shared",
        "people": 2,
    }
    customer, company = world.mails.all
    assert (customer.kind, customer.to) == ("request_received", "ada@example.com")
    assert "A colleague finds out who is asking" in customer.values["next"]
    assert (company.kind, company.to) == ("request_needs_person", INBOX)
    assert "ada" not in json.dumps(dict(company.values)).lower()
    assert filed.due_at == world.filing.law_dates(view.request_id)[0].due_at, "the date never waits"


def test_what_was_asked_for_a_group_is_not_shown_to_one_nor_the_other_way_round(
    world: World,
) -> None:
    group = world.filing.file(draft(), world.proven("access", "shop:1", "shop:2"), "turn 1")
    alone = world.filing.file(draft("export"), world.proven("export", "shop:1"), "turn 2")
    assert [one.reference for one in world.filing.overview(["shop:1"])] == [alone.reference]
    assert [one.reference for one in world.filing.overview(["shop:2", "shop:1"])] == [
        group.reference
    ]
    assert world.filing.overview(["shop:2"]) == []
    assert world.filing.overview([]) == []


def test_a_proof_by_phone_has_no_mailbox(world: World) -> None:
    phone = Contact("phone", "+442079460000")
    filed = world.filing.file(draft(), world.proven("access", contact=phone), "turn 1")
    assert world.mails.sent("request_received") == []
    world.filing.cancel(filed.reference, ["shop:17"], "turn 2")
    assert world.mails.sent("request_cancelled") == []


def nothing_proven(world: World) -> Proof:
    proof = world.proven("delete")
    world.proofs.clear()
    return proof


def proven_for_another_act(world: World) -> Proof:
    proof = world.proven("delete")
    world.drafts.begin("web:1", "delete")
    return proof


def proven_for_another_kind(world: World) -> Proof:
    return world.proven("access")


def proven_in_another_conversation(world: World) -> Proof:
    return world.proven("delete", conversation="web:2")


def proven_too_low(world: World) -> Proof:
    return world.proven("delete", level=1)


def proven_for_somebody_else(world: World) -> Proof:
    proof = world.proven("delete")
    return Proof(("shop:99",), proof.contact, proof.level, proof.at)


def proven_for_nobody(world: World) -> Proof:
    proof = world.proven("delete")
    for key in world.proofs:
        world.proofs[key] = Proof((), proof.contact, 2, proof.at)
    return Proof((), proof.contact, 2, proof.at)


def proven_under_a_draft_of_another_kind(world: World) -> Proof:
    proof = world.proven("access")
    (key,) = world.proofs
    world.proofs["web:1", "delete", key[2]] = proof
    return proof


def draft_dropped(world: World) -> Proof:
    proof = world.proven("delete")
    world.drafts.drop("web:1")
    return proof


def nothing_claimed(world: World) -> None:
    world.proven("delete")


@pytest.mark.parametrize(
    "prepare",
    [
        nothing_proven,
        proven_for_another_act,
        proven_for_another_kind,
        proven_in_another_conversation,
        proven_too_low,
        proven_for_somebody_else,
        proven_for_nobody,
        proven_under_a_draft_of_another_kind,
        draft_dropped,
        nothing_claimed,
    ],
)
def test_what_the_database_does_not_hold_is_not_believed(
    world: World, prepare: Callable[[World], Proof | None]
) -> None:
    claimed = prepare(world)
    with pytest.raises(NotProven):
        world.filing.file(draft("delete"), claimed, "turn 1")
    assert world.rows("request") == 0
    assert world.mails.all == []


def test_what_was_proven_for_one_act_is_used_up_by_it(world: World) -> None:
    proof = world.proven("delete")
    filed = world.filing.file(draft("delete"), proof, "turn 1")
    world.filing.cancel(filed.reference, ["shop:17"], "turn 2")
    with pytest.raises(NotProven):
        world.filing.file(draft("delete"), proof, "turn 3")


@pytest.mark.parametrize(
    ("kind", "details", "sentence"),
    [
        ("fly", {}, "no kind of request called fly"),
        ("correct", {"field": "street"}, "needs the detail value"),
        ("correct", {"field": "street", "value": "  "}, "needs the detail value"),
    ],
)
def test_what_cannot_be_filed(
    world: World, kind: str, details: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        world.filing.file(Draft(kind, details, "web:1", "web", "en"), None, "turn 1")


def test_nothing_half_happens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = world.proven("delete", "shop:1", "shop:2")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the outbox is full")

    monkeypatch.setattr(world.filing._letters, "needs_person", broken)
    with pytest.raises(RuntimeError):
        world.filing.file(draft("delete"), proof, "turn 1")
    for table in ("request", "request_deadline", "request_event", "mail"):
        assert world.rows(table) == 0
    monkeypatch.undo()
    assert not world.filing.file(draft("delete"), proof, "turn 1").already_open
    assert world.mail_rows() == ["request_received", "request_needs_person"]


def test_neither_a_draft_nor_an_error_shows_what_was_typed(world: World) -> None:
    made = draft("correct")
    assert "Sample" not in repr(made)
    with pytest.raises(NotProven) as told:
        world.filing.file(made, None, "turn 1")
    assert "Sample" not in str(told.value)

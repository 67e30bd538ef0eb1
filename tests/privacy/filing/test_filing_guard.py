"""A new e-mail address is filed only once it has proven itself, for this very correction: asked of the database by
filing itself, whatever the dialogue believes (real wiring, real codes)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.errors import NotProven
from privacy.filing import Draft
from privacy.fulfilment.correct.new_contact import PROVEN
from privacy.verification import Proof
from tests.privacy.fulfilment.vera_world import JANE, KARL, VeraWorld, Visit, vera_world

NEW = "jane.somewhere.else@example.org"


@pytest.fixture
def world(tmp_path: Path, clock: FixedClock) -> Iterator[VeraWorld]:
    with vera_world(tmp_path / "vera", clock) as world:
        yield world


@pytest.fixture
def visit(world: VeraWorld) -> Visit:
    return world.visit()


def file(world: VeraWorld, visit: Visit, proof: Proof | None, value: str = NEW) -> str:
    details = {"field": "email", "value": value}
    draft = Draft("correct", details, visit.conversation, "web", "en")
    return world.vera.filing.file(draft, proof, world.turn()).reference


def refused(world: VeraWorld, visit: Visit, proof: Proof | None, value: str = NEW) -> None:
    with pytest.raises(NotProven):
        file(world, visit, proof, value)
    assert world.count("request") == 0


def test_the_code_to_the_old_address_is_not_enough(world: VeraWorld, visit: Visit) -> None:
    act_key, proof = world.begin(visit, "correct")
    refused(world, visit, proof)
    world.prove_new(visit, NEW, act_key)
    assert file(world, visit, proof)
    assert world.work() == ["done"]
    assert world.ask("shop", "SELECT count(*) FROM customers WHERE email = ?", NEW) == [(1,)]


def test_another_address_that_proved_itself_is_not_it(world: VeraWorld, visit: Visit) -> None:
    act_key, proof = world.begin(visit, "correct")
    world.prove_new(visit, "somebody.else@example.org", act_key)
    refused(world, visit, proof)
    refused(world, visit, proof, value=KARL)


@pytest.mark.parametrize("spelled", ["Jane.Somewhere.Else@EXAMPLE.org", f"  {NEW} "])
def test_the_same_address_spelled_differently_is_it(
    world: VeraWorld, visit: Visit, spelled: str
) -> None:
    act_key, proof = world.begin(visit, "correct")
    world.prove_new(visit, NEW, act_key)
    assert file(world, visit, proof, value=spelled)


def test_it_holds_for_one_correction_in_one_conversation(world: VeraWorld, visit: Visit) -> None:
    act_key, _ = world.begin(visit, "correct")
    world.prove_new(visit, NEW, act_key)
    _, proof = world.begin(visit, "correct")  # begun anew
    refused(world, visit, proof)
    elsewhere = world.visit()
    _, proof = world.begin(elsewhere, "correct")
    refused(world, elsewhere, proof)


def test_it_is_over_when_nobody_was_there_for_a_while(world: VeraWorld, visit: Visit) -> None:
    act_key, proof = world.begin(visit, "correct")
    world.prove_new(visit, NEW, act_key)
    world.later(minutes=10)
    assert world.vera.verification.proven(visit.conversation, "correct", act_key) is not None
    world.later(minutes=6)
    refused(world, visit, proof)


def test_it_proves_the_new_address_and_opens_nothing(world: VeraWorld, visit: Visit) -> None:
    """Who reads a mailbox of their own choice has shown nothing about whose data they may change (S-29)."""
    act_key, proof = world.begin(visit, "correct")
    world.prove_new(visit, KARL, act_key)
    assert file(world, visit, proof, value=KARL)
    known = world.vera.verification.proven(visit.conversation, "status", "")
    assert known is not None
    assert known.contact.value == JANE
    assert world.work() == ["for_person"], "an address of somebody else's is looked at by a person"
    assert world.ask("shop", "SELECT count(*) FROM customers WHERE email = ?", KARL) == [(1,)]


def test_other_corrections_need_no_second_code(world: VeraWorld, visit: Visit) -> None:
    _, proof = world.begin(visit, "correct")
    details = {"field": "phone", "value": "+49 30 23125777"}
    draft = Draft("correct", details, visit.conversation, "web", "en")
    assert world.vera.filing.file(draft, proof, world.turn())


def test_a_new_number_needs_one_where_a_text_message_reaches_it(
    world: VeraWorld, visit: Visit
) -> None:
    act_key, proof = world.begin(visit, "correct")
    details = {"field": "phone", "value": "+49 171 3925777", PROVEN: "+491713925777"}
    draft = Draft("correct", details, visit.conversation, "web", "en")
    with pytest.raises(NotProven):
        world.vera.filing.file(draft, proof, world.turn())
    world.prove_new(visit, "+49 171 3925777", act_key)
    filed = world.vera.filing.file(draft, proof, world.turn())
    assert world.details(filed)[PROVEN] == "+491713925777"


def test_what_a_draft_claims_to_be_proven_is_not_believed(world: VeraWorld, visit: Visit) -> None:
    """A landline: no code reaches it, and a person makes sure."""
    _, proof = world.begin(visit, "correct")
    details = {"field": "phone", "value": "+49 30 23125777", PROVEN: "+493023125777"}
    draft = Draft("correct", details, visit.conversation, "web", "en")
    filed = world.vera.filing.file(draft, proof, world.turn())
    assert world.details(filed)[PROVEN] == ""

"""Filing with the real verification: a code, a request, and no second one for the same code."""

import pytest

from privacy.clock import FixedClock
from privacy.errors import NotProven
from privacy.filing import Drafts, Filing
from privacy.fulfilment.books.works import Works
from privacy.requests import State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.directory import SubjectRecord
from tests.privacy.filing.filing_world import BERLIN, INBOX, POLICY, Rows, draft, record
from tests.privacy.verification.verification_world import World, make_world

ADA = record("shop:17", "ada@example.com")
BEN = record("shop:18", "ada@example.com")


class House:
    """Verification and filing on one database, as the wiring joins them."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: FixedClock, *people: SubjectRecord
    ) -> None:
        self.world: World = make_world(database, keyring, clock, *people)
        self.drafts = Drafts(database, keyring, clock)
        self.mails = Rows()
        self.filing = Filing(
            database,
            keyring,
            clock,
            POLICY,
            self.mails,
            self.world.verification.proven,
            Works(POLICY),
            zone=BERLIN,
            company_inbox=INBOX,
        )

    def prove(self, kind: str) -> str:
        act_key = self.drafts.begin("web:1", kind)
        self.world.prove(purpose=kind, typed="ada@example.com", act_key=act_key)
        return act_key


@pytest.mark.parametrize("kind", ["access", "export", "correct", "delete", "restrict"])
def test_a_code_files_one_request(
    database: Database, keyring: Keyring, clock: FixedClock, kind: str
) -> None:
    house = House(database, keyring, clock, ADA)
    proof = house.world.verification.proven("web:1", kind, house.prove(kind))
    filed = house.filing.file(draft(kind), proof, "turn 1")
    assert filed.state is (State.SCHEDULED if kind == "delete" else State.RECEIVED)
    assert [view.reference for view in house.filing.overview(["shop:17"])] == [filed.reference]
    receipt = "deletion_scheduled" if kind == "delete" else "request_received"
    assert house.mails.sent(receipt)[0].to == "ada@example.com"


def test_a_code_for_one_act_files_no_other(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    house = House(database, keyring, clock, ADA)
    proof = house.world.verification.proven("web:1", "export", house.prove("export"))
    assert proof is not None
    house.drafts.begin("web:1", "delete")
    with pytest.raises(NotProven):
        house.filing.file(draft("delete"), proof, "turn 1")
    assert house.filing.overview(["shop:17"]) == []


def test_a_shared_address_waits_for_a_person(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    house = House(database, keyring, clock, ADA, BEN)
    proof = house.world.verification.proven("web:1", "export", house.prove("export"))
    assert proof is not None
    filed = house.filing.file(draft("export"), proof, "turn 1")
    assert filed.state is State.CHECKING_IDENTITY
    assert len(house.filing.overview(proof.subjects)) == 1

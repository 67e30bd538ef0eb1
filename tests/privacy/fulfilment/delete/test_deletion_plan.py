"""The plan that a customer reads: what goes and stays, until when and why; the same words before and after."""

from datetime import date
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.datamap.load import load_datamap
from privacy.datamap.scope import Scope
from privacy.dates import day_in_words
from privacy.fulfilment.delete.plan import DeletionPlan, plan_of
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.port import TableCount
from tests.privacy.fulfilment.delete.deletion_world import JANE, DeletionWorld, contact

TODAY = date(2026, 11, 21)
DEMO = load_datamap(ROOT / "demo" / "datamap.yml", Path("nowhere"), {})


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> DeletionWorld:
    return DeletionWorld(database, keyring, clock, tmp_path)


def test_what_jane_reads(world: DeletionWorld) -> None:
    plan = world.planner.look(contact(JANE), world.subject(JANE), Scope())
    last = world.one(
        "shop",
        "SELECT max(date(paid_at)) FROM payments JOIN orders o ON o.id = order_id WHERE customer_id = 1",
    )
    until = day_in_words(date.fromisoformat(last).replace(year=int(last[:4]) + 11))
    text = plan.as_text()
    assert text.startswith("This goes:\n• Our shop: your account, 2 addresses")
    assert "• Our support desk: 2 questions to our support desk" in text
    assert f"until {until} at the latest, because tax law tells us to keep invoices" in text
    assert "• You can no longer sign in" in text
    assert "• The newsletter no longer comes" in text
    assert plan.keeps
    for personal in ("Jane", "jane", "Gartenstr", "1987"):
        assert personal not in text


def test_who_has_nothing_reads_nothing(world: DeletionWorld) -> None:
    plan = plan_of(DEMO, Scope(), {}, TODAY)
    assert plan.is_empty
    assert plan.as_text() == plan.receipt() == ""


def test_a_system_that_is_away_is_named(world: DeletionWorld) -> None:
    plan = plan_of(DEMO, Scope(), {}, TODAY, unseen=["support"])
    assert not plan.is_empty
    assert (
        "Our support desk: it cannot be asked now, and is part of it all the same" in plan.as_text()
    )


def test_one_and_several() -> None:
    def goes(rows: int) -> str:
        counts = {"newsletter": {"segments": TableCount("segments", rows)}}
        return plan_of(DEMO, Scope(), counts, TODAY).goes[0]

    assert goes(1) == "our newsletter: 1 group of readers we put you in"
    assert goes(2) == "our newsletter: 2 groups of readers we put you in"


def test_without_a_date_the_words_of_the_map_stand_in() -> None:
    counts = {"shop": {"invoices": TableCount("invoices", 3)}}
    [stays] = plan_of(DEMO, Scope(), counts, TODAY).stays
    assert stays == (
        "3 invoices, for ten years after the end of the year of the invoice, because tax law tells us to keep invoices"
    )


def test_what_no_law_keeps_any_more_is_told_as_gone() -> None:
    def of(last: date) -> DeletionPlan:
        counts = {"shop": {"invoices": TableCount("invoices", 3, last, last)}}
        return plan_of(DEMO, Scope(), counts, TODAY)

    kept, over = of(date(2015, 11, 22)), of(date(2015, 11, 20))
    assert kept.stays[0].startswith("3 invoices, until 22 November 2026 at the latest, because")
    assert kept.keeps
    assert not over.keeps
    assert over.stays == ()
    assert over.goes == ("our shop: 3 invoices",)

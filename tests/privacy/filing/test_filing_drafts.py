"""Drafts: what a customer is in the middle of, one per conversation, sealed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from privacy.clock import FixedClock
from privacy.filing import Draft, Drafts
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.requests import draft as table


@pytest.fixture
def drafts(database: Database, keyring: Keyring, clock: FixedClock) -> Drafts:
    return Drafts(database, keyring, clock)


def test_a_draft_is_remembered(drafts: Drafts, clock: FixedClock) -> None:
    began = clock.now()
    act_key = drafts.begin("web:1", "correct")
    clock.move(timedelta(minutes=1))
    assert drafts.put("web:1", field="street", value="12 Sample Lane")
    assert drafts.put("web:1", value="14 Sample Lane")
    stored = drafts.get("web:1")
    assert stored is not None
    assert (stored.kind, stored.act_key) == ("correct", act_key)
    assert stored.details == {"field": "street", "value": "14 Sample Lane"}
    assert (stored.created_at, stored.updated_at) == (began, clock.now())
    assert stored.to_file("web", "en") == Draft("correct", stored.details, "web:1", "web", "en")


def test_to_begin_again_is_another_act(drafts: Drafts) -> None:
    first = drafts.begin("web:1", "delete")
    drafts.put("web:1", why="moved")
    second = drafts.begin("web:1", "delete")
    assert first != second
    stored = drafts.get("web:1")
    assert stored is not None
    assert stored.details == {}


@pytest.mark.parametrize("kind", ["status", "cancel"])
def test_looking_up_and_cancelling_are_acts_too(drafts: Drafts, kind: str) -> None:
    drafts.begin("web:1", kind)
    stored = drafts.get("web:1")
    assert stored is not None
    assert stored.kind == kind


def test_conversations_are_apart(drafts: Drafts) -> None:
    drafts.begin("web:1", "access")
    drafts.begin("web:2", "delete")
    drafts.drop("web:1")
    drafts.drop("web:1")
    assert drafts.get("web:1") is None
    stored = drafts.get("web:2")
    assert stored is not None
    assert stored.kind == "delete"


def test_nothing_is_put_where_nothing_was_begun(drafts: Drafts) -> None:
    assert not drafts.put("web:1", field="street")
    assert drafts.get("web:1") is None


def test_details_are_sealed_and_never_printed(drafts: Drafts, database: Database) -> None:
    drafts.begin("web:1", "correct")
    drafts.put("web:1", value="12 Sample Lane")
    with database.read() as tx:
        assert b"Sample" not in tx.execute(select(table.c.sealed_details)).scalar_one()
    assert "Sample" not in repr(drafts.get("web:1"))

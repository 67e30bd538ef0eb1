"""What stands beside a conversation for agents only: notes, drafts, saved replies; on either database."""

import pytest

from privacy.handoff.notes import SavedReply, SavedReplyWrong
from tests.privacy.handoff.hand_over_world import ANNA, BEN, World


def test_a_note_is_kept_once_by_its_id_with_whoever_wrote_it(any_world: World) -> None:
    with any_world.database.write() as tx:
        for _ in range(2):
            any_world.notes.add(tx, "web:1", ANNA, "Asked the warehouse", "note-1")
        any_world.notes.add(tx, "web:1", None, "The assistant was about to say: Hello.")
        any_world.notes.add(tx, "web:1", None, "The assistant was about to say: Hello.")
        notes = any_world.notes.of(tx, "web:1")
    assert [(note.by, note.text) for note in notes] == [
        ("Anna", "Asked the warehouse"),
        ("", "The assistant was about to say: Hello."),
        ("", "The assistant was about to say: Hello."),
    ]
    assert "warehouse" not in repr(notes[0])


def test_each_agent_has_a_draft_of_their_own_and_the_newest_counts(any_world: World) -> None:
    with any_world.database.write() as tx:
        any_world.notes.keep_draft(tx, "web:1", ANNA, "Dear")
        any_world.notes.keep_draft(tx, "web:1", ANNA, "Dear customer")
        any_world.notes.keep_draft(tx, "web:1", BEN, "Hello")
        assert any_world.notes.draft(tx, "web:1", ANNA) == "Dear customer"
        any_world.notes.keep_draft(tx, "web:1", ANNA, "  ")
        assert any_world.notes.draft(tx, "web:1", ANNA) == ""
        assert any_world.notes.draft(tx, "web:1", BEN) == "Hello"


def test_saved_replies_are_replaced_by_name_and_listed_in_order(any_world: World) -> None:
    with any_world.database.write() as tx:
        any_world.notes.save_reply(tx, "where", "It is on its way.")
        any_world.notes.save_reply(tx, "hello", "Hello {name}")
        any_world.notes.save_reply(tx, "hello", " Hello {name}. ")
        assert any_world.notes.saved_replies(tx) == [
            SavedReply("hello", "Hello {name}."),
            SavedReply("where", "It is on its way."),
        ]
        any_world.notes.remove_reply(tx, "where")
        assert [one.name for one in any_world.notes.saved_replies(tx)] == ["hello"]


@pytest.mark.parametrize("name", ["", "Hello", "two words", "-a", "a/b", "x" * 41])
def test_a_saved_reply_has_a_name_that_can_be_typed(any_world: World, name: str) -> None:
    with any_world.database.write() as tx, pytest.raises(SavedReplyWrong):
        any_world.notes.save_reply(tx, name, "text")


def test_places_are_filled_where_they_are_known_and_stay_where_they_are_not() -> None:
    reply = SavedReply("hello", "Hello {name}, {reference} is due on {due}. {name}")
    assert (
        reply.filled({"name": "{due}", "reference": "PR-1", "due": ""})
        == "Hello {due}, PR-1 is due on {due}. {due}"
    )

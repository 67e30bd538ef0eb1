"""News in a conversation: said once, as they are, and without disturbing what was asked just before."""

import pytest

from privacy.clock import FixedClock
from privacy.conversations.announcements import Announcements
from privacy.conversations.brain import Reading, Reply
from privacy.conversations.sessions import Opened
from privacy.conversations.wording import Utterance, Wording, WordingMissing
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.conversations.conversation_world import World

DONE = Utterance("{reference} is done: {lines}", (("That's all", "/goodbye"),))


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


@pytest.fixture
def news(world: World) -> Announcements:
    return Announcements(world.people, Wording({"utter_done": DONE}), world.hub, world.clock)


def tell(world: World, news: Announcements, opened: Opened, lines: str, key: str = "k") -> None:
    with world.database.write() as tx:
        news.tell(tx, opened.conversation, "utter_done", {"reference": "PR-1", "lines": lines}, key)


def last(world: World, opened: Opened) -> str:
    return world.conversations.history(opened.conversation)[-1].text


async def test_they_are_said_once_by_key_with_their_buttons(
    world: World, news: Announcements
) -> None:
    opened = world.open()
    for _ in range(2):
        tell(world, news, opened, "2 orders")
    assert [line.text for line in world.conversations.history(opened.conversation)][1:] == [
        "PR-1 is done: 2 orders"
    ]
    [choice] = world.conversations.history(opened.conversation)[-1].choices
    assert choice.label == "That's all"
    tell(world, news, opened, "3 orders", key="another")
    assert last(world, opened) == "PR-1 is done: 3 orders"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("⟦email_1⟧", "[email_1]"),
        ("⟦email_1:masked⟧", "[email_1:masked]"),
        ("{reference} {lines}", "{reference} {lines}"),
        ("⟦value_1⟧⟦row_1⟧", "[value_1][row_1]"),
        ("<b>x</b> 🦊", "<b>x</b> 🦊"),
    ],
)
async def test_a_value_out_of_a_system_is_never_filled_in(
    world: World, news: Announcements, held: str, said: str
) -> None:
    """A name may look like a token of ours: the customer's own address must not come in its place."""
    opened = world.open()
    await world.say(opened, "jane@example.com", "client-1")
    await world.settled(opened)
    tell(world, news, opened, held)
    assert last(world, opened) == f"PR-1 is done: {said}"


async def test_what_was_asked_is_still_asked_after_them(world: World, news: Announcements) -> None:
    opened = world.open()
    world.brain.answer = lambda asked: Reply([Utterance("Tell me", (), {"expects": "value"})])
    await world.say(opened, "change my name", "client-1")
    await world.settled(opened)
    tell(world, news, opened, "2 orders")
    await world.say(opened, "Ada Lovelace", "client-2")
    await world.settled(opened)
    assert world.brain.asked[-1].reading == Reading("inform", {"value": "value_1"})


async def test_a_wording_that_does_not_exist_is_told_to_who_names_it(
    world: World, news: Announcements
) -> None:
    opened = world.open()
    with pytest.raises(WordingMissing), world.database.write() as tx:
        news.tell(tx, opened.conversation, "utter_nothing", {}, "k")

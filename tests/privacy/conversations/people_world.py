"""Conversations on their way to a person and back: what the tests of it share."""

from privacy.agents.accounts import Agent
from privacy.contacts import parse_contact
from privacy.conversations.brain import Reply
from privacy.conversations.messages import Message
from privacy.conversations.sessions import Opened
from privacy.conversations.wording import Utterance
from tests.privacy.conversations.conversation_world import Asked, World

JOINED = ("notice", "You're now talking with Anna, a person. The assistant is silent until they hand back.")  # fmt: skip
WAITS = "I've put that with the rest, for the person who takes over."
ASKED = Reply(
    [
        Utterance(
            "I've asked a person",
            (
                ("Back to the assistant", '/inform{"act": "assistant"}'),
                ("Leave a message instead", '/inform{"act": "leave_message"}'),
            ),
        )
    ]
)


async def in_queue(world: World) -> Opened:
    """A conversation whose customer asked for a person, in a turn of the bot as always."""
    opened = world.open()
    heard = world.brain.answer

    def answer(asked: Asked) -> Reply:
        world.people.ask(asked.conversation, "asked")
        return ASKED

    world.brain.answer = answer
    await world.say(opened, "a person please", "asks")
    await world.settled(opened)
    world.brain.answer = heard
    return opened


async def taken(world: World, by: Agent) -> Opened:
    opened = await in_queue(world)
    world.people.claim(opened.conversation, by)
    return opened


def last(world: World, opened: Opened) -> Message:
    return world.conversations.history(opened.conversation)[-1]


async def press(world: World, opened: Opened, label: str, client_id: str) -> None:
    """A button of any line that the browser still shows."""
    lines = world.conversations.history(opened.conversation)
    [choice] = [c for line in lines for c in line.choices if c.label == label]
    await world.conversations.choose(opened.conversation, opened.token, choice.id, client_id)
    await world.settled(opened)


def leave(world: World, opened: Opened, contact: str = "sam@example.com") -> None:
    way = parse_contact(contact)
    assert way is not None
    with world.database.write() as tx:
        world.people.leave(tx, opened.conversation, way)

"""Free text as an answer: any text is one, except a clear detour; and what belongs to a turn is read by its number."""

import pytest

from privacy.clock import FixedClock
from privacy.conversations.brain import Reading, Reply
from privacy.conversations.sessions import Opened
from privacy.conversations.values import is_leaving
from privacy.conversations.wording import Utterance, Wording
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.conversations.conversation_world import World

KEPT = Reading("inform", {"value": "value_1"})


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


async def ask(world: World, expects: str) -> Opened:
    """A conversation in which the bot has asked for something."""
    opened = world.open()
    world.brain.answer = lambda asked: Reply([Utterance("Tell me", (), {"expects": expects})])
    await world.say(opened, "change my name", "client-1")
    await world.settled(opened)
    world.brain.asked.clear()
    return opened


async def read(world: World, opened: Opened, text: str) -> tuple[Reading | None, str]:
    """How the answer to the question goes to Rasa."""
    await world.say(opened, text, "client-2")
    await world.settled(opened)
    [asked] = world.brain.asked
    return asked.reading, asked.text


class TestDetours:
    async def test_a_value_reaches_the_brain_as_a_token(self, world: World) -> None:
        opened = await ask(world, "value")
        assert await read(world, opened, "Ada Lovelace") == (KEPT, "")
        assert b"Lovelace" not in world.bytes_on_disk()

    @pytest.mark.parametrize("expects", ["value", "part", "message"])
    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("why do you ask?", "why_data"),
            ("Why do you need to know that?", "why_data"),
            ("never mind", "deny"),
            ("no, stop it please", "deny"),
            ("No", "deny"),
        ],
    )
    async def test_a_clear_question_stays_a_question(
        self, world: World, expects: str, text: str, intent: str
    ) -> None:
        opened = await ask(world, expects)
        world.brain.intents[text] = (intent, 0.9)
        assert await read(world, opened, text) == (None, text)

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("Why 5, 10115 Berlin", ("why_data", 0.99)),  # digits: an address
            ("x" * 130, ("deny", 0.99)),  # long: nobody says never mind at such length
            ("Hope Will", ("help", 0.3)),  # not sure enough
            ("jane.new@example.com", ("why_data", 0.99)),  # a contact is a value
            ("delete", ("no such intent", 1.0)),
        ],
    )
    async def test_what_only_looks_like_a_detour_is_the_value(
        self, world: World, text: str, intent: tuple[str, float]
    ) -> None:
        opened = await ask(world, "value")
        world.brain.intents[text] = intent
        assert await read(world, opened, text) == (KEPT, "")

    @pytest.mark.parametrize(
        "name",
        ["Neumann", "Ngo", "Brandt-Neu", "Ann No", "Noah Stopp", "Grace Stop", "Наталья Нет"],
    )
    async def test_a_name_in_which_rasa_hears_a_word_is_a_name(
        self, world: World, name: str
    ) -> None:
        """However sure it is: most words have to be some in which somebody says no."""
        opened = await ask(world, "value")
        world.brain.intents[name] = ("deny", 1.0)
        assert await read(world, opened, name) == (KEPT, "")

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("delete my data at last", "delete"),
            ("I want to talk to somebody", "human"),
            ("show me my data", "access"),
        ],
    )
    async def test_a_message_for_a_person_may_name_any_wish(
        self, world: World, text: str, intent: str
    ) -> None:
        opened = await ask(world, "message")
        world.brain.intents[text] = (intent, 0.99)
        assert await read(world, opened, text) == (KEPT, "")

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("only my orders", "access"),
            ("delete only the newsletter", "delete"),
            ("my questions to your support", "help"),
            ("download everything but my orders", "export"),
        ],
    )
    async def test_a_part_may_be_named_in_the_words_of_any_right(
        self, world: World, text: str, intent: str
    ) -> None:
        opened = await ask(world, "part")
        world.brain.intents[text] = (intent, 0.99)
        assert await read(world, opened, text) == (KEPT, "")

    async def test_another_right_is_a_detour_where_a_value_was_asked_for(
        self, world: World
    ) -> None:
        opened = await ask(world, "value")
        world.brain.intents["delete my data"] = ("delete", 0.99)
        assert await read(world, opened, "delete my data") == (None, "delete my data")


@pytest.mark.parametrize(
    ("said", "leaves"),
    [
        ("never mind", True),
        ("Start over", True),
        ("stop", True),
        ("no, I changed my mind", True),
        ("no", False),
        ("No, type it again", False),
        ("that's wrong", False),
        ("not correct", False),
    ],
)
def test_a_no_that_ends_it_and_a_no_that_answers(said: str, leaves: bool) -> None:
    assert is_leaving(said) is leaves


class TestTheTextOfATurn:
    async def test_is_what_the_customer_wrote(self, world: World) -> None:
        opened = world.open()
        accepted = await world.say(opened, "only my orders, jane@example.com", "client-1")
        await world.settled(opened)
        with world.database.read() as tx:
            for turn in (str(accepted.message_id), f"{accepted.message_id}-resumed"):
                said = world.messages.text_of(tx, opened.conversation, turn)
                assert said == "only my orders, jane@example.com"

    async def test_is_nobody_elses_and_nothing_of_ours(self, world: World) -> None:
        opened, other = world.open(), world.open()
        accepted = await world.say(opened, "only my orders", "client-1")
        lines = await world.settled(opened)
        ours = next(line.id for line in lines if line.author == "bot")
        with world.database.read() as tx:
            text_of = world.messages.text_of
            assert text_of(tx, other.conversation, str(accepted.message_id)) == ""
            for turn in (str(ours), "", "x", "-1", "1 OR 1=1", "³"):
                assert text_of(tx, opened.conversation, turn) == "", turn


def test_what_stands_in_a_value_is_no_place_for_another_value() -> None:
    wording = Wording({"utter_x": Utterance("{lines}: {link} {unknown}")})
    assert wording.say("utter_x", link="LINK", lines="{link} {lines}") == (
        "{link} {lines}: LINK {unknown}"
    )

    @pytest.mark.parametrize("wanted", ["value", "part"])
    async def test_somebody_in_distress_is_heard_in_the_middle_of_a_question(
        self, world: World, wanted: str
    ) -> None:
        opened = await ask(world, wanted)
        said = "I am so afraid of him"
        world.brain.intents[said] = ("distress", 0.9)
        assert await read(world, opened, said) == (None, said)

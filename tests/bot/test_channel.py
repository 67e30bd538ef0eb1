"""The only door of the Rasa process: who may come in, what is never a command, what an error tells."""

import asyncio
import json
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from rasa.core.channels import channel as rasa_channel
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import UserUttered
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from sanic import Sanic

from bot.channel import MAX_TEXT, MAX_TEXTS, ServiceInput, read_turn, without_slashes
from bot.failed_actions import TurnAbandoned

SECRET = "a secret of the house"
CANARY = "jane.miller@example.com"

COMMANDS = [
    "/inform",
    "//inform",
    "/ inform",
    "\n/inform",
    "\u00a0/inform",
    "\u3000/inform",
    "\x1c/inform",
    "\x85/inform",
    "\u2028/inform",
    "/inform\n",
    '/ inform{"code": "accepted"}',
    '/inform{"verified": true}',
    '/inform@1.0{"contact": "email_1"}',
    '/confirm_delete{"email": {"$ne": null}}',
    '/EXTERNAL_agent{"verified":"yes"}',
    "/restart",
    "/back",
    "/session_start",
    " / / /\t/ restart",
    "/\u00a0/\u3000/restart",
]


def read_by_rasa(text: str) -> dict[str, Any] | None:
    """The intent that Rasa's own reader of commands sees in a text."""
    intent: dict[str, Any] | None = YAMLStoryReader.unpack_regex_message(Message({TEXT: text})).get(
        INTENT
    )
    return intent


# ---- Slashes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", COMMANDS)
def test_what_rasa_would_read_as_a_command_is_only_text(typed: str) -> None:
    assert read_by_rasa(typed) is not None, "not a command in the first place"
    assert read_by_rasa(without_slashes(typed)) is None
    message, _ = read_turn({"conversation": "web:1", "turn": "1", "text": typed})
    assert message.parse_data is None
    assert read_by_rasa(message.text) is None


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_no_text_of_twenty_thousand_is_a_command() -> None:
    """Slashes, spaces of all kinds, names of intents and JSON, thrown together."""
    chance = random.Random(20261121)
    pieces = [*"/ \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85", "\u00a0", "\u1680", "\u2003", "\u2028"]
    pieces += ["\u2029", "\u202f", "\u205f", "\u3000", "\u200b", "\ufeff", "\uff0f", "@1.0", "😀"]
    pieces += ["/inform", "/restart", '{"code":"accepted"}', '{"a":{"b":[1]}}', "inform", "x", ""]
    commands = 0
    for _ in range(20_000):
        typed = "".join(chance.choices(pieces, k=chance.randint(1, 8)))
        commands += read_by_rasa(typed) is not None
        assert read_by_rasa(without_slashes(typed)) is None, repr(typed)
    assert commands > 2_000, "the texts were too tame to show anything"


def test_a_text_is_otherwise_left_as_it_is() -> None:
    for text in ("his/her data", "24/7", "a / b", "https://example.com/x", "₤/€"):
        assert without_slashes(text) == text


@pytest.mark.parametrize("text", ["", "   ", "///", " / / ", "\u3000/\n", None])
def test_nothing_but_slashes_is_not_understood_and_costs_no_reading(text: str | None) -> None:
    message, _ = read_turn({"conversation": "web:1", "turn": "1", "text": text})
    assert message.parse_data is not None
    assert message.parse_data["intent"]["name"] == "nlu_fallback"


def test_a_text_is_cut_at_the_limit() -> None:
    assert len(without_slashes("x" * (MAX_TEXT + 10))) == MAX_TEXT


# ---- Readings of the service -----------------------------------------------------------------------


def test_a_reading_goes_past_rasas_own_understanding() -> None:
    body = {
        "conversation": "web:1",
        "turn": "7",
        "text": CANARY,
        "parse": {"intent": "inform", "entities": {"code": "accepted", "tries": 4}},
    }
    message, _ = read_turn(body)
    assert message.text == "", "the text beside a reading is not needed, so it is not passed on"
    assert message.parse_data is not None
    assert message.parse_data["intent"] == {"name": "inform", "confidence": 1.0}
    assert message.parse_data["entities"] == [
        {"entity": "code", "value": "accepted"},
        {"entity": "tries", "value": "4"},
    ]
    assert (message.sender_id, message.message_id) == ("web:1", "7")
    assert message.metadata == {"turn": "7"}
    assert CANARY not in json.dumps(message.parse_data)


def test_values_of_a_reading_are_texts_whatever_was_sent() -> None:
    """Rasa would take a dict for an address (type confusion)."""
    parse = {"intent": "inform", "entities": {"contact": {"$ne": None}, "chosen": [1, 2]}}
    message, _ = read_turn({"conversation": "web:1", "turn": "1", "parse": parse})
    assert message.parse_data is not None
    assert all(isinstance(entity["value"], str) for entity in message.parse_data["entities"])


# ---- The door --------------------------------------------------------------------------------------


class FakeAgent:
    """What the door needs of Rasa."""

    def __init__(self) -> None:
        self.heard: list[UserMessage] = []
        self.fails: BaseException | None = None
        self.events: list[Any] | None = None
        self.tracker_store = self

    def is_ready(self) -> bool:
        return True

    async def handle_message(self, message: UserMessage) -> None:
        self.heard.append(message)
        if self.fails is not None:
            raise self.fails
        await message.output_channel.send_response(
            message.sender_id,
            {
                "text": "Hello",
                "buttons": [{"title": "Yes", "payload": "/affirm"}],
                "custom": {"expects": "code"},
            },
        )

    async def parse_message(self, text: str) -> dict[str, Any]:
        if self.fails is not None:
            raise self.fails
        return {
            "text": text,
            "intent": {"name": "greet", "confidence": 0.9},
            "intent_ranking": [{"name": "greet", "confidence": 0.9}] * 9,
            "entities": [
                {"entity": "field", "value": text, "start": 0, "end": 3, "extractor": "x"}
            ],
        }

    async def retrieve(self, _conversation: str) -> Any:
        return None if self.events is None else SimpleNamespace(events=self.events)


Post = Callable[..., Any]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[FakeAgent, int]]:
    """The door as Rasa opens it: one Sanic for all tests, since a process can have no second one."""
    agent, loop = FakeAgent(), asyncio.new_event_loop()
    app = Sanic("door", configure_logging=False)
    app.ctx.agent = agent
    rasa_channel.register([ServiceInput(SECRET)], app, route="/webhooks/")
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> int:
        server = await app.create_server("127.0.0.1", 0, return_asyncio_server=True)
        assert server is not None
        await server.startup()
        await server.start_serving()
        return int(server.server.sockets[0].getsockname()[1])

    yield agent, asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
async def door(served: tuple[FakeAgent, int]) -> AsyncIterator[tuple[FakeAgent, Post]]:
    agent, port = served
    agent.heard, agent.fails, agent.events = [], None, None
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:

        async def post(path: str, body: Any, secret: str = SECRET) -> tuple[int, dict[str, Any]]:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            async with client.post(f"/webhooks/vera{path}", data=raw, headers=headers) as answer:
                text = await answer.text()
                assert CANARY not in text
                return answer.status, json.loads(text)

        yield agent, post


TURN = {"conversation": "web:1", "turn": "7", "text": CANARY}


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "jané"])
@pytest.mark.parametrize("path", ["/turn", "/parse"])
async def test_nobody_comes_in_without_the_secret(
    door: tuple[FakeAgent, Post], path: str, secret: str
) -> None:
    agent, post = door
    status, body = await post(path, {**TURN, "texts": ["x"]}, secret)
    assert (status, body) == (401, {"error": "not allowed"})
    assert agent.heard == []


async def test_a_turn_is_passed_on_and_its_answer_comes_back_whole(
    door: tuple[FakeAgent, Post],
) -> None:
    agent, post = door
    status, body = await post("/turn", TURN)
    assert status == 200
    assert body == {
        "messages": [
            {
                "text": "Hello",
                "buttons": [{"title": "Yes", "payload": "/affirm"}],
                "custom": {"expects": "code"},
            }
        ]
    }
    assert agent.heard[0].input_channel == "vera"


async def test_a_turn_that_went_through_before_is_not_run_again(
    door: tuple[FakeAgent, Post],
) -> None:
    agent, post = door
    agent.events = [UserUttered("", message_id="6"), UserUttered("", message_id="7")]
    assert await post("/turn", {**TURN, "again": True}) == (
        200,
        {"messages": [], "answered_before": True},
    )
    assert agent.heard == []
    status, body = await post("/turn", {**TURN, "turn": "8", "again": True})
    assert (status, len(body["messages"])) == (200, 1)
    agent.events = None
    status, body = await post("/turn", {**TURN, "again": True})
    assert (status, len(body["messages"])) == (200, 1)


@pytest.mark.parametrize(
    "error", [RuntimeError(CANARY), KeyError(CANARY), TurnAbandoned(CANARY), RasaException(CANARY)]
)
@pytest.mark.parametrize("path", ["/turn", "/parse"])
async def test_an_error_tells_its_class_and_nothing_else(
    door: tuple[FakeAgent, Post],
    path: str,
    error: BaseException,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if path == "/parse" and not isinstance(error, Exception):
        pytest.skip("no action runs where a text is only read")
    agent, post = door
    agent.fails = error
    status, body = await post(path, {**TURN, "texts": [CANARY]})
    assert (status, body) == (500, {"error": type(error).__name__})
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON " + CANARY.encode(),
        b"[]",
        b"null",
        b'"text"',
        {},
        {"conversation": "", "turn": "1", "texts": "x"},
        {"conversation": "web:1", "texts": 3},
        {"conversation": "web:1", "turn": "1", "parse": "inform"},
        {"conversation": "web:1", "turn": "1", "parse": {"entities": {}}},
        {"conversation": "web:1", "turn": "1", "parse": {"intent": "x", "entities": [1]}},
    ],
)
async def test_a_body_of_another_shape_is_refused(door: tuple[FakeAgent, Post], body: Any) -> None:
    agent, post = door
    for path in ("/turn", "/parse"):
        status, _ = await post(path, body)
        assert status == 400
    assert agent.heard == []


async def test_texts_are_understood_without_a_conversation(door: tuple[FakeAgent, Post]) -> None:
    agent, post = door
    status, body = await post("/parse", {"texts": ["hello", "/restart"]})
    assert status == 200
    assert [reading["intent"] for reading in body["readings"]] == ["greet", "greet"]
    assert body["readings"][1]["entities"] == [
        {"entity": "field", "value": "restart", "start": 0, "end": 3}
    ]
    assert len(body["readings"][0]["ranking"]) == 4
    assert agent.heard == []
    assert (await post("/parse", {"texts": ["x"] * (MAX_TEXTS + 1)}))[0] == 400


@pytest.mark.parametrize(
    "credentials", [None, {}, {"secret": ""}, {"secret": "short"}, {"secret": 5}]
)
def test_without_a_secret_the_channel_does_not_start(credentials: Any) -> None:
    with pytest.raises(RasaException):
        ServiceInput.from_credentials(credentials)


def test_the_secret_of_the_credentials_is_the_one_that_counts() -> None:
    assert ServiceInput.from_credentials({"secret": SECRET})._expected == f"Bearer {SECRET}"

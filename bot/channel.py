"""The only door of the Rasa process: the service, and nobody else, hands messages in here.

Loopback and a shared secret guard it. A message comes either as text to understand or as a reading
(`parse`) that the service made itself: a pressed button, a checked code. Text that starts with "/" would be
read by Rasa as an intent with entities (RegexMessageHandler), so slashes in front are taken off; readings
never pass through that handler. Errors answer with the error's class alone: texts may quote a customer.
"""

import hmac
import json
import logging
from typing import Any, Awaitable, Callable, Dict, List, Optional

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.failed_actions import TurnAbandoned

logger = logging.getLogger(__name__)

MAX_TEXT = 4_000
MAX_TEXTS = 200


class ServiceOutput(CollectingOutputChannel):
    """Collects what the bot says in one turn, under the channel name that wordings may be varied by."""

    @classmethod
    def name(cls) -> str:
        return "vera"

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        """Keep an utterance whole; the inherited way would split text and custom data in two messages."""
        self.messages.append(message)


class ServiceInput(InputChannel):
    """Takes turns of conversations and single texts to understand from the service."""

    @classmethod
    def name(cls) -> str:
        return "vera"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "ServiceInput":
        secret = (credentials or {}).get("secret")
        if not secret or not isinstance(secret, str) or len(secret) < 16:
            raise RasaException("the internal channel needs a secret of at least 16 characters")
        return cls(secret)

    def __init__(self, secret: str) -> None:
        self._expected = f"Bearer {secret}"

    def _allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), self._expected.encode())

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        door = Blueprint("vera_service", __name__)

        @door.route("/health", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            ready = agent is not None and agent.is_ready()
            return response.json({"ready": ready}, status=200 if ready else 503)

        @door.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            if not self._allowed(request):
                return response.json({"error": "not allowed"}, status=401)
            try:
                body = json.loads(request.body)
                message, output = read_turn(body)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                return response.json({"error": type(error).__name__}, status=400)
            try:
                if body.get("again") and await _was_answered(request, message):
                    return response.json({"messages": [], "answered_before": True})
                await on_new_message(message)
            except (Exception, TurnAbandoned) as error:
                logger.error("turn failed: %s", type(error).__name__)
                return response.json({"error": type(error).__name__}, status=500)
            return response.json({"messages": [_plain(said) for said in output.messages]})

        @door.route("/parse", methods=["POST"])
        async def parse(request: Request) -> HTTPResponse:
            """Understand texts without any conversation: nothing of them is kept."""
            if not self._allowed(request):
                return response.json({"error": "not allowed"}, status=401)
            try:
                texts = read_texts(json.loads(request.body))
            except (KeyError, TypeError, ValueError) as error:
                return response.json({"error": type(error).__name__}, status=400)
            try:
                agent = request.app.ctx.agent
                readings = [_reading(await agent.parse_message(text)) for text in texts]
            except Exception as error:
                logger.error("reading failed: %s", type(error).__name__)
                return response.json({"error": type(error).__name__}, status=500)
            return response.json({"readings": readings})

        return door


async def _was_answered(request: Request, message: UserMessage) -> bool:
    """Whether this very turn went through before its answer was lost (the service stopped in between)."""
    tracker = await request.app.ctx.agent.tracker_store.retrieve(message.sender_id)
    if tracker is None:
        return False
    return any(getattr(event, "message_id", None) == message.message_id for event in tracker.events)


def without_slashes(text: str) -> str:
    """Take off everything in front that Rasa would strip or read as a command."""
    text = text[:MAX_TEXT].strip()
    while text.startswith("/"):
        text = text[1:].strip()
    return text


def read_texts(body: Any) -> List[str]:
    """The texts that are to be understood.

    Raises KeyError, TypeError or ValueError for a body of another shape.
    """
    texts = body["texts"]
    if not isinstance(texts, list) or len(texts) > MAX_TEXTS:
        raise ValueError("texts")
    return [without_slashes(str(text)) for text in texts]


def read_turn(body: Any) -> "tuple[UserMessage, ServiceOutput]":
    """Turn the service's JSON into a message for Rasa.

    Raises KeyError, TypeError or ValueError for a body of another shape.
    """
    output = ServiceOutput()
    parse = body.get("parse")
    text = without_slashes(str(body.get("text") or ""))
    if parse is not None:
        entities = [
            {"entity": str(name), "value": str(value)}
            for name, value in parse.get("entities", {}).items()
        ]
        parse = {
            "text": "",
            "intent": {"name": str(parse["intent"]), "confidence": 1.0},
            "intent_ranking": [],
            "entities": entities,
        }
        text = ""
    elif not text:
        # Only slashes or spaces: nothing to understand, and Rasa's featurizers are not asked to.
        parse = {
            "text": "",
            "intent": {"name": "nlu_fallback", "confidence": 1.0},
            "intent_ranking": [],
            "entities": [],
        }
    conversation = str(body["conversation"])
    if not conversation:
        raise ValueError("conversation")
    message = UserMessage(
        text,
        output,
        conversation,
        parse_data=parse,
        input_channel="vera",
        message_id=str(body["turn"]),
        metadata={"turn": str(body["turn"])},
    )
    return message, output


def _reading(parsed: Dict[str, Any]) -> Dict[str, Any]:
    intent = parsed.get("intent") or {}
    return {
        "intent": intent.get("name"),
        "confidence": float(intent.get("confidence") or 0.0),
        "ranking": [
            {"intent": one["name"], "confidence": float(one["confidence"])}
            for one in (parsed.get("intent_ranking") or [])[:4]
        ],
        "entities": [
            {key: entity.get(key) for key in ("entity", "value", "start", "end")}
            for entity in parsed.get("entities") or []
        ],
    }


def _plain(said: Dict[str, Any]) -> Dict[str, Any]:
    """What the service needs of one utterance."""
    return {
        "text": said.get("text") or "",
        "buttons": said.get("buttons") or [],
        "custom": said.get("custom") or {},
    }

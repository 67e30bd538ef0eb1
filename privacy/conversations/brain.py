"""The way to the Rasa process: one turn, or a bare reading of texts. Loopback, shared secret, no retries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from privacy.conversations.wording import Utterance

log = structlog.get_logger()


class BrainAway(Exception):
    """Rasa cannot be reached; the message waits."""


class BrainFailed(Exception):
    """Rasa was reached and could not finish the turn."""


@dataclass(frozen=True)
class Reading:
    """How a message is to be understood, where the service knows it already: an intent and its entities."""

    intent: str
    entities: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return {"intent": self.intent, "entities": dict(self.entities)}


@dataclass(frozen=True)
class Understood:
    """What Rasa's language understanding makes of one text."""

    intent: str | None
    confidence: float
    entities: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Reply:
    """What the bot says in one turn."""

    utterances: Sequence[Utterance]
    answered_before: bool = False


class Brain:
    """Talks to Rasa's internal channel."""

    def __init__(self, url: str, secret: str, *, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/webhooks/vera",
            headers={"Authorization": f"Bearer {secret}"},
            timeout=httpx.Timeout(30.0, connect=2.0),
            trust_env=False,
        )

    async def turn(
        self,
        conversation: str,
        turn: str,
        *,
        text: str = "",
        reading: Reading | None = None,
        again: bool = False,
    ) -> Reply:
        """Run one turn of the dialogue. `again` asks Rasa to check first whether it ran before.

        Raises BrainAway, BrainFailed.
        """
        body: dict[str, Any] = {
            "conversation": conversation,
            "turn": turn,
            "text": text,
            "again": again,
        }
        if reading is not None:
            body["parse"] = reading.as_json()
        answer = await self._post("/turn", body)
        return Reply(
            [Utterance.read(said) for said in answer.get("messages", ())],
            bool(answer.get("answered_before")),
        )

    async def understand(self, texts: Sequence[str]) -> list[Understood]:
        """Read texts without a conversation; nothing of them is kept.

        Raises BrainAway, BrainFailed.
        """
        answer = await self._post("/parse", {"texts": list(texts)})
        return [
            Understood(
                one.get("intent"), float(one.get("confidence") or 0.0), one.get("entities") or ()
            )
            for one in answer["readings"]
        ]

    async def ready(self) -> bool:
        """Whether Rasa answers and has its model."""
        try:
            return (await self._client.get("/health", timeout=2.0)).status_code == 200
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            response = await self._client.post(path, json=body)
        except httpx.HTTPError as error:
            # Includes a connection that broke half-way: whether the turn ran is asked with `again`.
            raise BrainAway(type(error).__name__) from None
        if response.status_code == 503:
            raise BrainAway("not ready")
        if response.status_code != 200:
            log.error("rasa turn failed", status=response.status_code)
            raise BrainFailed(str(response.status_code))
        parsed: dict[str, Any] = response.json()
        return parsed

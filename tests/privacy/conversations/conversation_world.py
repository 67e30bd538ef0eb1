"""Conversations on a real database with a brain that answers as it is told; everything else is the real thing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from privacy.clock import FixedClock
from privacy.conversations.brain import Brain, Reading, Reply, Understood
from privacy.conversations.doorway import Accepted, Conversations
from privacy.conversations.live import Hub
from privacy.conversations.messages import Message, Messages
from privacy.conversations.placeholders import KeptValues
from privacy.conversations.sessions import Opened, Sessions
from privacy.conversations.turns import Turns
from privacy.conversations.values import Detours
from privacy.conversations.wording import Utterance, Wording
from privacy.policy import load_policy
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.verification import Awaited, Checked

DETOURS = Detours.load(ROOT / "data")


@dataclass
class Asked:
    """One call of the brain."""

    conversation: str
    turn: str
    text: str
    reading: Reading | None
    again: bool


class ToldBrain(Brain):
    """Says what `answer` says; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Reply] = lambda asked: Reply(
            [Utterance(f"heard {asked.text or asked.reading}")]
        )
        self.intents: dict[str, tuple[str, float]] = {}

    async def turn(
        self,
        conversation: str,
        turn: str,
        *,
        text: str = "",
        reading: Reading | None = None,
        again: bool = False,
    ) -> Reply:
        asked = Asked(conversation, turn, text, reading, again)
        self.asked.append(asked)
        await asyncio.sleep(0)
        return self.answer(asked)

    async def understand(self, texts: Sequence[str]) -> list[Understood]:
        return [Understood(*self.intents.get(text, ("out_of_scope", 0.9)), ()) for text in texts]


@dataclass
class ToldVerification:
    """Awaits a code or not, and accepts one code."""

    right: str | None = None
    checked: list[str] = field(default_factory=list)

    def awaited(self, conversation: str) -> Awaited | None:
        return object() if self.right else None  # type: ignore[return-value]

    def forget(self, conversation: str) -> None:
        self.right = None

    def check(self, conversation: str, text: str) -> Checked:
        self.checked.append(text)
        return Checked("accepted" if self.right in text.replace(" ", "") else "wrong", tries_left=4)  # type: ignore[operator]


class World:
    """Everything a test of conversations needs."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        self.database = database
        self.keyring = keyring
        self.clock = clock
        self.brain = ToldBrain()
        self.verification = ToldVerification()
        self.wording = Wording.load(ROOT / "data")
        self.kept = KeptValues(keyring, clock)
        self.messages = Messages(keyring, clock, self.kept)
        self.sessions = Sessions(database, keyring, clock)
        self.hub = Hub()
        self.turns = self.new_turns()
        self.conversations = Conversations(
            database=database,
            clock=clock,
            sessions=self.sessions,
            messages=self.messages,
            turns=self.turns,
            hub=self.hub,
            verification=self.verification,  # type: ignore[arg-type]
            wording=self.wording,
            policy=load_policy(ROOT / "privacy" / "policy.yml"),
        )

    def new_turns(self) -> Turns:
        """Turns as after a restart of the service."""
        return Turns(
            self.database,
            self.messages,
            self.kept,
            self.brain,
            self.wording,
            self.hub,
            DETOURS,
        )

    def open(self) -> Opened:
        return self.conversations.open("web", "en")

    async def say(self, opened: Opened, text: str, client_id: str) -> Accepted:
        return await self.conversations.accept(opened.conversation, opened.token, text, client_id)

    async def settled(self, opened: Opened) -> list[Message]:
        """The transcript once nothing waits any more."""
        async with asyncio.timeout(10):
            while self.conversations.is_thinking(opened.conversation):
                await asyncio.sleep(0.005)
        return self.conversations.history(opened.conversation)

    def bytes_on_disk(self) -> bytes:
        folder = Path(str(self.database.engine.url.database)).parent
        return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())

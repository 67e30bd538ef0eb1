"""Conversations on a real database with a brain that answers as it is told; everything else is the real thing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from privacy.agents.accounts import Agent, as_agent
from privacy.clock import FixedClock
from privacy.conversations.brain import Brain, Reading, Reply, Understood
from privacy.conversations.doorway import Accepted, Conversations
from privacy.conversations.live import Hub
from privacy.conversations.messages import Message, Messages
from privacy.conversations.people import People
from privacy.conversations.placeholders import KeptValues
from privacy.conversations.sessions import Opened, Sessions
from privacy.conversations.turns import Turns
from privacy.conversations.values import Detours
from privacy.conversations.wording import Utterance, Wording
from privacy.handoff.hand_overs import HandOvers
from privacy.handoff.notes import Notes
from privacy.handoff.port import OwnDesk
from privacy.office_hours import OfficeHours
from privacy.policy import load_policy
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.verification import Awaited, Checked
from tests.privacy.fake_outbox import Mails

DETOURS = Detours.load(ROOT / "data")
POLICY = load_policy(ROOT / "privacy" / "policy.yml")
WORDING = Wording.load(ROOT / "data")


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
        self.may_answer = asyncio.Event()
        self.may_answer.set()

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
        await self.may_answer.wait()
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
        self.wording = WORDING
        self.kept = KeptValues(keyring, clock)
        self.messages = Messages(keyring, clock, self.kept)
        self.sessions = Sessions(database, keyring, clock)
        self.hub = Hub()
        self.outbox = Mails()
        self.hand_overs = HandOvers(keyring, clock)
        self.notes = Notes(keyring, clock)
        self.people = self._people()
        self.turns = self.new_turns()
        self.conversations = Conversations(
            database=database,
            clock=clock,
            sessions=self.sessions,
            messages=self.messages,
            turns=self.turns,
            hub=self.hub,
            verification=self.verification,  # type: ignore[arg-type]
            people=self.people,
            wording=self.wording,
            policy=POLICY,
        )

    def _people(self) -> People:
        zone = ZoneInfo("Europe/Berlin")
        return People(
            database=self.database,
            clock=self.clock,
            hand_overs=self.hand_overs,
            notes=self.notes,
            messages=self.messages,
            wording=self.wording,
            outbox=self.outbox,
            hours=OfficeHours(POLICY.people.office_hours, POLICY.holidays, zone),
            hub=self.hub,
            desk=OwnDesk(),
        )

    def hired(self, name: str, *, here: bool = True) -> Agent:
        """Somebody who works at the desk and is there for the next hours, or is not."""
        until = self.clock.now() + timedelta(hours=8) if here else None
        row = {
            "id": f"agent-{name.casefold()}",
            "login": f"{name.casefold()}@alderfinch.example",
            "name": name,
            "role": "agent",
            "state": "active",
        }
        with self.database.write() as tx:
            tx.execute(
                insert(agent).values(**row, is_here_until=until, created_at=self.clock.now())
            )
        return as_agent(row)

    def notes_beside(self, opened: Opened) -> list[str]:
        """What agents, and nobody else, read there."""
        with self.database.read() as tx:
            return [note.text for note in self.notes.of(tx, opened.conversation)]

    def said_since(self, opened: Opened, line: Message | None = None) -> list[tuple[str, str]]:
        """Who said what after a line."""
        after = line.id if line is not None else 0
        return [
            (one.author, one.text) for one in self.conversations.history(opened.conversation, after)
        ]

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
            self.people,
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

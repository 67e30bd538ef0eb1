"""A house without Rasa, whose people answer at a Chatwoot that stands in for the real one."""

import uuid
from datetime import timedelta

import httpx
from sqlalchemy import insert
from starlette.applications import Starlette

from privacy.agents.accounts import Agent
from privacy.agents.outside import OutsideAgents
from privacy.agents.roles import Role
from privacy.chatwoot.api import Api
from privacy.chatwoot.bell import Bell
from privacy.chatwoot.connection import Connection
from privacy.chatwoot.hearing import Hearing
from privacy.chatwoot.here import HereReader
from privacy.chatwoot.links import LEASE, Links
from privacy.chatwoot.relay import Relay
from privacy.chatwoot.rounds import Pace, Rounds
from privacy.chatwoot.staff import Staff
from privacy.chatwoot.telling import Telling
from privacy.clock import FixedClock
from privacy.contacts import parse_contact
from privacy.conversations.elsewhere import Elsewhere
from privacy.conversations.live import Hub
from privacy.conversations.messages import Message, Messages
from privacy.conversations.people import Asked, HolderNow, People
from privacy.conversations.placeholders import KeptValues
from privacy.conversations.sessions import Sessions
from privacy.conversations.wording import Utterance, Wording
from privacy.desk.cases import Cases
from privacy.desk.presence import Presence
from privacy.handoff.hand_overs import HandOver, HandOvers
from privacy.handoff.left_messages import LeftMessages
from privacy.handoff.notes import Notes
from privacy.handoff.port import OwnDesk
from privacy.mail.backoff import Backoff
from privacy.mail.outbox import Outbox
from privacy.office_hours import OfficeHours
from privacy.policy import load_policy
from privacy.settings import ROOT, Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent as agents
from tests.driving.chatwoot import ACCOUNT, ADA, INBOX, SECRET, TOKEN, ChatwootStub
from tests.privacy.mail.mail_house import HEAD
from web.chatwoot.webhook import routes

POLICY = load_policy(ROOT / "privacy" / "policy.yml")
WORDING = Wording.load(ROOT / "data")
PACE = Pace(
    one=Backoff(first=2, longest=300, chance=lambda: 1.0),
    server=Backoff(first=1, longest=30, chance=lambda: 1.0),
)
MONDAY_NOON = timedelta(days=2, hours=2)  # after the moment at which the clock of tests stands


def connection(stub: ChatwootStub, **changes: str) -> Connection:
    given = {
        "url": stub.url,
        "account": str(ACCOUNT),
        "inbox": INBOX,
        "token": TOKEN,
        "secret": SECRET,
    }
    read = Connection.read(**(given | changes))
    assert read is not None
    return read


class ChatwootWorld:
    """Everything between one customer and one agent."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: FixedClock, stub: ChatwootStub
    ) -> None:
        clock.move(MONDAY_NOON)
        self.database, self.keyring, self.clock, self.stub = database, keyring, clock, stub
        kept = KeptValues(keyring, clock)
        self.messages = Messages(keyring, clock, kept)
        self.hand_overs, self.notes = HandOvers(keyring, clock), Notes(keyring, clock)
        self.outbox = Outbox(keyring, clock, HEAD)
        self.hub = Hub()
        self.api = Api(connection(stub))
        self.staff = Staff(self.api, clock, OwnDesk())
        zone = Settings().zone
        self.people = People(
            database=database,
            clock=clock,
            hand_overs=self.hand_overs,
            notes=self.notes,
            messages=self.messages,
            wording=WORDING,
            outbox=self.outbox,
            hours=OfficeHours(POLICY.people.office_hours, POLICY.holidays, zone),
            hub=self.hub,
            desk=self.staff,
        )
        self.links = Links(database, keyring, clock)
        self.rounds = self.new_rounds()
        with database.write() as tx:
            self.conversation = (
                Sessions(database, keyring, clock).open(tx, "web", "en").conversation
            )
        self._sent = 0
        self._carried = 0

    def new_rounds(self, api: Api | None = None, pace: Pace = PACE) -> Rounds:
        """As after a restart of the service."""
        presence = Presence(self.database, self.clock)
        cases = Cases(
            self.database, self.keyring, self.clock, POLICY, self.messages, self.hand_overs, self.notes, presence,
        )  # fmt: skip
        api = api or self.api
        telling = Telling(api, self.links, zone=Settings().zone, desk="http://desk.example")
        hearing = Hearing(
            Elsewhere(self.database, self.hand_overs, self.messages, WORDING, self.people),
            OutsideAgents(self.database, self.clock, "chatwoot"),
            telling,
            WORDING.say("utter_file_not_passed"),
        )
        reader = HereReader(self.database, self.keyring, cases)
        relay = Relay(api, self.links, reader, telling, hearing)
        return Rounds(self.links, relay, self.hub, self.clock, pace)

    # ---- The customer ----------------------------------------------------------------------------------

    def says(self, text: str) -> None:
        self._sent += 1
        with self.database.write() as tx:
            is_for_person = self.people.holder(tx, self.conversation) != "bot"
            if is_for_person:
                self.people.customer_wrote(tx, self.conversation)
            self.messages.add_customer(
                tx, self.conversation, text, f"c{self._sent}", None, for_person=is_for_person
            )

    def bot_says(self, text: str, *, is_personal: bool = False) -> None:
        with self.database.write() as tx:
            custom = {"personal": True} if is_personal else {}
            self.messages.add_said(tx, self.conversation, [Utterance(text, custom=custom)])

    def asks(self) -> Asked:
        return self.people.ask(self.conversation, "asked")

    def leaves(self, text: str, way: str, turn: str = "t1") -> None:
        contact = parse_contact(way)
        assert contact is not None
        left = LeftMessages(self.keyring, self.clock, self.outbox, "people@alderfinch.example")
        with self.database.write() as tx:
            left.take(tx, self.conversation, text, contact, turn)
            self.people.leave(tx, self.conversation, contact)

    def goes_on_alone(self) -> None:
        with self.database.write() as tx:
            self.people.taken_back(tx, self.conversation)

    def reads(self) -> list[Message]:
        with self.database.read() as tx:
            return self.messages.history(tx, self.conversation, 0, 500)

    def texts(self, author: str) -> list[str]:
        return [one.text for one in self.reads() if one.author == author]

    def hired(self, name: str) -> Agent:
        """Somebody who works at our own desk."""
        agent = Agent(str(uuid.uuid4()), name.lower().replace(" ", "."), name, Role.AGENT, "active")
        with self.database.write() as tx:
            tx.execute(
                insert(agents).values(
                    id=agent.id,
                    login=agent.login,
                    name=name,
                    role=agent.role.value,
                    state=agent.state,
                    created_at=self.clock.now(),
                )
            )
        return agent

    # ---- The house -------------------------------------------------------------------------------------

    async def carry(self) -> None:
        """Rounds until nothing is due."""
        while await self.rounds.carry_due():
            pass

    async def later(self, seconds: float) -> None:
        self.clock.move(timedelta(seconds=seconds))
        await self.carry()

    async def ring(self) -> list[int]:
        """Carry the webhooks that lie there; how each was answered."""
        statuses = []
        while self._carried < len(self.stub.rung):
            body, _ = self.stub.rung[self._carried]
            self._carried += 1
            headers = self.stub.signed(body, self.clock.now().timestamp())
            statuses.append(await self.post(body, headers))
        await self.carry()
        return statuses

    async def post(self, body: bytes, headers: dict[str, str], path: str = "/chatwoot") -> int:
        bell = Bell(SECRET, self.links, self.clock, lambda: None)
        transport = httpx.ASGITransport(Starlette(routes=routes(bell)))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            return (await client.post(path, content=body, headers=headers)).status_code

    def holder(self) -> HolderNow:
        return self.people.now(self.conversation)

    def hand_over(self) -> HandOver | None:
        with self.database.read() as tx:
            return self.hand_overs.of(tx, self.conversation)

    def restart_after_a_kill(self) -> None:
        """What the killed process had in hand is free again after a while."""
        self.rounds = self.new_rounds()
        self.clock.move(LEASE + timedelta(seconds=1))


async def staffed(world: ChatwootWorld) -> None:
    """Somebody is online there."""
    world.stub.online = {ADA}
    await world.staff.look()


async def handed_over(world: ChatwootWorld) -> None:
    """A conversation whose customer asked for a person, carried there."""
    await staffed(world)
    world.bot_says("Welcome.")
    world.says("My address is sam@example.com and I want a person")
    assert world.asks().wait
    await world.carry()

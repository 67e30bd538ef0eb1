"""The desk's real door over real rooms on SQLite; the bot answers as it is told, and nobody has to sign in by hand."""

import uuid
from collections.abc import Mapping

import httpx
from sqlalchemy import insert

from privacy.agents.accounts import Accounts, Agent
from privacy.agents.roles import Role
from privacy.agents.sessions import AgentSessions
from privacy.clock import FixedClock
from privacy.conversations.sessions import Opened
from privacy.desk.cases import Cases
from privacy.desk.desk import Desk
from privacy.desk.presence import Presence
from privacy.desk.pulse import Pulse
from privacy.desk.queue import Queue
from privacy.desk.saved_replies import SavedReplies
from privacy.settings import Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent as agents
from tests.privacy.conversations.conversation_world import POLICY, World
from web import form_tokens
from web.desk import cookies
from web.desk.app import DeskDoor

ORIGIN = "http://desk.example"


class DeskHouse(World):
    """A world of conversations, and the desk on top of it."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        super().__init__(database, keyring, clock)
        presence = Presence(database, clock)
        self.desk = Desk(
            accounts=Accounts(database, keyring, clock),
            sessions=AgentSessions(database, keyring, clock),
            people=self.people,
            queue=Queue(database, clock),
            cases=Cases(
                database,
                keyring,
                clock,
                POLICY,
                self.messages,
                self.hand_overs,
                self.notes,
                presence,
            ),
            saved_replies=SavedReplies(database, self.notes),
            presence=presence,
            pulse=Pulse(database, self.hub, presence),
            hub=self.hub,
        )
        self.door = DeskDoor(self.desk, Settings(desk_url=ORIGIN), clock)

    def employs(self, name: str, role: Role = Role.AGENT) -> Agent:
        """Somebody with an account that is set up."""
        one = Agent(
            str(uuid.uuid4()), f"{name.casefold()}@alderfinch.example", name, role, "active"
        )
        row = {
            "id": one.id,
            "login": one.login,
            "name": name,
            "role": role.value,
            "state": "active",
        }
        with self.database.write() as tx:
            tx.execute(insert(agents).values(**row, created_at=self.clock.now()))
        return one

    def sits_down(self, who: Agent) -> "Browser":
        """Their browser, signed in."""
        return Browser(self, self.desk.sessions.open(who, "password"))

    def waiting(self) -> Opened:
        """A conversation that waits for a person."""
        opened = self.open()
        with self.database.write() as tx:
            self.hand_overs.ask(tx, opened.conversation, "asked")
        return opened


class Browser:
    """Sends what a page's forms would send."""

    def __init__(self, house: DeskHouse, token: str) -> None:
        self.token = token
        self._transport = httpx.ASGITransport(house.door.app)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        async with self._client() as client:
            return await client.get(path, headers=headers)

    async def post(
        self, path: str, fields: Mapping[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """A form of our own page, unless a field or header says otherwise."""
        own = {"form_token": form_tokens.form_token(self.token), **(fields or {})}
        async with self._client() as client:
            return await client.post(path, data=own, headers=headers)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport, base_url=ORIGIN, cookies={cookies.COOKIE: self.token}
        )

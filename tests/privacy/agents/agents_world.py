"""The desk's people on a real database, with an authenticator for each of them."""

from datetime import timedelta

import pyotp
from sqlalchemy import select

from privacy.agents.accounts import Accounts, Agent
from privacy.agents.roles import Role
from privacy.agents.sessions import AgentSessions
from privacy.audit import Audit
from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.audit import audit

PASSWORD = "seven quiet harbours"
KIM = "kim@alder.example"
STEP = timedelta(seconds=30)


class World:
    """Accounts and sessions, and what their owners have in their pockets."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        self.database, self.keyring, self.clock = database, keyring, clock
        Audit(keyring, clock).attach(database)
        self.accounts = Accounts(database, keyring, clock)
        self.sessions = AgentSessions(database, keyring, clock)
        self._secrets: dict[str, str] = {}

    def add(self, login: str = KIM, role: Role = Role.AGENT) -> Agent:
        """Somebody whose account is set up; a code of the next step is fresh."""
        return self.set_up(login, self.accounts.add(login, "Kim Lee", role))

    def set_up(self, login: str, key: str, password: str = PASSWORD) -> Agent:
        self._secrets[login] = self.accounts.begin_setup(login, key).secret
        agent = self.accounts.finish_setup(login, key, password, self.code(login))
        self.clock.move(STEP)
        return agent

    def code(self, login: str = KIM, steps: int = 0) -> str:
        return self.code_of(self._secrets[login], steps)

    def code_of(self, secret: str, steps: int = 0) -> str:
        return pyotp.TOTP(secret).at(self.clock.now() + steps * STEP)

    def sign_in(self, login: str = KIM) -> str:
        agent = self.accounts.check(login, PASSWORD, self.code(login))
        self.clock.move(STEP)
        return self.sessions.open(agent, "password")

    def wrong(self, code: str) -> str:
        """Another code than this one."""
        return f"{(int(code) + 500_000) % 1_000_000:06}"

    def acts(self) -> list[str]:
        with self.database.read() as tx:
            return list(tx.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())

"""Accounts: added by an administrator of the machine, set up by their owner, used with password and authenticator.

A set-up key works once and for a day; it is typed, never part of an address. Failures are counted before anything is
compared, and lock a name for a while; neither the answer nor its time tells whether somebody has the name.
"""

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from privacy import audit
from privacy.agents import authenticator, passwords
from privacy.agents.errors import (
    AgentExists,
    AgentOutside,
    AgentUnknown,
    CodeWrong,
    SetupFailed,
    SignInFailed,
    SignInLater,
)
from privacy.agents.roles import Role
from privacy.agents.tries import Tries
from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent as table
from privacy.store.tables.agents import agent_session

SETUP_WITHIN: Final = timedelta(hours=24)
TOTP: Final = "agent.sealed_totp"
OUTSIDE: Final = "external"
"""The state of an account of somebody who answers at another desk (`outside`)."""

_OUTSIDE_LOGIN: Final = re.compile(r"chatwoot:[0-9]+")


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who works at the desk."""

    id: str
    login: str
    name: str
    role: Role
    state: str

    @property
    def actor(self) -> str:
        """How the audit calls them."""
        return f"agent:{self.id}"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What somebody needs to set an account up: the secret for their authenticator."""

    login: str
    secret: str

    def __repr__(self) -> str:
        return "Enrolment(…)"


class Accounts:
    """All accounts of the desk."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._tries = Tries(keyring, clock)

    # ---- For who runs the machine ----------------------------------------------------------------------

    def add(self, login: str, name: str, role: Role) -> str:
        """Invite somebody; returns their set-up key.

        Raises AgentExists, AgentOutside for a login of another desk's, ValueError for a name or login that cannot be.
        """
        login, name = login_of(login), name_of(name)
        if _OUTSIDE_LOGIN.fullmatch(login):
            raise AgentOutside("such logins are another desk's")
        key = _setup_key()
        try:
            with self._database.write() as tx:
                agent_id = str(uuid.uuid4())
                tx.execute(
                    insert(table).values(
                        id=agent_id,
                        login=login,
                        name=name,
                        role=role.value,
                        state="invited",
                        created_at=self._clock.now(),
                        **self._setup(key),
                    )
                )
                note(tx, "agent.added", agent_id, role.value)
        except IntegrityError:
            raise AgentExists("somebody has this login") from None
        return key

    def reset(self, login: str) -> str:
        """Let somebody begin anew, with a new password and authenticator: returns a set-up key, ends their sessions.

        Raises AgentUnknown, AgentOutside.
        """
        key = _setup_key()
        fresh = {"state": "invited", "password": None, "sealed_totp": None, "totp_step": None}
        self._change(login, "agent.reset", {**fresh, **self._setup(key)}, only_ours=True)
        return key

    def disable(self, login: str) -> None:
        """Let somebody in no more, from this moment; of who answers at another desk, no word is taken any more.

        Raises AgentUnknown.
        """
        gone = ("password", "sealed_totp", "totp_step", "setup", "setup_until")
        self._change(login, "agent.disabled", {"state": "disabled", **dict.fromkeys(gone)})

    def change_role(self, login: str, role: Role) -> None:
        """Give somebody another role; they sign in again. Raises AgentUnknown, AgentOutside."""
        self._change(login, "agent.changed", {"role": role.value}, only_ours=True)

    def everybody(self) -> list[Agent]:
        """All accounts by login."""
        with self._database.read() as tx:
            rows = tx.execute(select(table).order_by(table.c.login)).mappings()
            return [as_agent(row) for row in rows]

    def find(self, login: str) -> Agent:
        """The account with this login. Raises AgentUnknown."""
        with self._database.read() as tx:
            own = select(table).where(table.c.login == _typed(login))
            row = tx.execute(own).mappings().one_or_none()
        if row is None:
            raise AgentUnknown("nobody has this login")
        return as_agent(row)

    # ---- For their owner -------------------------------------------------------------------------------

    def begin_setup(self, login: str, key: str) -> Enrolment:
        """The secret for the authenticator: the same one for the same key, however often it is asked for.

        Raises SetupFailed.
        """
        with self._database.write() as tx:
            waits = self._waits_for(login, key)
            fresh = self._keyring.seal(authenticator.new_secret(), TOTP)
            tx.execute(
                update(table).where(*waits, table.c.sealed_totp.is_(None)).values(sealed_totp=fresh)
            )
            row = self._by_setup(tx, login, key)
            return Enrolment(row["login"], self._keyring.open(row["sealed_totp"], TOTP))

    def finish_setup(self, login: str, key: str, password: str, code: str) -> Agent:
        """Take the password, and a first code that shows that the authenticator has the secret.

        Raises SetupFailed, PasswordWeak, CodeWrong.
        """
        passwords.check_strength(password, login)
        with self._database.read() as tx:
            row = self._by_setup(tx, login, key)
        sealed = row["sealed_totp"]
        step = sealed and authenticator.step_of(
            self._keyring.open(sealed, TOTP), code, self._clock.now(), after=None
        )
        if not step:
            raise CodeWrong("the first code does not fit")
        ready = {"state": "active", "password": passwords.hash_of(password), "totp_step": step}
        with self._database.write() as tx:
            taken = tx.execute(
                update(table)
                .where(*self._waits_for(login, key), table.c.sealed_totp == sealed)
                .values(setup=None, setup_until=None, **ready)
            ).rowcount
            if not taken:
                raise SetupFailed("the key was used a moment ago")
            # A session that somebody was opening while the account was reset must not come to life again.
            tx.execute(delete(agent_session).where(agent_session.c.agent == row["id"]))
            self._tries.forget(tx, row["login"])
            note(tx, "agent.set_up", row["id"], row["role"])
        return as_agent({**row, "state": "active"})

    def check(self, login: str, password: str, code: str) -> Agent:
        """Who signs in. Charged first, compared second.

        Raises SignInFailed, SignInLater.
        """
        row = self._charge(login)
        stored: str | None = None if row is None else row["password"]
        is_right = passwords.is_right(stored, password)
        if row is None or stored is None or not is_right or row["state"] != "active":
            raise SignInFailed("name, password or code are wrong")
        secret = self._keyring.open(row["sealed_totp"], TOTP)
        step = authenticator.step_of(secret, code, self._clock.now(), after=row["totp_step"])
        if step is None:
            raise SignInFailed("name, password or code are wrong")
        fresh: dict[str, object] = {"totp_step": step}
        if passwords.is_outdated(stored):
            fresh["password"] = passwords.hash_of(password)
        newer = or_(table.c.totp_step.is_(None), table.c.totp_step < step)
        still = (table.c.state == "active", table.c.password == stored)
        with self._database.write() as tx:
            used = tx.execute(
                update(table).where(table.c.id == row["id"], *still, newer).values(**fresh)
            ).rowcount
            if not used:
                raise SignInFailed("the code was used before")
            self._tries.forget(tx, row["login"])
        return as_agent(row)

    # ---- Timers ----------------------------------------------------------------------------------------

    def tidy_up(self) -> int:
        """Forget tries of long ago."""
        with self._database.write() as tx:
            return self._tries.drop_old(tx)

    # ---- Inside ----------------------------------------------------------------------------------------

    def _charge(self, login: str) -> RowMapping | None:
        """Count a try before it is looked at. Raises SignInLater."""
        typed = _typed(login)
        with self._database.write() as tx:
            if not self._tries.charge(tx, typed):
                raise SignInLater("too many failures under this name")
            own = table.c.login == typed
            return tx.execute(select(table).where(own)).mappings().one_or_none()

    def _waits_for(self, login: str, key: str) -> tuple[ColumnElement[bool], ...]:
        return (
            table.c.setup == self._fingerprint(key),
            table.c.login == _typed(login),
            table.c.state == "invited",
            table.c.setup_until > self._clock.now(),
        )

    def _by_setup(self, tx: Connection, login: str, key: str) -> RowMapping:
        found = select(table).where(*self._waits_for(login, key))
        row = tx.execute(found).mappings().one_or_none()
        if row is None:
            raise SetupFailed("no account waits for this key")
        return row

    def _change(
        self, login: str, act: str, values: dict[str, object], *, only_ours: bool = False
    ) -> None:
        typed = _typed(login)
        those = [table.c.login == typed]
        if only_ours:
            # One that was disabled is still the other desk's: its login says so.
            theirs = (OUTSIDE, "disabled") if _OUTSIDE_LOGIN.fullmatch(typed) else (OUTSIDE,)
            those.append(table.c.state.not_in(theirs))
        with self._database.write() as tx:
            changed = tx.execute(
                update(table)
                .where(*those)
                .values(is_here_until=None, **values)
                .returning(table.c.id, table.c.login, table.c.role)
            ).one_or_none()
            if changed is None:
                if tx.execute(select(table.c.id).where(table.c.login == typed)).first():
                    raise AgentOutside("the account is another desk's")
                raise AgentUnknown("nobody has this login")
            tx.execute(delete(agent_session).where(agent_session.c.agent == changed.id))
            self._tries.forget(tx, changed.login)
            note(tx, act, changed.id, changed.role)

    def _setup(self, key: str) -> dict[str, object]:
        return {
            "setup": self._fingerprint(key),
            "setup_until": self._clock.now() + SETUP_WITHIN,
        }

    def _fingerprint(self, key: str) -> str:
        return self._keyring.index(key.replace("-", "").replace(" ", "").upper(), "agent set-up")


def as_agent(row: RowMapping | Mapping[str, object]) -> Agent:
    """An account as it is seen from outside."""
    return Agent(
        str(row["id"]),
        str(row["login"]),
        str(row["name"]),
        Role(str(row["role"])),
        str(row["state"]),
    )


def login_of(text: str) -> str:
    """A login as it is stored. Raises ValueError for what can be none."""
    login = text.strip().casefold()
    if not login or len(login) > 200 or not login.isprintable() or " " in login:
        raise ValueError("a login is an address or a name without spaces")
    return login


def name_of(text: str) -> str:
    """A name as customers read it. Raises ValueError for what can be none."""
    name = " ".join(text.split())
    if not name or len(name) > 80 or not name.isprintable():
        raise ValueError("a name has 1 to 80 letters")
    return name


def _typed(login: str) -> str:
    """The login that somebody may mean; nothing for what can be none."""
    try:
        return login_of(login)
    except ValueError:
        return ""


_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def _setup_key() -> str:
    """Five groups of five letters: 122 bits, and none is taken for another when it is read aloud."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(5))


def note(tx: Connection, act: str, agent_id: str, role: str) -> None:
    """Write down what became of an account."""
    audit.note(tx, actor="system", act=act, data={"agent": agent_id, "role": role})

"""Who the company's sign-in lets to the desk: an account for each subject, with the role that the company gave today.

Subjects are told apart by issuer and subject alone, never by name or address. A first arrival takes an account over only
where an administrator has just opened it (`vera agent add`, `reset`); else it would be somebody else's.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from privacy.agents.accounts import Agent, as_agent, login_of, name_of, note
from privacy.agents.errors import LoginTaken, NoRole, ProviderFailed
from privacy.agents.provider.provider import Arrival
from privacy.agents.provider.setting import role_of
from privacy.agents.roles import Role
from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent as table
from privacy.store.tables.agents import agent_session


class Admission:
    """Lets people in whom the provider vouches for."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, roles: Mapping[str, Role]
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._roles = roles

    def admit(self, arrival: Arrival) -> Agent:
        """The account of whoever came, made or brought up to date.

        Raises NoRole, LoginTaken, ProviderFailed for a login that cannot be.
        """
        subject = self._subject(arrival)
        role = role_of(arrival.groups, self._roles)
        if role is None:
            self._end_sessions(subject)
            raise NoRole("the company gave no role that counts here")
        for _ in range(2):  # a second time where the same person arrived twice at once
            try:
                with self._database.write() as tx:
                    return self._account(tx, arrival, subject, role)
            except IntegrityError:
                continue
        raise LoginTaken("an account with this login is not theirs")

    # ---- Inside ----------------------------------------------------------------------------------------

    def _account(self, tx: Connection, arrival: Arrival, subject: str, role: Role) -> Agent:
        login, name = _login(arrival), _name(arrival)
        row = self._known(tx, subject) or self._opened(tx, login)
        if row is None:
            return self._add(tx, subject, login, name, role)
        if row["state"] == "disabled":
            raise NoRole("the account is disabled")
        values: dict[str, Any] = {"name": name, "role": role.value, "provider_subject": subject}
        if row["state"] == "invited":
            began_anew = ("password", "sealed_totp", "totp_step", "setup", "setup_until")
            values |= {"state": "active", **dict.fromkeys(began_anew)}
        has_another_role = row["role"] != role.value
        if has_another_role:
            values["is_here_until"] = None
        tx.execute(update(table).where(table.c.id == row["id"]).values(**values))
        if has_another_role:
            tx.execute(delete(agent_session).where(agent_session.c.agent == row["id"]))
            note(tx, "agent.changed", row["id"], role.value)
        return as_agent({**row, **values})

    def _add(self, tx: Connection, subject: str, login: str, name: str, role: Role) -> Agent:
        row = {
            "id": str(uuid.uuid4()),
            "login": login,
            "name": name,
            "role": role.value,
            "state": "active",
            "provider_subject": subject,
            "created_at": self._clock.now(),
        }
        tx.execute(insert(table).values(**row))
        note(tx, "agent.added", str(row["id"]), role.value)
        return as_agent(row)

    def _known(self, tx: Connection, subject: str) -> RowMapping | None:
        found = select(table).where(table.c.provider_subject == subject)
        if tx.dialect.name == "postgresql":
            found = found.with_for_update()
        return tx.execute(found).mappings().one_or_none()

    def _opened(self, tx: Connection, login: str) -> RowMapping | None:
        """An account that waits to be set up, and is nobody's yet."""
        found = select(table).where(
            table.c.login == login,
            table.c.state == "invited",
            table.c.provider_subject.is_(None),
            table.c.setup_until > self._clock.now(),
        )
        if tx.dialect.name == "postgresql":
            found = found.with_for_update()
        return tx.execute(found).mappings().one_or_none()

    def _end_sessions(self, subject: str) -> None:
        own = select(table.c.id).where(table.c.provider_subject == subject)
        with self._database.write() as tx:
            tx.execute(delete(agent_session).where(agent_session.c.agent.in_(own)))

    def _subject(self, arrival: Arrival) -> str:
        return self._keyring.index(f"{arrival.issuer}\x00{arrival.subject}", "provider subject")


def _login(arrival: Arrival) -> str:
    try:
        return login_of(arrival.login)
    except ValueError:
        raise ProviderFailed("the provider's login cannot be one here") from None


def _name(arrival: Arrival) -> str:
    try:
        return name_of(arrival.name[:80])
    except ValueError:
        return _login(arrival)[:80]

"""Tries to sign in, counted by what was typed as the name, whether or not anybody is called so: neither the answer nor
its time may tell. A try is charged before it is looked at, in one statement, so that many at once count as many.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, case, delete, literal, or_

from privacy.clock import Clock
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import sign_in_try as table
from privacy.store.upserts import insert_into

FREE: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
_KEPT_FOR: Final = timedelta(days=1)


class Tries:
    """Failures under each name; five lock it for fifteen minutes, as do every five further ones."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock

    def charge(self, tx: Connection, login: str) -> bool:
        """Count a try; False where the name is locked, and then nothing is counted."""
        now = self._clock.now()
        count = table.c.failures + 1
        locked = literal(now + LOCKED_FOR, table.c.locked_until.type)
        statement = (
            insert_into(tx, table)
            .values(name=self._fingerprint(login), failures=1, at=now)
            .on_conflict_do_update(
                index_elements=[table.c.name],
                set_={
                    "failures": count,
                    "at": now,
                    "locked_until": case((count % FREE == 0, locked), else_=None),
                },
                where=or_(table.c.locked_until.is_(None), table.c.locked_until <= now),
            )
            .returning(table.c.failures)
        )
        return tx.execute(statement).first() is not None

    def forget(self, tx: Connection, login: str) -> None:
        """Somebody got in, or begins anew: nothing is held against the name."""
        tx.execute(delete(table).where(table.c.name == self._fingerprint(login)))

    def drop_old(self, tx: Connection) -> int:
        """Delete rows that nothing was added to for a day."""
        return tx.execute(delete(table).where(table.c.at < self._clock.now() - _KEPT_FOR)).rowcount

    def _fingerprint(self, login: str) -> str:
        return self._keyring.index(login, "sign-in name")

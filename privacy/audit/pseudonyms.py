"""Under which name a person stands in the audit: a different one each year, and nobody's once the
year's key is destroyed (S-68).

The key of a year is drawn by chance and sealed in the database; deleting its row is the
destruction, there is no way to derive it again.
"""

import hashlib
import hmac
import secrets
from datetime import datetime
from weakref import WeakSet

from sqlalchemy import Connection, Transaction, delete, insert, select

from privacy.store.keyring import Keyring
from privacy.store.tables.audit import audit_year

_PLACE = "audit_year.sealed_key"


class Pseudonyms:
    """Names of persons in the audit."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._known: dict[int, bytes] = {}
        # A key is known for good once a transaction other than the one that made it has read it.
        self._making: WeakSet[Transaction] = WeakSet()

    def name(self, tx: Connection, subject: str, at: datetime) -> str:
        """The person's name for the year of `at`, making the year's key where there is none."""
        key = self._known.get(at.year) or self._key(tx, at.year)
        if key is None:
            key = secrets.token_bytes(32)
            sealed = self._keyring.seal(key.hex(), _PLACE)
            tx.execute(insert(audit_year).values(year=at.year, sealed_key=sealed))
            self._making.add(_transaction(tx))
        elif _transaction(tx) not in self._making:
            self._known = {at.year: key}
        return _name(key, subject)

    def names(self, tx: Connection, subject: str) -> list[str]:
        """All names that the person still has, the oldest first."""
        rows = tx.execute(select(audit_year).order_by(audit_year.c.year)).mappings()
        return [_name(self._opened(row["sealed_key"]), subject) for row in rows]

    def destroy(self, tx: Connection, before: int) -> int:
        """Destroy the keys of all years before this one; returns how many there were."""
        self._known = {}
        return tx.execute(delete(audit_year).where(audit_year.c.year < before)).rowcount

    def _key(self, tx: Connection, year: int) -> bytes | None:
        sealed = tx.execute(
            select(audit_year.c.sealed_key).where(audit_year.c.year == year)
        ).scalar_one_or_none()
        return None if sealed is None else self._opened(sealed)

    def _opened(self, sealed: bytes) -> bytes:
        return bytes.fromhex(self._keyring.open(sealed, _PLACE))


def _transaction(tx: Connection) -> Transaction:
    running = tx.get_transaction()
    if running is None:
        raise ValueError("a note is written in a transaction")
    return running


def _name(key: bytes, subject: str) -> str:
    return hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()[:32]

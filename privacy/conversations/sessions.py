"""Who may see a conversation: a secret of 256 bits in the browser, its fingerprint in the database.

The secret changes at the moment of verification (OWASP ASVS 7.2.4), so that whoever shared the
conversation before does not share what was proven. If the answer that carries the new secret is lost, the
former one may repeat the very message that caused the change, and nothing else.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import conversation as table

IDLE = timedelta(hours=12)
"""A session that nobody used for so long is over; its messages stay until their retention ends."""

_SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True)
class Opened:
    """A new conversation and the secret that opens it."""

    conversation: str
    token: str


class Sessions:
    """Opens, finds and rotates sessions."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    def open(self, tx: Connection, channel: str, language: str) -> Opened:
        """Begin a conversation."""
        now = self._clock.now()
        opened = Opened(f"{channel}:{secrets.token_hex(16)}", secrets.token_urlsafe(32))
        tx.execute(
            insert(table).values(
                id=opened.conversation,
                channel=channel,
                language=language,
                session=self._fingerprint(opened.token),
                created_at=now,
                last_seen_at=now,
            )
        )
        return opened

    def enter(self, token: str) -> str | None:
        """The conversation that this secret opens; None for any other secret."""
        if not token or len(token) > 200:
            return None
        now = self._clock.now()
        with self._database.read() as tx:
            row = tx.execute(
                select(table.c.id, table.c.last_seen_at).where(
                    table.c.session == self._fingerprint(token), table.c.last_seen_at > now - IDLE
                )
            ).first()
        if row is None:
            return None
        if now - row.last_seen_at > _SEEN_STEP:
            with self._database.write() as tx:
                tx.execute(update(table).where(table.c.id == row.id).values(last_seen_at=now))
        return str(row.id)

    def rotate(self, tx: Connection, conversation: str, token: str, client_id: str) -> str | None:
        """Change the secret; `token` is the one in use, or the former one repeating the same message."""
        fingerprint = self._fingerprint(token)
        fresh = secrets.token_urlsafe(32)
        changed = tx.execute(
            update(table)
            .where(table.c.id == conversation, table.c.session == fingerprint)
            .values(
                session=self._fingerprint(fresh), former_session=fingerprint, rotated_by=client_id
            )
        ).rowcount
        if not changed:
            changed = tx.execute(
                update(table)
                .where(
                    table.c.id == conversation,
                    table.c.former_session == fingerprint,
                    table.c.rotated_by == client_id,
                )
                .values(session=self._fingerprint(fresh))
            ).rowcount
        return fresh if changed else None

    def repeating(self, token: str, client_id: str) -> str | None:
        """The conversation whose secret was changed by this very message under this former secret."""
        with self._database.read() as tx:
            found = tx.execute(
                select(table.c.id).where(
                    table.c.former_session == self._fingerprint(token),
                    table.c.rotated_by == client_id,
                )
            ).scalar()
        return None if found is None else str(found)

    def _fingerprint(self, token: str) -> str:
        return self._keyring.index(token, "session")

"""Who may see a conversation: a secret of 256 bits in the browser, its fingerprint in the database.

The secret changes at the moment of verification (OWASP ASVS 7.2.4), so that whoever shared the
conversation before does not share what was proven. The new secret is made of the former one, the message
and its code: if the answer that carries it is lost, whoever repeats the very same message with the very same
code gets the very same secret, and nobody else gets any.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import conversation as table
from privacy.store.tables.conversations import message

IDLE = timedelta(hours=12)
"""A session that nobody used for so long is over; its messages stay until their retention ends."""

REPEATED_WITHIN = timedelta(minutes=10)
"""How long a lost answer can be asked for again; after that its code could be guessed."""

MOVE_WITHIN = timedelta(minutes=10)
"""How long another device can take a conversation over with the key that this one shows."""

_MOVE_LETTERS = (
    "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none is taken for another when it is read and typed
)
_SEEN_STEP = timedelta(minutes=10)  # each open page would write that often, for nothing


def channel_of(conversation: str) -> str:
    """The channel in a conversation's id ("web:…")."""
    return conversation.split(":", 1)[0]


@dataclass(frozen=True)
class Opened:
    """A new conversation and the secret that opens it."""

    conversation: str
    token: str


@dataclass(frozen=True)
class Move:
    """A key for another device, and until when it works."""

    key: str
    until: datetime

    def __repr__(self) -> str:
        return "Move(…)"


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

    def end(self, tx: Connection, token: str) -> None:
        """Close the session of this secret; the messages stay until their retention ends."""
        over = self._clock.now() - IDLE
        tx.execute(
            update(table)
            .where(table.c.session == self._fingerprint(token))
            .values(last_seen_at=over, former_session=None)
        )

    def offer_move(self, token: str) -> Move | None:
        """A key of 59 bits with which another device takes the conversation over, once; None for a session that is over.

        The newest key is the only one.
        """
        key = "-".join("".join(secrets.choice(_MOVE_LETTERS) for _ in range(4)) for _ in range(3))
        until = self._clock.now() + MOVE_WITHIN
        with self._database.write() as tx:
            offered = tx.execute(
                update(table)
                .where(table.c.session == self._fingerprint(token))
                .values(move_key=self._move_key(key), move_until=until)
            ).rowcount
        return Move(key, until) if offered else None

    def take_over(self, key: str) -> Opened | None:
        """Open a conversation on another device; its former secret opens nothing any more. None for any other key."""
        fresh, now = secrets.token_urlsafe(32), self._clock.now()
        with self._database.write() as tx:
            taken = tx.execute(
                update(table)
                .where(
                    table.c.move_key == self._move_key(key),
                    table.c.move_until > now,
                    table.c.last_seen_at > now - IDLE,
                )
                .values(
                    session=self._fingerprint(fresh),
                    former_session=None,
                    move_key=None,
                    move_until=None,
                    last_seen_at=now,
                )
                .returning(table.c.id)
            ).scalar()
        return None if taken is None else Opened(str(taken), fresh)

    def rotate(
        self, tx: Connection, conversation: str, token: str, client_id: str, code: str
    ) -> str | None:
        """Change the secret that is in use; `code` is what the message proved. None for any other secret."""
        fingerprint, fresh = self._fingerprint(token), self._renewed(token, client_id, code)
        changed = tx.execute(
            update(table)
            .where(table.c.id == conversation, table.c.session == fingerprint)
            .values(
                session=self._fingerprint(fresh), former_session=fingerprint, rotated_by=client_id
            )
        ).rowcount
        return fresh if changed else None

    def rotated(
        self, tx: Connection, conversation: str, token: str, client_id: str, code: str
    ) -> str | None:
        """The secret that this very message was answered with before; None where it changed nothing."""
        fresh = self._renewed(token, client_id, code)
        found = tx.execute(
            select(table.c.id).where(
                table.c.id == conversation,
                table.c.session == self._fingerprint(fresh),
                table.c.former_session == self._fingerprint(token),
            )
        ).first()
        return None if found is None else fresh

    def repeating(self, token: str, client_id: str) -> str | None:
        """The conversation whose secret was changed a moment ago by this very message under this former secret."""
        with self._database.read() as tx:
            found = tx.execute(
                select(table.c.id)
                .join(
                    message,
                    (message.c.conversation == table.c.id)
                    & (message.c.client_id == table.c.rotated_by),
                )
                .where(
                    table.c.former_session == self._fingerprint(token),
                    table.c.rotated_by == client_id,
                    message.c.created_at > self._clock.now() - REPEATED_WITHIN,
                )
            ).scalar()
        return None if found is None else str(found)

    def _renewed(self, token: str, client_id: str, code: str) -> str:
        return self._keyring.index(f"{token}\x00{client_id}\x00{code}", "renewed session")

    def _move_key(self, key: str) -> str:
        return self._keyring.index("".join(filter(str.isalnum, key)).upper(), "moving session")

    def _fingerprint(self, token: str) -> str:
        return self._keyring.index(token, "session")

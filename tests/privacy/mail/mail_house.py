"""The outbox and its senders for one test, on a database of its own."""

import email
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

from sqlalchemy import func, select

from privacy.clock import FixedClock
from privacy.mail.backoff import Backoff
from privacy.mail.carrier import Carrier
from privacy.mail.delivery import MailCarrier
from privacy.mail.letterhead import Letterhead
from privacy.mail.outbox import Outbox
from privacy.mail.sender import Pace, Sender
from privacy.mail.server import MailServer
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.outbox import mail
from tests.privacy.mail.smtp_stub import SmtpStub, Taken

HEAD = Letterhead.read(
    company="Alder & Finch",
    mail_from="Alder & Finch privacy <privacy@alderfinch.example>",
    inbox="people@alderfinch.example",
    origin="https://alderfinch.example",
)
NO_JITTER = Backoff(chance=lambda: 1.0)
PACE = Pace(mail=NO_JITTER, server=Backoff(longest=15, chance=lambda: 1.0), connect=30, answer=30)


class House:
    """The outbox, its database and senders for one test."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        self.database = database
        self.keyring = keyring
        self.clock = clock
        self.outbox = Outbox(keyring, clock, HEAD)
        self.bounces: list[tuple[str, str]] = []

    def add(self, key: str = "code:1", **changes: Any) -> None:
        call: dict[str, Any] = {
            "kind": "code",
            "to": "sam@example.com",
            "dedupe_key": key,
            "language": "en",
            "values": {"code": "918273", "purpose": "access", "minutes": "10", "until": "14:37"},
            "expires_at": self.clock.now() + timedelta(minutes=10),
            "conversation": "web:1",
        }
        with self.database.write() as tx:
            self.outbox.add(tx, **{**call, **changes})

    def sender(
        self,
        stub: SmtpStub,
        pace: Pace = PACE,
        database: Database | None = None,
        server: MailServer | None = None,
    ) -> Sender:
        found = server or MailServer.read(f"smtp://127.0.0.1:{stub.port}")
        return self.sender_by(MailCarrier(HEAD, found), pace, database)

    def sender_by(
        self, carrier: Carrier, pace: Pace = PACE, database: Database | None = None
    ) -> Sender:
        async def on_bounced(conversation: str, kind: str) -> None:
            self.bounces.append((conversation, kind))

        return Sender(
            database or self.database,
            self.keyring,
            self.clock,
            carrier,
            on_bounced=on_bounced,
            pace=pace,
        )

    def rows(self) -> list[Any]:
        with self.database.read() as tx:
            return list(tx.execute(select(mail).order_by(mail.c.id)))

    def states(self) -> dict[str, int]:
        with self.database.read() as tx:
            found = tx.execute(select(mail.c.state, func.count()).group_by(mail.c.state))
            return {state: count for state, count in found}  # noqa: C416


def read(taken: Taken) -> EmailMessage:
    return email.message_from_bytes(taken.content, _class=EmailMessage, policy=default)

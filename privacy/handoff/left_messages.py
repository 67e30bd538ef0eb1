"""Messages for a person: kept, and mailed to the company's inbox in the same transaction."""

import secrets

from sqlalchemy import Connection, insert, select

from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.mail.outbox import Outbox
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import left_message


class LeftMessages:
    """What customers left for a person."""

    def __init__(self, keyring: Keyring, clock: Clock, outbox: Outbox, company_inbox: str) -> None:
        self._keyring = keyring
        self._clock = clock
        self._outbox = outbox
        self._company_inbox = company_inbox

    def take(self, tx: Connection, conversation: str, text: str, way: Contact, turn: str) -> None:
        """Store the message and put its mail into the outbox; the same turn twice is one message."""
        key = f"{conversation}:{turn}"
        if (
            tx.execute(select(left_message.c.id).where(left_message.c.turn == key)).first()
            is not None
        ):
            return
        tx.execute(
            insert(left_message).values(
                id=secrets.token_hex(16),
                conversation=conversation,
                turn=key,
                body=self._keyring.seal(text, "left_message.body"),
                way_to_answer=self._keyring.seal(way.value, "left_message.way_to_answer"),
                created_at=self._clock.now(),
            )
        )
        self._outbox.add(
            tx,
            kind="message_for_agent",
            to=self._company_inbox,
            dedupe_key=f"left:{key}",
            language="en",
            values={
                "conversation": conversation,
                "channel": conversation.split(":")[0],
                "message": text,
                "answer_to": way.value,
            },
        )

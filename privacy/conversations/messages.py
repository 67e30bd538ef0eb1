"""The transcript: what was said, by whom, with which choices. Sealed in the database, plain in memory."""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from privacy.clock import Clock
from privacy.conversations.brain import Reading
from privacy.conversations.placeholders import KeptValues
from privacy.conversations.wording import Utterance
from privacy.store.keyring import Keyring
from privacy.store.tables.conversations import choice as choices
from privacy.store.tables.conversations import conversation as conversations
from privacy.store.tables.conversations import message as table

OPEN_STATES = ("received", "asked")


Author = Literal["customer", "bot", "agent", "notice"]
Expects = Literal["code", "email", "text"]
_SHOWN_AS: dict[str, Expects] = {
    "code": "code",
    "contact": "email",
    "value": "text",
    "part": "text",
    "message": "text",
}


@dataclass(frozen=True)
class Choice:
    """A button: an opaque id, issued for one message."""

    id: str
    label: str


@dataclass(frozen=True)
class Message:
    """One line of the transcript; `id` grows and is the event id of live streams."""

    id: int
    author: Author
    text: str
    at: datetime
    choices: Sequence[Choice] = ()
    client_id: str | None = None
    expects: Expects | None = None
    name: str = ""
    """Of the agent who wrote it."""
    is_personal: bool = False
    """It tells what our systems hold about the customer."""
    wants_value: bool = False
    """It asks for a new value, which is personal as well."""


@dataclass(frozen=True)
class OpenMessage:
    """A customer's message that waits for its answer."""

    id: int
    text: str
    reading: Reading | None
    asked: bool


class Messages:
    """Reads and writes transcripts inside the caller's transaction."""

    def __init__(self, keyring: Keyring, clock: Clock, kept: KeptValues) -> None:
        self._keyring = keyring
        self._clock = clock
        self._kept = kept

    def add_customer(
        self,
        tx: Connection,
        conversation: str,
        text: str,
        client_id: str,
        reading: Reading | None,
        *,
        checking: bool = False,
        for_person: bool = False,
    ) -> int:
        """Store what a customer wrote; it waits for the bot's answer from now on (`checking`: once it has its reading;
        `for_person`: not at all)."""
        sealed = None if reading is None else self._seal_reading(reading)
        result = tx.execute(
            insert(table)
            .values(
                conversation=conversation,
                author="customer",
                body=self._keyring.seal(text, "message.body"),
                client_id=client_id,
                reading=sealed,
                state="checking" if checking else "said" if for_person else "received",
                created_at=self._clock.now(),
            )
            .returning(table.c.id)
        )
        return int(result.scalar_one())

    def add_agent(
        self, tx: Connection, conversation: str, text: str, name: str, client_id: str
    ) -> int:
        """Store what an agent wrote."""
        result = tx.execute(
            insert(table)
            .values(
                conversation=conversation,
                author="agent",
                agent_name=name,
                body=self._keyring.seal(text, "message.body"),
                client_id=client_id,
                state="said",
                created_at=self._clock.now(),
            )
            .returning(table.c.id)
        )
        return int(result.scalar_one())

    def find(self, tx: Connection, conversation: str, client_id: str) -> int | None:
        """The message that this client sent under this id before."""
        found = tx.execute(
            select(table.c.id).where(
                table.c.conversation == conversation, table.c.client_id == client_id
            )
        ).scalar()
        return None if found is None else int(found)

    def set_reading(self, tx: Connection, message: int, reading: Reading) -> None:
        """Say how a checked message is to be read; it waits for its answer from now on."""
        tx.execute(
            update(table)
            .where(table.c.id == message, table.c.state == "checking")
            .values(reading=self._seal_reading(reading), state="received")
        )

    def mark_for_person(self, tx: Connection, message: int) -> None:
        """A checked message that nobody has to answer: a person holds the conversation."""
        tx.execute(
            update(table)
            .where(table.c.id == message, table.c.state == "checking")
            .values(state="said")
        )

    def release_unchecked(self, tx: Connection) -> None:
        """After a start: what was being checked when the process stopped waits for its answer too."""
        tx.execute(update(table).where(table.c.state == "checking").values(state="received"))

    def add_said(
        self,
        tx: Connection,
        conversation: str,
        utterances: Iterable[Utterance],
        *,
        author: Author = "bot",
        turn: int | None = None,
    ) -> list[int]:
        """Store what the bot (or a notice) says, with its values filled in and its buttons made opaque."""
        said: list[int] = []
        for utterance in utterances:
            text = self._kept.fill(tx, conversation, utterance.text).strip()
            if not text and not utterance.buttons:
                continue
            expects = utterance.custom.get("expects")
            result = tx.execute(
                insert(table)
                .values(
                    conversation=conversation,
                    author=author,
                    body=self._keyring.seal(text, "message.body"),
                    state="said",
                    expects=expects if isinstance(expects, str) else None,
                    is_personal=utterance.custom.get("personal") is True,
                    turn=turn,
                    created_at=self._clock.now(),
                )
                .returning(table.c.id)
            )
            message = int(result.scalar_one())
            said.append(message)
            # A notice has no buttons: it comes beside what is going on.
            for position, (label, payload) in enumerate(
                utterance.buttons if author == "bot" else ()
            ):
                filled = self._kept.fill(tx, conversation, label)
                tx.execute(
                    insert(choices).values(
                        id=secrets.token_hex(16),
                        conversation=conversation,
                        message=message,
                        position=position,
                        label=self._keyring.seal(filled, "choice.label"),
                        reading=self._keyring.seal(payload, "choice.reading"),
                    )
                )
        return said

    def history(self, tx: Connection, conversation: str, after: int, limit: int) -> list[Message]:
        """Lines after `after`, oldest first; choices only on the newest line that was said."""
        rows = tx.execute(
            select(table)
            .where(table.c.conversation == conversation, table.c.id > after)
            .order_by(table.c.id)
            .limit(limit)
        ).all()
        live = self._live_choices(tx, conversation) if rows else {}
        return [
            Message(
                id=row.id,
                author=row.author,
                text=self._keyring.open(row.body, "message.body"),
                at=row.created_at,
                choices=live.get(row.id, ()),
                client_id=row.client_id,
                expects=_SHOWN_AS.get(row.expects),
                name=row.agent_name or "",
                is_personal=row.is_personal,
                wants_value=row.expects == "value",
            )
            for row in rows
        ]

    def newest(self, tx: Connection, conversation: str, limit: int) -> list[Message]:
        """The last lines, oldest first."""
        first = tx.execute(
            select(table.c.id)
            .where(table.c.conversation == conversation)
            .order_by(table.c.id.desc())
            .offset(limit - 1)
            .limit(1)
        ).scalar()
        return self.history(tx, conversation, (first or 1) - 1, limit)

    def text_of(self, tx: Connection, conversation: str, message: str) -> str:
        """What the customer wrote in this message (a turn's number); "" where there is none."""
        number = message.removesuffix("-resumed")
        if not number.isdecimal():
            return ""
        body = tx.execute(
            select(table.c.body).where(
                table.c.id == int(number),
                table.c.conversation == conversation,
                table.c.author == "customer",
            )
        ).scalar()
        return "" if body is None else self._keyring.open(body, "message.body")

    def pressed(self, tx: Connection, conversation: str, choice: str) -> tuple[str, str | None]:
        """Label and payload of a pressed button; no payload when it is no longer live.

        Raises KeyError for a button that this conversation never had.
        """
        row = tx.execute(
            select(choices).where(choices.c.id == choice, choices.c.conversation == conversation)
        ).first()
        if row is None:
            raise KeyError("choice")
        label = self._keyring.open(row.label, "choice.label")
        alive = row.message in self._live_choices(tx, conversation)
        return label, self._keyring.open(row.reading, "choice.reading") if alive else None

    def payload_of(self, tx: Connection, conversation: str, text: str) -> str | None:
        """The payload of the live button that is called like this."""
        for live in self._live_choices(tx, conversation).values():
            for choice in live:
                if choice.label.casefold() == text.casefold():
                    return self.pressed(tx, conversation, choice.id)[1]
        return None

    def next_open(self, tx: Connection, conversation: str) -> OpenMessage | None:
        """The oldest message of this conversation that waits for an answer."""
        row = tx.execute(
            select(table)
            .where(table.c.conversation == conversation, table.c.state.in_(OPEN_STATES))
            .order_by(table.c.id)
            .limit(1)
        ).first()
        if row is None:
            return None
        reading = self._open_reading(row.reading) if row.reading is not None else None
        return OpenMessage(
            row.id, self._keyring.open(row.body, "message.body"), reading, row.state == "asked"
        )

    def conversations_waiting(self, tx: Connection) -> list[str]:
        """Every conversation with a message that waits, as after a restart."""
        rows = tx.execute(
            select(table.c.conversation).where(table.c.state.in_(OPEN_STATES)).distinct()
        )
        return [str(row.conversation) for row in rows]

    def waiting(self, tx: Connection, conversation: str) -> bool:
        return bool(
            tx.execute(
                select(func.count())
                .select_from(table)
                .where(table.c.conversation == conversation, table.c.state.in_(OPEN_STATES))
            ).scalar_one()
        )

    def mark_asked(self, tx: Connection, message: int) -> None:
        tx.execute(update(table).where(table.c.id == message).values(state="asked"))

    def mark_answered(self, tx: Connection, message: int) -> bool:
        """Close a customer's message; False when somebody else closed it first."""
        done = tx.execute(
            update(table)
            .where(table.c.id == message, table.c.state.in_(OPEN_STATES))
            .values(state="answered")
        )
        return done.rowcount == 1

    def mark_understood(self, tx: Connection, conversation: str) -> None:
        """What counts is how often in a row somebody was not understood: from here it starts again."""
        tx.execute(
            update(conversations)
            .where(conversations.c.id == conversation, conversations.c.misunderstood > 0)
            .values(misunderstood=0)
        )

    def expected(self, tx: Connection, conversation: str, before: int | None = None) -> str | None:
        """What the bot's last words (before this message) asked for; news in between do not count."""
        said = select(table.c.expects).where(
            table.c.conversation == conversation, table.c.author == "bot", table.c.turn.is_not(None)
        )
        if before is not None:
            # Answers to later messages do not exist yet: turns are run in order.
            said = said.where(table.c.turn < before)
        row = tx.execute(said.order_by(table.c.id.desc()).limit(1)).first()
        return None if row is None else row.expects

    def _live_choices(self, tx: Connection, conversation: str) -> dict[int, tuple[Choice, ...]]:
        newest = tx.execute(
            select(func.max(table.c.id)).where(
                table.c.conversation == conversation, table.c.author != "notice"
            )
        ).scalar()
        rows = tx.execute(
            select(choices).where(choices.c.message == newest).order_by(choices.c.position)
        ).all()
        if not rows:
            return {}
        return {
            int(newest or 0): tuple(
                Choice(row.id, self._keyring.open(row.label, "choice.label")) for row in rows
            )
        }

    def _seal_reading(self, reading: Reading) -> bytes:
        return self._keyring.seal(json.dumps(reading.as_json()), "message.reading")

    def _open_reading(self, sealed: bytes) -> Reading:
        raw: dict[str, Any] = json.loads(self._keyring.open(sealed, "message.reading"))
        return Reading(raw["intent"], raw["entities"])

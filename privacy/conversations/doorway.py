"""What a door sees of a conversation: open, enter, say, press, read, listen.

Everything accepted is durable before the door hears of it, and a repeated message (same client id) is the
same message. A text that looks like a code, while one is awaited, is checked here and never stored.
"""

import re
import unicodedata
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal

from anyio import to_thread
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from privacy.clock import Clock
from privacy.conversations.brain import Reading
from privacy.conversations.live import DESK, Hub
from privacy.conversations.messages import Message, Messages
from privacy.conversations.payloads import read_payload
from privacy.conversations.people import HolderNow, People
from privacy.conversations.retention import forget
from privacy.conversations.sessions import Move, Opened, Sessions
from privacy.conversations.turns import Turns
from privacy.conversations.wording import Wording
from privacy.errors import ConversationGone, MessageEmpty, MessageTooLong
from privacy.identity import read_code
from privacy.policy import Policy
from privacy.store.database import Database
from privacy.verification import Verification

HIDDEN_CODE = "••••••"
UNREAD_CODE = Reading("inform", {"code": "unread"})
_BEAT = 30.0
_PAGE = 500
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Accepted:
    """A message is stored; `new_token` replaces the session's secret when it is set."""

    message_id: int
    duplicate: bool = False
    new_token: str | None = None


@dataclass(frozen=True)
class Event:
    """Something for a live stream: a line, whether an answer is on its way, who holds the conversation, or the end of
    this session."""

    kind: Literal["message", "typing", "holder", "closed"]
    message: Message | None = None
    on: bool = False
    holder: HolderNow | None = None


class Conversations:
    """All conversations, as the doors see them."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        sessions: Sessions,
        messages: Messages,
        turns: Turns,
        hub: Hub,
        verification: Verification,
        people: People,
        wording: Wording,
        policy: Policy,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sessions = sessions
        self._messages = messages
        self._turns = turns
        self._hub = hub
        self._verification = verification
        self._people = people
        self._wording = wording
        self._policy = policy
        self._stopping = False

    def open(self, channel: str, language: str) -> Opened:
        """Begin a conversation with the bot's greeting."""
        with self._database.write() as tx:
            opened = self._sessions.open(tx, channel, language)
            self._messages.add_said(
                tx, opened.conversation, [self._wording.utterance("utter_welcome")]
            )
        return opened

    def enter(self, token: str) -> str | None:
        """The conversation that a session's secret opens."""
        return self._sessions.enter(token)

    def offer_move(self, token: str) -> Move | None:
        """A key with which another device takes this conversation over; None for a session that is over."""
        return self._sessions.offer_move(token)

    async def take_over(self, key: str) -> Opened | None:
        """Go on with a conversation here; the device before is told that it ended there."""
        opened = await to_thread.run_sync(self._sessions.take_over, key)
        if opened is not None:
            self._hub.wake(opened.conversation)
        return opened

    def end(self, token: str) -> None:
        """Close a session for good, and forget what it proved: the next one at this browser is somebody else."""
        conversation = self._sessions.enter(token)
        if conversation is None:
            return
        self._verification.forget(conversation)
        self._people.customer_left(conversation)
        with self._database.write() as tx:
            self._sessions.end(tx, token)

    def repeating(self, token: str, client_id: str) -> str | None:
        """The conversation of a message that is sent again because the answer with its new secret was lost."""
        return self._sessions.repeating(token, client_id)

    async def accept(self, conversation: str, token: str, text: str, client_id: str) -> Accepted:
        """Take a customer's message.

        Raises MessageEmpty, MessageTooLong, ConversationGone.
        """
        cleaned = clean(text)
        if not cleaned:
            raise MessageEmpty
        if len(cleaned) > self._policy.conversation.message_characters:
            raise MessageTooLong
        accepted = await to_thread.run_sync(
            self._accept, conversation, token, cleaned, client_id[:64]
        )
        self._after(conversation, accepted)
        return accepted

    async def choose(
        self, conversation: str, token: str, choice_id: str, client_id: str
    ) -> Accepted:
        """Take a pressed button. One that is no longer live counts as its words.

        Raises ConversationGone for a button that this conversation never had.
        """
        accepted = await to_thread.run_sync(self._choose, conversation, choice_id, client_id[:64])
        self._after(conversation, accepted)
        return accepted

    def history(self, conversation: str, after: int = 0, limit: int = _PAGE) -> list[Message]:
        """The transcript after a message id."""
        with self._database.read() as tx:
            return self._messages.history(tx, conversation, after, limit)

    def holder(self, conversation: str) -> HolderNow:
        """Who holds the conversation: the bot, the queue, or an agent by name."""
        return self._people.now(conversation)

    def is_thinking(self, conversation: str) -> bool:
        """Whether an answer is on its way."""
        if self._hub.is_thinking(conversation):
            return True
        with self._database.read() as tx:
            return self._messages.waiting(tx, conversation)

    async def stream(self, conversation: str, token: str, after: int) -> AsyncGenerator[Event]:
        """Everything after `after`, then whatever comes; ends when the secret is no longer good."""
        typing = False
        holder: HolderNow | None = None
        with self._hub.listening(conversation) as listener:
            while not self._stopping:
                look = await to_thread.run_sync(self._look, conversation, token, after)
                if look is None:
                    yield Event("closed")
                    return
                lines, now = look
                for line in lines:
                    after = line.id
                    yield Event("message", message=line)
                if now != holder:
                    holder = now
                    yield Event("holder", holder=now)
                thinking = self._hub.is_thinking(conversation) or self._hub.is_writing(conversation)
                if thinking != typing:
                    typing = thinking
                    yield Event("typing", on=typing)
                await listener.changed(_BEAT)

    def _look(
        self, conversation: str, token: str, after: int
    ) -> tuple[list[Message], HolderNow] | None:
        """What is new for a stream; None where its secret is no longer good."""
        if self._sessions.enter(token) != conversation:
            return None
        return self.history(conversation, after), self.holder(conversation)

    async def say(self, conversation: str, wording: str, **values: object) -> None:
        """Say something nobody asked for just now, as when a mail came back."""

        def store() -> None:
            with self._database.write() as tx:
                self._people.tell(tx, conversation, self._wording.utterance(wording, **values))

        await to_thread.run_sync(store)
        self._hub.wake(conversation)

    def forget_old(self) -> int:
        """Delete what is past its retention; returns how many rows went."""
        with self._database.write() as tx:
            return forget(tx, self._clock.now(), self._policy.retention)

    def close_streams(self) -> None:
        """Let every stream end, as before a stop."""
        self._stopping = True
        self._hub.wake_all()

    def _after(self, conversation: str, accepted: Accepted) -> None:
        self._hub.wake(conversation)
        self._hub.wake(DESK)
        self._turns.wake(conversation)

    def _accept(self, conversation: str, token: str, text: str, client_id: str) -> Accepted:
        read = read_code(text, self._policy.codes.digits)
        awaited = read.kind != "not_a_code" and self._verification.awaited(conversation) is not None
        is_code = awaited and read.kind == "code"
        try:
            with self._database.write() as tx:
                before = self._messages.find(tx, conversation, client_id)
                if before is not None:
                    fresh = (
                        self._sessions.rotated(tx, conversation, token, client_id, read.code)
                        if read.kind == "code"
                        else None
                    )
                    return Accepted(before, duplicate=True, new_token=fresh)
                if is_code:
                    # The code itself is never stored; should the process stop here, it is known as unread.
                    message = self._messages.add_customer(
                        tx, conversation, HIDDEN_CODE, client_id, UNREAD_CODE, checking=True
                    )
                else:
                    return Accepted(
                        self._typed(tx, conversation, text, client_id, read.kind, awaited)
                    )
        except IntegrityError:
            return self._sent_at_once(conversation, client_id)
        checked = self._verification.check(conversation, text)
        entities = {"code": checked.outcome, "tries": str(checked.tries_left)}
        with self._database.write() as tx:
            if self._people.holder(tx, conversation) == "bot":
                self._messages.set_reading(tx, message, Reading("inform", entities))
            else:
                self._messages.mark_for_person(tx, message)
                self._people.heard_of_code(tx, conversation, checked.outcome)
            accepted = checked.outcome == "accepted"
            fresh = (
                self._sessions.rotate(tx, conversation, token, client_id, read.code)
                if accepted
                else None
            )
        return Accepted(message, new_token=fresh)

    def _typed(
        self,
        tx: Connection,
        conversation: str,
        text: str,
        client_id: str,
        kind: str,
        awaited: bool,
    ) -> int:
        """Store what was typed, for whoever holds the conversation."""
        holder = self._people.holder(tx, conversation)
        if holder == "queue":
            # Where a channel has no buttons their words are typed.
            payload = self._messages.payload_of(tx, conversation, text)
            if payload is not None and self._people.taken_back(tx, conversation):
                return self._messages.add_customer(
                    tx, conversation, text, client_id, read_payload(payload)
                )
        if holder != "bot":
            return self._for_person(tx, conversation, text, client_id)
        reading = self._not_quite_a_code(tx, conversation, kind) if awaited else None
        return self._messages.add_customer(tx, conversation, text, client_id, reading)

    def _for_person(self, tx: Connection, conversation: str, text: str, client_id: str) -> int:
        message = self._messages.add_customer(
            tx, conversation, text, client_id, None, for_person=True
        )
        self._people.customer_wrote(tx, conversation)
        return message

    def _not_quite_a_code(self, tx: Connection, conversation: str, kind: str) -> Reading | None:
        """A date or a number of another length where a code was asked for: told so, and no try is counted."""
        if self._messages.expected(tx, conversation) != "code":
            return None
        return Reading("inform", {"code": "date" if kind == "looks_like_date" else "length"})

    def _choose(self, conversation: str, choice_id: str, client_id: str) -> Accepted:
        try:
            with self._database.write() as tx:
                before = self._messages.find(tx, conversation, client_id)
                if before is not None:
                    return Accepted(before, duplicate=True)
                try:
                    label, payload = self._messages.pressed(tx, conversation, choice_id)
                except KeyError:
                    raise ConversationGone("no such button") from None
                holder = self._people.holder(tx, conversation)
                # A button is for the bot: whoever presses one while waiting goes on with it.
                waits = holder == "queue" and payload is not None
                if holder != "bot" and not (waits and self._people.taken_back(tx, conversation)):
                    return Accepted(self._for_person(tx, conversation, label, client_id))
                reading = read_payload(payload) if payload is not None else None
                return Accepted(
                    self._messages.add_customer(tx, conversation, label, client_id, reading)
                )
        except IntegrityError:
            return self._sent_at_once(conversation, client_id)

    def _sent_at_once(self, conversation: str, client_id: str) -> Accepted:
        """Two copies of one message came at the same moment: the other one was stored."""
        with self._database.read() as tx:
            before = self._messages.find(tx, conversation, client_id)
        if before is None:
            raise ConversationGone("conversation deleted")
        return Accepted(before, duplicate=True)


def clean(text: str) -> str:
    """A message as it is stored: one Unicode form, no control characters, no space around."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub("", composed).strip()

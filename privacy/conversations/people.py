"""A conversation and the people who may take it: to the queue, to an agent, and back to the bot, said to the customer each time.

The bot never speaks over a person: while one holds the conversation its answers become notes for them, and news become
notices without buttons. What customers read is worded in `data/handoff`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, roles_that_may
from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.conversations.live import DESK, Hub
from privacy.conversations.messages import Messages
from privacy.conversations.wording import Utterance, Wording
from privacy.dates import moment, zone_in_words
from privacy.errors import MessageEmpty, MessageTooLong
from privacy.handoff.hand_overs import HandOver, HandOvers, Holder, Why
from privacy.handoff.notes import Notes
from privacy.handoff.port import AnsweringDesk
from privacy.handoff.waits import Wait
from privacy.mail.port import Outbox
from privacy.office_hours import OfficeHours
from privacy.store.database import Database

LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of the wish for a person: in the queue with a wait; or nobody is there, although it is their hours
    (`is_open`), or before `opens_at` (None: at no hour that is known)."""

    wait: Wait | None = None
    is_open: bool = False
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HolderNow:
    """What a customer may know about who holds the conversation."""

    holder: Holder
    name: str = ""
    wait: Wait | None = None
    is_staffed: bool = True
    """In the queue: whether somebody is there who could take it."""


class People:
    """Moves conversations between the bot, the queue and agents."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        hand_overs: HandOvers,
        notes: Notes,
        messages: Messages,
        wording: Wording,
        outbox: Outbox,
        hours: OfficeHours,
        hub: Hub,
        desk: AnsweringDesk,
    ) -> None:
        self._database = database
        self._clock = clock
        self._hand_overs = hand_overs
        self._notes = notes
        self._messages = messages
        self._wording = wording
        self._outbox = outbox
        self._hours = hours
        self._hub = hub
        self._desk = desk
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self) -> None:
        """Wake streams of this event loop from now on. Call from it."""
        self._loop = asyncio.get_running_loop()

    def hours_in_words(self) -> str:
        """ "Monday to Friday, 09:00–17:00, Berlin time"; "" where nobody is ever there."""
        hours = self._hours.in_words()
        return f"{hours}, {zone_in_words(self._hours.zone)}" if hours else ""

    def moment_in_words(self, at: datetime) -> str:
        """ "Monday 23 November at 09:00", in the company's time zone."""
        return moment(at, self._hours.zone)

    # ---- Customers -------------------------------------------------------------------------------------

    def ask(self, conversation: str, reason: Why) -> Asked:
        """The customer wants a person, or needs one."""
        now = self._clock.now()
        with self._database.write() as tx:
            found = self._hand_overs.of(tx, conversation)
            waits = found is not None and found.holder != "bot"
            # Whoever is there decides, not the calendar; hours only tell when somebody is there next.
            if not waits and not self._desk.is_staffed(tx, now):
                opens_at = self._hours.opens_at(now)
                return Asked(is_open=opens_at == now, opens_at=opens_at)
            one = self._hand_overs.ask(tx, conversation, reason)
            asked = Asked(self._hand_overs.wait(tx, one))
        self._changed(conversation)
        return asked

    def leave(self, tx: Connection, conversation: str, answer_to: Contact) -> None:
        """A message was left: agents see it, and the answer goes here and to the contact."""
        self._hand_overs.ask(tx, conversation, "asked", mode="left", answer_to=answer_to)

    def now(self, conversation: str) -> HolderNow:
        """Who holds it, as the customer may know."""
        with self._database.read() as tx:
            one = self._hand_overs.of(tx, conversation)
            if one is None or one.holder == "bot":
                return HolderNow("bot")
            if one.holder == "agent":
                return HolderNow("agent", one.agent_name)
            wait = self._hand_overs.wait(tx, one)
            return HolderNow(
                "queue", wait=wait, is_staffed=self._desk.is_staffed(tx, self._clock.now())
            )

    def holder(self, tx: Connection, conversation: str) -> Holder:
        return self._hand_overs.holder(tx, conversation)

    def customer_wrote(self, tx: Connection, conversation: str) -> None:
        """A message for whoever takes, or has taken, the conversation. Call it once the message is stored: whoever
        waits is told that it is kept, and keeps the way back to the bot at hand."""
        self._hand_overs.customer_wrote(tx, conversation)
        one = self._hand_overs.of(tx, conversation, to_change=True)
        if one is not None and one.holder == "queue":
            wait = in_words(self._hand_overs.wait(tx, one))
            said = self._wording.utterance("utter_person_waited_for", wait=wait)
            self._messages.add_said(tx, conversation, [said])

    def taken_back(self, tx: Connection, conversation: str) -> bool:
        """The customer waits no longer and goes on with the bot; False where it is not theirs to take any more."""
        return self._hand_overs.take_back(tx, conversation)

    def customer_left(self, conversation: str) -> None:
        """The customer closed the conversation: nobody is to wait for them, unless an answer goes elsewhere."""
        with self._database.write() as tx:
            one = self._hand_overs.of(tx, conversation, to_change=True)
            if one is None or one.answer_to is not None:
                return
            self._hand_overs.end(tx, conversation, "closed", "customer")
        self._changed(conversation)

    # ---- The bot ---------------------------------------------------------------------------------------

    def divert(self, tx: Connection, conversation: str, said: Sequence[Utterance]) -> bool:
        """Whether a person speaks now; what the bot had to say is a note for them then."""
        if self._hand_overs.holder(tx, conversation) != "agent":
            return False
        text = "\n".join(one.text for one in said if one.text)
        if text:
            self._notes.add(tx, conversation, None, f"The assistant was about to say: {text}")
        return True

    def tell(self, tx: Connection, conversation: str, said: Utterance) -> None:
        """Say news: by the bot, or as a notice beside what a person and the customer are talking about."""
        by_bot = self._hand_overs.holder(tx, conversation) == "bot"
        self._messages.add_said(tx, conversation, [said], author="bot" if by_bot else "notice")

    def heard_of_code(self, tx: Connection, conversation: str, outcome: str) -> None:
        """A code was typed while a person held the conversation: both are told what came of it."""
        right = outcome == "accepted"
        wording = "utter_code_right_here" if right else "utter_code_not_right_here"
        self._say(tx, conversation, wording)
        self.customer_wrote(tx, conversation)

    # ---- Agents ----------------------------------------------------------------------------------------

    def claim(self, conversation: str, by: Agent) -> HandOver:
        """Take it. Raises TakenAlready, NotPossibleNow."""
        with self._database.write() as tx:
            before = self._hand_overs.of(tx, conversation, to_change=True)
            one = self._hand_overs.claim(tx, conversation, by.id)
            if before is not None and before.agent is None:
                self._say(tx, conversation, "utter_person_joined", name=by.name)
        self._changed(conversation)
        return one

    def assign(self, conversation: str, to: Agent | None, by: Agent) -> None:
        """Give it to a colleague, or back to the queue. Raises NotPossibleNow."""
        with self._database.write() as tx:
            before = self._hand_overs.of(tx, conversation, to_change=True)
            self._hand_overs.assign(tx, conversation, to.id if to else None, by.id)
            if to is not None and (before is None or before.agent != to.id):
                self._say(tx, conversation, "utter_person_joined", name=to.name)
            if to is None and before is not None and before.agent is not None:
                self._say_let_go(tx, before)
        self._changed(conversation)

    def release(self, conversation: str, by: Agent) -> None:
        """Let it go, back to the queue. Raises NotYours."""
        with self._database.write() as tx:
            before = self._hand_overs.own(tx, conversation, by.id)
            self._hand_overs.assign(tx, conversation, None, by.id)
            self._say_let_go(tx, before)
        self._changed(conversation)

    def reply(self, conversation: str, by: Agent, text: str, client_id: str) -> int:
        """Write to the customer; the same client id twice is one message. Returns its id.

        Raises NotYours, MessageEmpty, MessageTooLong.
        """
        words = worded(text)
        with self._database.write() as tx:
            known = self._messages.find(tx, conversation, client_id)
            if known is not None:
                return known
            one = self._hand_overs.own(tx, conversation, by.id)
            self._hand_overs.agent_wrote(tx, conversation, by.id)
            message = self._messages.add_agent(tx, conversation, words, by.name, client_id)
            self._notes.keep_draft(tx, conversation, by.id, "")
            self.mail_answer(tx, one, by, words, message)
        self._changed(conversation)
        return message

    def note(self, conversation: str, by: Agent, text: str, client_id: str) -> None:
        """Write for colleagues only. Raises MessageEmpty, MessageTooLong."""
        words = worded(text)
        with self._database.write() as tx:
            self._notes.add(tx, conversation, by.id, words, client_id)
            self._notes.keep_draft(tx, conversation, by.id, "")
            self._hand_overs.agent_is_there(tx, conversation, by.id)
        self._changed(conversation)

    def snooze(self, conversation: str, by: Agent, until: datetime) -> None:
        """Put it off; it comes back at that moment, or when the customer writes. Raises NotYours."""
        with self._database.write() as tx:
            self._hand_overs.snooze(tx, conversation, by.id, until)
        self._changed(conversation)

    def hand_back(self, conversation: str, by: Agent) -> None:
        """Give it back to the bot, which says so and goes on where it was. Raises NotYours."""
        with self._database.write() as tx:
            self._hand_overs.own(tx, conversation, by.id)
            self._hand_overs.end(tx, conversation, "handed_back", by.actor)
            self._say(tx, conversation, "utter_person_left", name=by.name)
            self._messages.add_said(
                tx, conversation, [self._wording.utterance("utter_back_with_assistant")]
            )
        self._changed(conversation)

    def is_held_by(self, conversation: str, who: Agent) -> bool:
        """Whether they hold it now."""
        with self._database.read() as tx:
            one = self._hand_overs.of(tx, conversation)
        return one is not None and one.agent == who.id

    def keep_draft(self, conversation: str, by: Agent, text: str) -> None:
        """Keep what they are about to write; it shows that they are there."""
        with self._database.write() as tx:
            self._notes.keep_draft(tx, conversation, by.id, text)
            self._hand_overs.agent_is_there(tx, conversation, by.id)

    # ---- For other ways to answer -----------------------------------------------------------------------

    def mail_answer(
        self, tx: Connection, one: HandOver, by: Agent, text: str, message: int
    ) -> None:
        """What a person wrote goes to where the customer wanted the answer as well, in the same transaction; whoever
        waits here instead of having left a message reads it here."""
        if one.mode != "left" or one.answer_to is None or one.answer_to.kind != "email":
            return
        self._outbox.add(
            tx,
            kind="answer_from_person",
            to=one.answer_to.value,
            dedupe_key=f"answer_from_person:{message}",
            language="en",
            values={"name": by.name, "text": text},
            conversation=one.conversation,
        )

    def wake(self, conversation: str) -> None:
        """After a commit: streams of the conversation look again. From any thread."""
        self._changed(conversation)

    # ---- Timers ----------------------------------------------------------------------------------------

    def take_from_idle(self, idle: timedelta) -> int:
        """Give conversations of agents who do nothing, or may not answer any more, back to the queue; returns how many."""
        may_reply = roles_that_may(Act.REPLY)
        with self._database.read() as tx:
            if not self._hand_overs.is_any_idle(tx, idle, may_reply):
                return 0
        with self._database.write() as tx:
            back = self._hand_overs.take_from_idle(tx, idle, may_reply)
            for one in back:
                self._say_let_go(tx, one)
        for one in back:
            self._changed(one.conversation)
        return len(back)

    # ---- Inside ----------------------------------------------------------------------------------------

    def _say(self, tx: Connection, conversation: str, wording: str, **values: object) -> None:
        said = self._wording.utterance(wording, **values)
        self._messages.add_said(tx, conversation, [said], author="notice")

    def _say_let_go(self, tx: Connection, one: HandOver) -> None:
        """They are told where they are now: in the queue, or, where they had left a message, with the assistant."""
        if one.mode == "live":
            self._say(tx, one.conversation, "utter_person_changes", name=one.agent_name)
            return
        self._say(tx, one.conversation, "utter_person_left", name=one.agent_name)
        back = self._wording.utterance("utter_back_with_assistant")
        self._messages.add_said(tx, one.conversation, [back])

    def _changed(self, conversation: str) -> None:
        """After the commit, from any thread: streams look again."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._hub.wake, conversation)
                self._loop.call_soon_threadsafe(self._hub.wake, DESK)


def worded(text: str) -> str:
    """What an agent wrote, as it is kept. Raises MessageEmpty, MessageTooLong."""
    words = text.strip()
    if not words:
        raise MessageEmpty
    if len(words) > LONGEST:
        raise MessageTooLong
    return words


def in_words(wait: Wait) -> str:
    """What can honestly be said about a wait."""
    if wait.ahead == 0:
        place = "You are next."
    elif wait.ahead == 1:
        place = "One person is before you."
    else:
        place = f"{wait.ahead} people are before you."
    if wait.minutes is None:
        return place
    return f"{place} Lately it took about {wait.minutes} {'minute' if wait.minutes == 1 else 'minutes'}."

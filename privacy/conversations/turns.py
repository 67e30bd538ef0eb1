"""One turn after the other: takes each waiting message of a conversation to Rasa and stores the answer.

The service keeps the order of a conversation's messages, so Rasa's lock (which polls by the second) never
waits. A message stays open until its answer is stored in the same transaction; whatever dies in between,
the turn is taken up again, and Rasa is asked whether it ran already. While Rasa is away the customer is
told so once, and the message keeps its place.
"""

import asyncio
from dataclasses import dataclass

import structlog
from anyio import to_thread

from privacy.conversations.brain import Brain, BrainAway, BrainFailed, Reading, Reply
from privacy.conversations.live import Hub
from privacy.conversations.messages import Messages, OpenMessage
from privacy.conversations.people import People
from privacy.conversations.placeholders import KeptValues, Redacted
from privacy.conversations.values import Detours, is_free_text_wanted
from privacy.conversations.wording import Wording
from privacy.store.database import Database

log = structlog.get_logger()

_WAITS = (0.3, 0.6, 1.0, 2.0, 3.0)
_TRIES = 2
RESUME = Reading("inform", {"resume": "yes"})


@dataclass(frozen=True)
class _Prepared:
    """How a message is put to Rasa: a reading of ours, or a text without personal values."""

    reading: Reading | None
    redacted: Redacted
    expects: str | None


class Turns:
    """Runs the turns of all conversations of this process, each conversation's one by one."""

    def __init__(
        self,
        database: Database,
        messages: Messages,
        kept: KeptValues,
        brain: Brain,
        wording: Wording,
        hub: Hub,
        detours: Detours,
        people: People,
    ) -> None:
        self._database = database
        self._messages = messages
        self._kept = kept
        self._brain = brain
        self._wording = wording
        self._hub = hub
        self._detours = detours
        self._people = people
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stopping = False

    def wake(self, conversation: str) -> None:
        """See to it that this conversation's waiting messages are answered."""
        if self._stopping:
            return
        if conversation in self._running:
            self._again.add(conversation)
            return
        task = asyncio.create_task(self._work(conversation))
        self._running[conversation] = task

    async def take_up_again(self) -> int:
        """After a start: answer what was left waiting. Returns how many conversations wait."""

        def read() -> list[str]:
            with self._database.write() as tx:
                self._messages.release_unchecked(tx)
                return self._messages.conversations_waiting(tx)

        waiting = await to_thread.run_sync(read)
        for conversation in waiting:
            self.wake(conversation)
        return len(waiting)

    async def stop(self) -> None:
        """Let go of all turns; what is unanswered stays open in the database."""
        self._stopping = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, conversation: str) -> None:
        failures = 0
        try:
            while True:
                self._again.discard(conversation)
                try:
                    message = await to_thread.run_sync(self._next, conversation)
                    if message is not None and await to_thread.run_sync(
                        self._is_for_person, conversation, message
                    ):
                        self._hub.wake(conversation)
                    elif message is not None:
                        self._hub.set_thinking(conversation, True)
                        await self._take(conversation, message, failures)
                    elif conversation not in self._again:
                        return
                    failures = 0
                except Exception:
                    # Ours to mend, not the customer's: a message that breaks us must not end in silence, nor
                    # hold up those after it.
                    log.exception("turn broke", conversation=conversation, attempt=failures + 1)
                    await asyncio.sleep(0.3 * 2 ** min(failures, 8))
                    failures += 1
        finally:
            self._hub.set_thinking(conversation, False)
            del self._running[conversation]

    async def _take(self, conversation: str, message: OpenMessage, failures: int) -> None:
        if failures < _TRIES:
            await self._answer(conversation, message)
            return
        reply = Reply([self._wording.problem("unexpected")])
        await to_thread.run_sync(self._store, conversation, message, reply)
        self._hub.wake(conversation)

    def _next(self, conversation: str) -> OpenMessage | None:
        with self._database.read() as tx:
            return self._messages.next_open(tx, conversation)

    def _is_for_person(self, conversation: str, message: OpenMessage) -> bool:
        """It was written before the one that brought a person, and is read by them."""
        if message.reading is not None or message.asked:
            return False
        if self._people.now(conversation).holder == "bot":
            return False
        with self._database.write() as tx:
            if self._people.holder(tx, conversation) == "bot":
                return False
            if self._messages.mark_answered(tx, message.id):
                self._people.customer_wrote(tx, conversation)
            return True

    async def _answer(self, conversation: str, message: OpenMessage) -> None:
        again, told, attempt = message.asked, False, 0
        while True:
            try:
                reply = await self._ask(conversation, message, again)
                break
            except BrainAway:
                if not told:
                    told = True
                    await self._tell_away(conversation, message)
                await asyncio.sleep(_WAITS[min(attempt, len(_WAITS) - 1)])
                again, attempt = True, attempt + 1
            except BrainFailed:
                reply = Reply([self._wording.problem("unexpected")])
                break
        await to_thread.run_sync(self._store, conversation, message, reply)
        self._hub.wake(conversation)

    async def _ask(self, conversation: str, message: OpenMessage, again: bool) -> Reply:
        prepared = await to_thread.run_sync(self._prepare, conversation, message)
        reading = prepared.reading
        if (
            reading is None
            and is_free_text_wanted(prepared.expects)
            and not await self._detours.is_detour(prepared.redacted, prepared.expects, self._brain)
        ):
            reading = await to_thread.run_sync(self._keep_value, conversation, message.text)
        text = "" if reading is not None else prepared.redacted.text
        await to_thread.run_sync(self._mark_asked, message.id)
        turn = str(message.id)
        reply = await self._brain.turn(conversation, turn, text=text, reading=reading, again=again)
        if reply.answered_before:
            # Its answer was lost with the process that carried it: say where we are instead.
            log.info("turn resumed", conversation=conversation, turn=turn)
            reply = await self._brain.turn(conversation, f"{turn}-resumed", reading=RESUME)
        return reply

    def _prepare(self, conversation: str, message: OpenMessage) -> _Prepared:
        with self._database.write() as tx:
            if message.reading is not None:
                return _Prepared(message.reading, Redacted("", ()), None)
            redacted = self._kept.redact(tx, conversation, message.text)
            expects = self._messages.expected(tx, conversation, message.id)
        reading = None
        token = redacted.only_token
        if token is not None and not is_free_text_wanted(expects):
            entity = "reference" if token.startswith("reference") else "contact"
            reading = Reading("inform", {entity: token})
        elif redacted.only_code and not is_free_text_wanted(expects):
            reading = Reading("inform", {"code": "none"})
        return _Prepared(reading, redacted, expects)

    def _keep_value(self, conversation: str, text: str) -> Reading:
        with self._database.write() as tx:
            return Reading("inform", {"value": self._kept.keep(tx, conversation, "value", text)})

    def _mark_asked(self, message: int) -> None:
        with self._database.write() as tx:
            self._messages.mark_asked(tx, message)

    def _store(self, conversation: str, message: OpenMessage, reply: Reply) -> None:
        utterances = list(reply.utterances)
        if not any(said.text or said.buttons for said in utterances):
            log.error("rasa said nothing", conversation=conversation, turn=str(message.id))
            utterances = [self._wording.problem("unexpected")]
        with self._database.write() as tx:
            if self._messages.mark_answered(tx, message.id):
                if self._people.divert(tx, conversation, utterances):
                    return
                self._messages.add_said(tx, conversation, utterances, turn=message.id)
                if not any(said.custom.get("misunderstood") for said in utterances):
                    self._messages.mark_understood(tx, conversation)

    async def _tell_away(self, conversation: str, message: OpenMessage) -> None:
        log.warning("rasa away", conversation=conversation, turn=str(message.id))

        def store() -> None:
            with self._database.write() as tx:
                self._messages.add_said(
                    tx,
                    conversation,
                    [self._wording.problem("assistant_away")],
                    author="notice",
                    turn=message.id,
                )

        await to_thread.run_sync(store)
        self._hub.wake(conversation)

"""The one way into a conversation, used by the page and by the JSON API alike: limits first, then the house."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread
import structlog
from starlette.requests import Request

from privacy.errors import ConversationGone, MessageEmpty, MessageTooLong, TooManyMessages
from privacy.settings import Settings
from web.chat.port import Accepted, Conversations, HolderNow, Message, Move, Opened
from web.problems import DoorProblem, Malformed
from web.rate_limits import Rate, RateLimit, client_address
from web.server_sent_events import close

log = structlog.get_logger()

CHANNEL = "web"
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Limits:
    """What one person may send (security.md S-50)."""

    message_characters: int = 2_000
    body_bytes: int = 50_000
    per_session: Rate = Rate(burst=20, per_second=1)
    per_address: Rate = Rate(burst=300, per_second=20)  # a whole office may share one
    openings_per_address: Rate = Rate(burst=120, per_second=2)
    streams_per_conversation: int = 8


class TooFast(TooManyMessages):
    """Too many messages, with the seconds until the next may come."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many messages")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Session:
    """A live conversation and the token that opened it."""

    conversation: str
    token: str


class Talk:
    """Opens conversations, lets people into theirs, and passes on what they say."""

    def __init__(self, conversations: Conversations, settings: Settings, limits: Limits) -> None:
        self.conversations = conversations
        self.limits = limits
        self._proxies = settings.trusted_proxies
        self._sessions = RateLimit(limits.per_session)
        self._addresses = RateLimit(limits.per_address)
        self._openings = RateLimit(limits.openings_per_address)

    async def open(self, request: Request, language: str) -> Session:
        """A new conversation for this browser. Raises TooFast."""
        self._take(self._openings, client_address(request, self._proxies))
        opened: Opened = await anyio.to_thread.run_sync(self.conversations.open, CHANNEL, language)
        return Session(opened.conversation, opened.token)

    async def enter(self, request: Request, token: str, client_id: str = "") -> Session:
        """The session that a token opens, or that this very message has already renewed.

        Raises ConversationGone, TooFast.
        """
        if token:
            conversation = await anyio.to_thread.run_sync(self.conversations.enter, token)
            if conversation is None and _CLIENT_ID.fullmatch(client_id):
                conversation = await anyio.to_thread.run_sync(
                    self.conversations.repeating, token, client_id
                )
            if conversation is not None:
                return Session(conversation, token)
            log.warning("session not known", channel=CHANNEL)
            self._take(self._addresses, client_address(request, self._proxies))
        raise ConversationGone("no live session for this token")

    async def offer_move(self, session: Session) -> Move:
        """A key with which another device goes on. Raises ConversationGone."""
        move = await anyio.to_thread.run_sync(self.conversations.offer_move, session.token)
        if move is None:
            raise ConversationGone("the session ended")
        return move

    async def take_over(self, request: Request, key: str) -> Session:
        """The conversation of another device, here. Raises TooFast, DoorProblem."""
        self._take(self._addresses, client_address(request, self._proxies))
        self._take(self._openings, client_address(request, self._proxies))
        opened = await self.conversations.take_over(key[:40])
        if opened is None:
            raise DoorProblem("move_key_wrong")
        return Session(opened.conversation, opened.token)

    async def end(self, token: str) -> None:
        """Close the session of a token, so that whoever sits here next cannot go on with it."""
        if token:
            await anyio.to_thread.run_sync(self.conversations.end, token)

    async def say(self, request: Request, session: Session, text: str, client_id: str) -> Accepted:
        """Pass on a message. Raises what the house raises, MessageEmpty, MessageTooLong, TooFast, Malformed."""
        text = clean(text)
        if not text:
            raise MessageEmpty("nothing to read")
        if len(text) > self.limits.message_characters:
            raise MessageTooLong("over the limit of the door")
        self._admit(request, session, client_id)
        return await self.conversations.accept(session.conversation, session.token, text, client_id)

    async def choose(
        self, request: Request, session: Session, choice_id: str, client_id: str
    ) -> Accepted:
        """Pass on a pressed quick reply. Raises what the house raises, TooFast, Malformed."""
        if not 1 <= len(choice_id) <= 200:
            raise Malformed("choice_id")
        self._admit(request, session, client_id)
        return await self.conversations.choose(
            session.conversation, session.token, choice_id, client_id
        )

    async def history(self, session: Session, after: int = 0) -> Sequence[Message]:
        """What was said after a message: the next part of it, where it is long."""
        return await anyio.to_thread.run_sync(
            self.conversations.history, session.conversation, after
        )

    async def whole_history(self, session: Session) -> Sequence[Message]:
        """Everything said."""
        said: list[Message] = []
        while part := await self.history(session, said[-1].id if said else 0):
            said.extend(part)
        return said

    async def is_thinking(self, session: Session) -> bool:
        """Whether an answer is on its way."""
        return await anyio.to_thread.run_sync(self.conversations.is_thinking, session.conversation)

    async def holder(self, session: Session) -> HolderNow:
        """Who holds the conversation."""
        return await anyio.to_thread.run_sync(self.conversations.holder, session.conversation)

    async def wait_for_answer(self, session: Session, after: int, seconds: float) -> None:
        """Give the bot a moment, for pages that cannot update themselves: until all of its answer is there."""
        if not await self.is_thinking(session):
            return
        events = self.conversations.stream(session.conversation, session.token, after)
        with anyio.move_on_after(seconds):
            async for event in events:
                if event.kind == "closed" or not await self.is_thinking(session):
                    break
        await close(events)

    def _admit(self, request: Request, session: Session, client_id: str) -> None:
        read_client_id({"client_id": client_id})
        self._take(self._addresses, client_address(request, self._proxies))
        self._take(self._sessions, session.conversation)

    @staticmethod
    def _take(limit: RateLimit, key: str) -> None:
        if wait := limit.take(key):
            raise TooFast(wait)


def read_client_id(fields: Mapping[str, str]) -> str:
    """The id that the client gave to what it sends, so that sending twice acts once. Raises Malformed."""
    client_id = fields.get("client_id", "")
    if not _CLIENT_ID.fullmatch(client_id):
        raise Malformed("client_id")
    return client_id


def clean(text: str) -> str:
    """What a person can mean: newlines as one character, no control characters, no broken surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", text).strip()

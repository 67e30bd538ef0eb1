"""The live stream of an open desk: says which part of the page is out of date, never what is in it.

The page then asks for that part like any other page, through the same gate. While the stream is open its agent is there;
it looks again at the session, and ends with it.

A change of the queue is told to one desk after the other: some see it at once and everybody soon, but never do all of them
ask for their page in the same moment. A change of the open conversation is told at once.
"""

import json
import random
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from privacy.agents.roles import Act, is_permitted
from privacy.agents.sessions import SignedIn
from privacy.clock import Clock
from privacy.desk.desk import Desk
from privacy.desk.pulse import QUEUE
from web.desk.gate import Gate, Visit
from web.problems import DoorProblem
from web.server_sent_events import ServerSentEvents

BEAT: Final = 5.0
_AGAIN: Final = 20.0
"""Seconds after which it looks again whether the session lasts, and says again that its agent is there."""
MOST_OF_ONE_AGENT: Final = 12
_TOLD_EACH_SECOND: Final = 30
"""Desks that hear of a change of the queue in one second: each then asks for that part of its page."""


class DeskStream:
    """Handler of `/live`."""

    def __init__(self, desk: Desk, gate: Gate, clock: Clock) -> None:
        self._desk = desk
        self._gate = gate
        self._clock = clock
        self._open: dict[str, int] = {}
        self._stopping = False

    async def show(self, request: Request) -> Response:
        """GET /live?conversation=…"""
        visit = await self._gate.visit(request)
        who = visit.agent.id
        if self._open.get(who, 0) >= MOST_OF_ONE_AGENT:
            raise DoorProblem("desk_too_fast")
        self._open[who] = self._open.get(who, 0) + 1
        key = request.query_params.get("conversation", "")[:80]
        return ServerSentEvents(self._events(visit, key), self._end_of(who))

    def close(self) -> None:
        """Let every stream end, as before a stop."""
        self._stopping = True
        self._desk.hub.wake(QUEUE)

    async def _events(self, visit: Visit, conversation: str) -> AsyncGenerator[str]:
        desk, who = self._desk, visit.agent
        reads = bool(conversation) and is_permitted(who.role, Act.READ_CONVERSATIONS)
        topics = (QUEUE, conversation) if reads else (QUEUE,)
        with desk.hub.listening(*topics) as listener:
            queue = desk.pulse.of_queue(who.id)
            case = await self._stamp(conversation, who.id) if reads else ()
            be_there_at, look_at = 0.0, time.monotonic() + BEAT
            tell_at: float | None = None
            yield _event("open", {})
            while not self._stopping:
                now = time.monotonic()
                if now >= be_there_at:
                    be_there_at = now + _AGAIN
                    there = await to_thread.run_sync(
                        self._be_there, visit, conversation if reads else ""
                    )
                    if there is None:
                        yield _event("closed", {})
                        return
                    left = (there.ends_at - self._clock.now()).total_seconds()
                    yield _event("session", {"seconds": int(left)})
                next_at = look_at if tell_at is None else min(look_at, tell_at)
                woken = await listener.changed(max(0.0, next_at - time.monotonic()))
                now = time.monotonic()
                if tell_at is None and desk.pulse.of_queue(who.id) != queue:
                    tell_at = now + self._turn()
                if tell_at is not None and now >= tell_at:
                    tell_at, queue = None, desk.pulse.of_queue(who.id)
                    yield _event("queue", {})
                if conversation in woken or now >= look_at:
                    look_at = now + BEAT
                    if reads and (stamp := await self._stamp(conversation, who.id)) != case:
                        case = stamp
                        yield _event("conversation", {})

    def _turn(self) -> float:
        """Seconds until one desk of all that are open is told: none where it is the only one."""
        desks = sum(self._open.values()) - 1
        return random.uniform(0, desks / _TOLD_EACH_SECOND)

    def _be_there(self, visit: Visit, conversation: str) -> SignedIn | None:
        found = self._desk.sessions.enter(visit.token, by_itself=True)
        if found is None:
            return None
        if not found.is_paused:
            self._desk.presence.be_here(found.agent)
        if conversation and is_permitted(found.agent.role, Act.CLAIM):
            self._desk.presence.look_at(found.agent, conversation)
        return found

    async def _stamp(self, conversation: str, who: str) -> tuple[object, ...]:
        return await to_thread.run_sync(self._desk.pulse.of_conversation, conversation, who)

    def _end_of(self, who: str) -> Callable[[], None]:
        def end() -> None:
            self._open[who] -= 1
            if self._open[who] <= 0:
                del self._open[who]

        return end


def _event(kind: str, data: dict[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"

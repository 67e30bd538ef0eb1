"""The live stream of an open desk: says which part of the page is out of date, never what is in it.

The page then asks for that part like any other page, through the same gate. While the stream is open its agent is there;
it looks again at the session, and ends with it.
"""

import json
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
            queue = desk.pulse.queue
            case = await self._stamp(conversation, who.id) if reads else ()
            waited = _AGAIN
            yield _event("open", {})
            while not self._stopping:
                if waited >= _AGAIN:
                    waited = 0.0
                    there = await to_thread.run_sync(
                        self._be_there, visit, conversation if reads else ""
                    )
                    if there is None:
                        yield _event("closed", {})
                        return
                    left = (there.ends_at - self._clock.now()).total_seconds()
                    yield _event("session", {"seconds": int(left)})
                woken = await listener.changed(BEAT)
                waited += BEAT
                if desk.pulse.queue != queue:
                    queue = desk.pulse.queue
                    yield _event("queue", {})
                if reads and (conversation in woken or not woken):
                    now = await self._stamp(conversation, who.id)
                    if now != case:
                        case = now
                        yield _event("conversation", {})

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

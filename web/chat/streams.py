"""Opens event streams, and keeps count: one conversation may not hold more than a few at once."""

from collections import Counter

from starlette.requests import Request

from web.chat import wording
from web.chat.event_stream import EventStream
from web.chat.parts import OwnPages
from web.chat.talk import Session, Talk
from web.problems import DoorProblem, Malformed


class Streams:
    """All open event streams of this process."""

    def __init__(self, talk: Talk, origin: str) -> None:
        self._talk = talk
        self._origin = origin
        self._open: Counter[str] = Counter()

    def start(self, request: Request, session: Session) -> EventStream:
        """A stream that goes on after the last event the client saw. Raises DoorProblem, Malformed."""
        after = last_seen(request)
        if self._open[session.conversation] >= self._talk.limits.streams_per_conversation:
            raise DoorProblem("too_many_streams")
        self._open[session.conversation] += 1
        events = self._talk.conversations.stream(session.conversation, session.token, after)
        language = wording.preferred(request.headers.get("accept-language", ""))
        own_pages = OwnPages(self._origin, language)
        return EventStream(events, lambda: self._end(session.conversation), own_pages)

    def _end(self, conversation: str) -> None:
        self._open[conversation] -= 1
        if self._open[conversation] <= 0:
            del self._open[conversation]


def last_seen(request: Request) -> int:
    """The id after which the client wants to hear: `Last-Event-ID`, else `?after=`. Raises Malformed."""
    told = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not (told.isascii() and told.isdigit() and len(told) <= 18):
        raise Malformed("after")
    return int(told)

"""Who stands before the pages of a request: the browser's conversation, whether a form is ours, how fast they go."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from privacy.errors import ConversationGone
from privacy.settings import Settings
from web.bodies import read_form
from web.chat import session_cookie as cookie
from web.chat.own_forms import check_form
from web.chat.talk import Session, Talk, TooFast, read_client_id
from web.rate_limits import Rate, RateLimit, client_address


@dataclass(frozen=True)
class PageLimits:
    """How fast these pages may be asked for (security.md S-50)."""

    body_bytes: int = 8_000
    looks_per_session: Rate = Rate(burst=60, per_second=1)
    acts_per_session: Rate = Rate(burst=20, per_second=0.2)
    acts_per_address: Rate = Rate(burst=200, per_second=5)  # a whole office may share one


class Gate:
    """Lets people in, one request at a time."""

    def __init__(self, talk: Talk, settings: Settings, limits: PageLimits) -> None:
        self._talk = talk
        self._settings = settings
        self._limits = limits
        self._looks = RateLimit(limits.looks_per_session)
        self._acts = RateLimit(limits.acts_per_session)
        self._addresses = RateLimit(limits.acts_per_address)

    async def looking(self, request: Request) -> Session | None:
        """Whose page this is; None where this browser has no live conversation. Raises TooFast."""
        token = cookie.token_in(request)
        if not token:
            return None
        try:
            session = await self._talk.enter(request, token)
        except ConversationGone:
            return None
        _take(self._looks, session.conversation)
        return session

    async def read(self, request: Request) -> Mapping[str, str]:
        """The fields of a form, whoever made it. Raises Malformed, MessageTooLong."""
        return await read_form(request, self._limits.body_bytes)

    async def acting(self, request: Request, fields: Mapping[str, str]) -> tuple[Session, str]:
        """Who pressed a button of ours, and the id of that press.

        Raises DoorProblem, Malformed, TooFast, ConversationGone.
        """
        turn = self._press(request, fields)
        session = await self._talk.enter(request, cookie.token_in(request))
        _take(self._acts, session.conversation)
        return session, turn

    async def beginning(
        self, request: Request, fields: Mapping[str, str], language: str
    ) -> tuple[Session, str, bool]:
        """The same for somebody who may have no conversation yet: then one is opened, which the third value tells.

        Raises DoorProblem, Malformed, TooFast.
        """
        try:
            session, turn = await self.acting(request, fields)
            return session, turn, False
        except ConversationGone:
            opened = await self._talk.open(request, language)
            return opened, read_client_id(fields), True

    def stranger(self, request: Request, fields: Mapping[str, str]) -> None:
        """A press of somebody who needs no conversation. Raises DoorProblem, TooFast."""
        check_form(request, fields, self._settings.origin)
        _take(self._addresses, client_address(request, self._settings.trusted_proxies))

    def _press(self, request: Request, fields: Mapping[str, str]) -> str:
        self.stranger(request, fields)
        return read_client_id(fields)


def _take(limit: RateLimit, key: str) -> None:
    if wait := limit.take(key):
        raise TooFast(wait)

"""Who is at the desk's door, and whether they may: asked by every page before anything else (S-23, S-41).

A page is for whoever is signed in; a form besides for this very session, from our own pages, and for a role that includes
its act. What a page asks for by itself (`X-By-Itself`) keeps no session alive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread
from starlette.requests import Request

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, check_permitted, is_permitted
from privacy.agents.sessions import AgentSessions
from privacy.settings import Settings
from web.bodies import read_form
from web.desk import cookies
from web.form_tokens import is_form_token
from web.problems import DoorProblem
from web.rate_limits import Rate, RateLimit, client_address
from web.security import comes_from_elsewhere

BODY_BYTES = 60_000
_SIGN_INS = Rate(burst=20, per_second=0.2)


class NotSignedIn(Exception):
    """Nobody is signed in here, or not any more."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A call of somebody who is signed in."""

    agent: Agent
    token: str
    ends_at: datetime
    is_paused: bool

    def may(self, act: str) -> bool:
        """For templates: what is not allowed is not offered."""
        return is_permitted(self.agent.role, Act(act))


class Gate:
    """Lets people in."""

    def __init__(self, sessions: AgentSessions, settings: Settings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._addresses = RateLimit(_SIGN_INS)

    async def visit(self, request: Request, act: Act | None = None) -> Visit:
        """Who calls. Raises NotSignedIn, NotAllowed."""
        token = cookies.token_in(request)
        by_itself = "x-by-itself" in request.headers
        found = await to_thread.run_sync(lambda: self._sessions.enter(token, by_itself=by_itself))
        if found is None:
            raise NotSignedIn
        if act is not None:
            check_permitted(found.agent.role, act)
        return Visit(found.agent, token, found.ends_at, found.is_paused)

    async def form(
        self, request: Request, act: Act | None = None
    ) -> tuple[Visit, Mapping[str, str]]:
        """Who sent a form, and its fields. Raises NotSignedIn, NotAllowed, DoorProblem, Malformed."""
        visit = await self.visit(request, act)
        fields = await read_form(request, BODY_BYTES)
        if comes_from_elsewhere(request, self._settings.desk_origin):
            raise DoorProblem("page_out_of_date")
        if not is_form_token(fields.get("form_token", ""), visit.token):
            raise DoorProblem("page_out_of_date")
        return visit, fields

    async def stranger_form(self, request: Request) -> Mapping[str, str]:
        """The fields of a form for somebody who is not signed in yet. Raises DoorProblem, Malformed."""
        self.knock(request)
        fields = await read_form(request, BODY_BYTES)
        if comes_from_elsewhere(request, self._settings.desk_origin):
            raise DoorProblem("page_out_of_date")
        return fields

    def knock(self, request: Request) -> None:
        """Count a try to get in from this address. Raises DoorProblem."""
        if self._addresses.take(client_address(request, self._settings.trusted_proxies)):
            raise DoorProblem("desk_too_fast")

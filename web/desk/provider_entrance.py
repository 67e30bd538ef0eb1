"""Signing in with the company's own sign-in: there and back."""

import structlog
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from privacy.agents.admission import Admission
from privacy.agents.errors import ProviderAway, ProviderFailed
from privacy.agents.provider.provider import WAY_WITHIN, Provider
from privacy.agents.sessions import AgentSessions
from privacy.errors import Problem
from privacy.settings import Settings
from web.desk import cookies
from web.desk.gate import Gate
from web.desk.screens import Screens

_COOKIE = "vera_desk_way"
_PATH = "/sign-in/provider"

log = structlog.get_logger("vera.desk")


class ProviderEntrance:
    """Handlers of `/sign-in/provider`."""

    def __init__(
        self,
        provider: Provider,
        admission: Admission,
        sessions: AgentSessions,
        gate: Gate,
        screens: Screens,
        settings: Settings,
    ) -> None:
        self._provider = provider
        self._admission = admission
        self._sessions = sessions
        self._gate = gate
        self._screens = screens
        self._settings = settings

    async def begin(self, request: Request) -> Response:
        """GET /sign-in/provider: to the company's sign-in."""
        try:
            self._gate.knock(request)
            way = await self._provider.begin()
        except Problem as problem:
            return self._told(request, problem)
        response = RedirectResponse(way.address, 303)
        response.set_cookie(
            _COOKIE,
            way.sealed,
            max_age=int(WAY_WITHIN.total_seconds()),
            path=_PATH,
            httponly=True,
            samesite="lax",
            secure=self._settings.secure_cookies,
        )
        return response

    async def back(self, request: Request) -> Response:
        """GET /sign-in/provider/back: from there, with a code."""
        try:
            self._gate.knock(request)
            arrival = await self._provider.finish(
                request.cookies.get(_COOKIE, ""), request.query_params
            )
            agent = await to_thread.run_sync(self._admission.admit, arrival)
        except Problem as problem:
            return self._told(request, problem)
        token = await to_thread.run_sync(self._sessions.open, agent, "provider")
        response = RedirectResponse("/", 303)
        response.delete_cookie(_COOKIE, path=_PATH)
        cookies.keep(response, token, self._settings.secure_cookies)
        return response

    def _told(self, request: Request, problem: Problem) -> Response:
        if isinstance(problem, (ProviderAway, ProviderFailed)):
            log.warning("nobody came from the company's sign-in", reason=str(problem))
        response = self._screens.plain(request, "sign_in.html", problem=problem, login="")
        response.delete_cookie(_COOKIE, path=_PATH)
        return response


def provider_routes(entrance: ProviderEntrance) -> list[Route]:
    """Where the handlers answer."""
    return [
        Route(_PATH, entrance.begin, methods=["GET"]),
        Route(f"{_PATH}/back", entrance.back, methods=["GET"]),
    ]

"""The agents' desk as one Starlette application, on a port of its own inside the company."""

from collections.abc import Sequence

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from privacy.clock import Clock
from privacy.desk.desk import Desk
from privacy.errors import Problem
from privacy.settings import Settings
from web import static_files
from web.desk import cookies
from web.desk.conversations import ConversationPages
from web.desk.entrance import Entrance
from web.desk.gate import Gate, NotSignedIn
from web.desk.moments import Moments
from web.desk.saved_reply_pages import SavedReplyPages
from web.desk.screens import Screens
from web.desk.stream import DeskStream
from web.failures import CalmFailures
from web.problems import DoorProblem
from web.security import SecurityHeaders

_OF_STATUS = {404: "not_found", 405: "method_not_allowed"}


class DeskDoor:
    """The desk's door: its application, and the streams to end before a stop."""

    def __init__(
        self, desk: Desk, settings: Settings, clock: Clock, more: Sequence[BaseRoute] = ()
    ) -> None:
        """`more`: further routes of this port, such as its health."""
        self._desk = desk
        self._settings = settings
        version = static_files.version_of()
        self.gate = Gate(desk.sessions, settings)
        self.screens = Screens(settings, Moments(clock, settings.zone), version)
        self._stream = DeskStream(desk, self.gate, clock)
        pages = ConversationPages(desk, self.gate, self.screens, clock, settings.company_name)
        self.app = Starlette(
            routes=[
                Route("/", self._home),
                *self._entrance(),
                *_conversations(pages),
                *_saved_replies(SavedReplyPages(desk, self.gate, self.screens)),
                Route("/live", self._stream.show),
                Route("/presence", self._pause, methods=["POST"]),
                static_files.static_mount(version),
                *more,
            ],
            middleware=[
                Middleware(
                    SecurityHeaders, frame_ancestors=None, https_only=settings.secure_cookies
                ),
                Middleware(CalmFailures, answer=self._on_failure),
            ],
            exception_handlers={
                Problem: self._on_problem,
                NotSignedIn: self._on_stranger,
                HTTPException: self._on_http,
            },
        )

    def add(self, routes: Sequence[BaseRoute]) -> None:
        """Further pages behind the same gate."""
        self.app.router.routes.extend(routes)

    def close_streams(self) -> None:
        """Let every stream end, as before a stop."""
        self._stream.close()

    def _entrance(self) -> list[Route]:
        entrance = Entrance(self._desk, self.gate, self.screens, self._settings)
        return [
            Route("/sign-in", entrance.show, methods=["GET"]),
            Route("/sign-in", entrance.sign_in, methods=["POST"]),
            Route("/set-up", entrance.show_set_up, methods=["GET"]),
            Route("/set-up", entrance.set_up, methods=["POST"]),
            Route("/sign-out", entrance.sign_out, methods=["POST"]),
        ]

    async def _home(self, request: Request) -> Response:
        visit = await self.gate.visit(request)
        return RedirectResponse(
            "/conversations" if visit.may("read_conversations") else "/figures", 303
        )

    async def _pause(self, request: Request) -> Response:
        """POST /presence: take new conversations, or none for a while."""
        visit, fields = await self.gate.form(request)
        paused = fields.get("paused") == "yes"

        def change() -> None:
            self._desk.sessions.pause(visit.token, paused)
            if paused:
                self._desk.presence.leave(visit.agent)
            else:
                self._desk.presence.be_here(visit.agent)

        await to_thread.run_sync(change)
        return RedirectResponse("/conversations", 303)

    async def _on_stranger(self, request: Request, _error: Exception) -> Response:
        """Whoever is not signed in is shown the way in; a script hears it by the status."""
        if "x-by-itself" in request.headers or request.url.path == "/live":
            return Response(status_code=401)
        ended = "?ended=1" if cookies.token_in(request) else ""
        return RedirectResponse(f"/sign-in{ended}", 303)

    async def _on_problem(self, request: Request, error: Exception) -> Response:
        problem = error if isinstance(error, Problem) else Problem()
        return await self._told(request, problem)

    async def _on_http(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        response = await self._told(request, DoorProblem(_OF_STATUS.get(status, "malformed")))
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def _on_failure(self, request: Request, incident: str) -> Response:
        return self.screens.told(request, None, Problem(), incident)

    async def _told(self, request: Request, problem: Problem) -> Response:
        try:
            visit = await self.gate.visit(request)
        except (NotSignedIn, Problem):
            visit = None
        return self.screens.told(request, visit, problem)


def _conversations(pages: ConversationPages) -> list[Route]:
    one = "/conversations/{conversation}"
    verbs = {
        "claim": pages.claim, "release": pages.release, "hand-back": pages.hand_back, "assign": pages.assign,
        "snooze": pages.snooze, "reply": pages.reply, "draft": pages.draft, "reveal": pages.reveal,
    }  # fmt: skip
    return [
        Route("/conversations", pages.show),
        Route(one, pages.show),
        *(Route(f"{one}/{name}", verb, methods=["POST"]) for name, verb in verbs.items()),
    ]


def _saved_replies(pages: SavedReplyPages) -> list[Route]:
    return [
        Route("/saved-replies", pages.show, methods=["GET"]),
        Route("/saved-replies", pages.save, methods=["POST"]),
        Route("/saved-replies/remove", pages.remove, methods=["POST"]),
    ]

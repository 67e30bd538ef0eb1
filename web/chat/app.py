"""The public chat as one Starlette application: the page, the JSON API, the widget's script."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from privacy.errors import Problem
from privacy.settings import Settings
from web import static_files
from web.chat.api import Api
from web.chat.moving import Moving
from web.chat.page import Page, wants_json
from web.chat.port import Conversations, Say
from web.chat.problems import Problems
from web.chat.requests.gate import Gate, PageLimits
from web.chat.requests.port import Requests
from web.chat.requests.routes import request_routes
from web.chat.streams import Streams
from web.chat.talk import Limits, Talk
from web.failures import CalmFailures
from web.problems import DoorProblem
from web.security import SecurityHeaders

_OF_STATUS = {404: "not_found", 405: "method_not_allowed"}


def create_app(
    conversations: Conversations,
    settings: Settings,
    say: Say,
    limits: Limits | None = None,
    requests: Requests | None = None,
    page_limits: PageLimits | None = None,
) -> Starlette:
    """Build the chat's door.

    `say(code, language)` gives the words for a problem of `privacy.errors`. Without `requests` there are no pages of
    requests.
    """
    version = static_files.version_of()
    talk = Talk(conversations, settings, limits or Limits())
    streams = Streams(talk, settings.origin)
    problems = Problems(say)
    page = Page(talk, streams, settings, problems, version)
    moving = Moving(talk, page, problems, settings)
    api = Api(talk, streams, settings, version)

    gate = Gate(talk, settings, page_limits or PageLimits())
    of_requests = request_routes(requests, gate, page.frame, problems, settings) if requests else []

    async def on_problem(request: Request, error: Exception) -> Response:
        problem = error if isinstance(error, Problem) else Problem()
        if wants_json(request):
            return problems.as_json(problem, page.language(request))
        return await page.failed(request, problem)

    async def on_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        response = await on_problem(request, DoorProblem(_OF_STATUS.get(status, "malformed")))
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def on_failure(request: Request, incident: str) -> Response:
        if wants_json(request):
            return problems.json(
                "unexpected", page.language(request), instance=f"urn:vera:incident:{incident}"
            )
        return await page.failed(request, Problem(), incident)

    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type", "Last-Event-ID"),
        expose_headers=("Retry-After",),
    )
    return Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse("/chat"), name="home"),
            Route("/chat", page.show),
            Route("/chat/messages", page.send, methods=["POST"]),
            Route("/chat/choices", page.choose, methods=["POST"]),
            Route("/chat/new", page.start_new, methods=["POST"]),
            Route("/chat/stream", page.stream),
            Route("/chat/move", moving.offer, methods=["POST"]),
            Route("/chat/continue", moving.show, methods=["GET"]),
            Route("/chat/continue", moving.take_over, methods=["POST"]),
            *of_requests,
            Route("/widget.js", _widget),
            static_files.static_mount(version),
            Mount(
                "/api/v1",
                routes=[
                    Route("/conversations", api.open, methods=["POST"]),
                    Route("/conversations/current/messages", api.history, methods=["GET"]),
                    Route("/conversations/current/messages", api.send, methods=["POST"]),
                    Route("/conversations/current/choices", api.choose, methods=["POST"]),
                    Route("/conversations/current/events", api.events, methods=["GET"]),
                    Route("/openapi.json", api.describe, methods=["GET"]),
                    Route("/docs", api.docs, methods=["GET"]),
                ],
                middleware=[cors],
            ),
        ],
        middleware=[
            Middleware(
                SecurityHeaders,
                frame_ancestors=settings.origins,
                https_only=settings.secure_cookies,
            ),
            Middleware(CalmFailures, answer=on_failure),
        ],
        exception_handlers={Problem: on_problem, HTTPException: on_http},
    )


async def _widget(_request: Request) -> Response:
    """The script that any website adds with one tag; read by other origins, so it may be shared and kept a while."""
    headers = {
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return FileResponse(
        static_files.FOLDER / "widget.js", headers=headers, media_type="text/javascript"
    )

"""The last net of a door: whatever breaks, the person gets calm words and an id, the log gets the class."""

import secrets
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

Answer = Callable[[Request, str], Awaitable[Response]]


class CalmFailures:
    """ASGI middleware around the whole door. `answer` makes the response from the request and the id."""

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            return
        except Exception:
            incident = secrets.token_hex(4)
            route = getattr(scope.get("route"), "path", "")
            log.error(
                "door failed",
                code=incident,
                route=route,
                method=scope["method"],
                status=500,
                exc_info=True,
            )
            if started:
                raise SystemError(f"an answer broke off: {incident}") from None
            response = await self._answer(Request(scope), incident)
            await response(scope, receive, send)

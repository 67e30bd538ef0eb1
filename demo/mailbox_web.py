"""The embedded mailbox's pages: read what arrived, newest first, as text; the same as JSON for tests.

Never renders what a message says as anything but text. The pages only read; text messages come in at the same
port, by the door in mailbox_texts.py.
"""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.mailbox_store import Mail, MailStore
from demo.mailbox_texts import texts_route

HERE = Path(__file__).parent
_MOST_ON_A_PAGE = 200
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def mailbox_app(store: MailStore) -> Starlette:
    """The pages over one store."""
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True)
    page = pages.get_template("mailbox_page.html")

    def index(request: Request) -> Response:
        to = _recipient(request)
        mails = store.newest_first(to, _MOST_ON_A_PAGE)
        count = len(store)
        return HTMLResponse(
            page.render(mails=mails, to=to, recipients=store.recipients(), count=count)
        )

    def messages(request: Request) -> Response:
        found = store.newest_first(_recipient(request))
        return JSONResponse([_as_json(mail) for mail in found])

    def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "messages": len(store)})

    def asset(name: str) -> Route:
        def serve(_request: Request) -> Response:
            return FileResponse(HERE / name)

        return Route(f"/{name}", serve)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/api/messages", messages),
            Route("/health", health),
            texts_route(store),
            asset("mailbox_page.css"),
            asset("mailbox_page.js"),
        ],
        middleware=[
            # A website that points its own name at 127.0.0.1 must not read the codes.
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
            Middleware(_SecurityHeaders),
        ],
    )


def _recipient(request: Request) -> str:
    to = request.query_params.get("to", "")
    # A plus that somebody typed into the address bar arrives as a space.
    return f"+{to[1:]}" if to[:1] == " " and to[1:].isdecimal() else to


def _as_json(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "kind": mail.kind,
        "to": list(mail.to),
        "from": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "received_at": mail.received_at.isoformat(),
        "message_id": mail.message_id,
        "headers": [list(header) for header in mail.headers],
    }


class _SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)

"""The JSON API for companies with their own chat window. Its description is `openapi.yml`; a test keeps them in step.

The token travels in the Authorization header only: no cookie is read here, so no other site can use a visitor's.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from privacy.settings import Settings
from web.bodies import read_json, text_field
from web.chat import wording
from web.chat.parts import OwnPages
from web.chat.port import Accepted
from web.chat.streams import Streams, last_seen
from web.chat.talk import Session, Talk
from web.chat.templating import templates
from web.chat.view import message_view
from web.problems import DoorProblem
from web.security import is_own_origin


@cache
def description() -> dict[str, Any]:
    """The API's description, as it is kept."""
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "openapi.yml").read_text())
    return found


class Api:
    """Handlers of `/api/v1/…`."""

    def __init__(self, talk: Talk, streams: Streams, settings: Settings, version: str) -> None:
        self._talk = talk
        self._streams = streams
        self._settings = settings
        self._version = version
        self._description = {**description(), "servers": [{"url": settings.origin}]}

    async def open(self, request: Request) -> Response:
        """POST /api/v1/conversations"""
        self._check_origin(request)
        fields = await read_json(request, self._talk.limits.body_bytes)
        asked = fields.get("language")
        language = (
            asked
            if isinstance(asked, str) and asked in wording.LANGUAGES
            else self._language(request)
        )
        session = await self._talk.open(request, language)
        own_pages = OwnPages(self._settings.origin, language)
        messages = [message_view(said, own_pages) for said in await self._talk.history(session)]
        return JSONResponse(
            {"token": session.token, "language": language, "messages": messages}, 201
        )

    async def send(self, request: Request) -> Response:
        """POST /api/v1/conversations/current/messages"""
        token, fields = self._token(request), await read_json(request, self._talk.limits.body_bytes)
        text, client_id = text_field(fields, "text"), text_field(fields, "client_id")
        session = await self._talk.enter(request, token, client_id)
        return _accepted(await self._talk.say(request, session, text, client_id))

    async def choose(self, request: Request) -> Response:
        """POST /api/v1/conversations/current/choices"""
        token, fields = self._token(request), await read_json(request, self._talk.limits.body_bytes)
        choice_id, client_id = text_field(fields, "choice_id"), text_field(fields, "client_id")
        session = await self._talk.enter(request, token, client_id)
        return _accepted(await self._talk.choose(request, session, choice_id, client_id))

    async def history(self, request: Request) -> Response:
        """GET /api/v1/conversations/current/messages?after=ID"""
        session = await self._enter(request)
        own_pages = OwnPages(self._settings.origin, self._language(request))
        messages = await self._talk.history(session, last_seen(request))
        return JSONResponse({"messages": [message_view(said, own_pages) for said in messages]})

    async def events(self, request: Request) -> Response:
        """GET /api/v1/conversations/current/events"""
        return self._streams.start(request, await self._enter(request))

    async def describe(self, request: Request) -> Response:
        """GET /api/v1/openapi.json"""
        return JSONResponse(
            self._description, media_type="application/vnd.oai.openapi+json;version=3.1"
        )

    async def docs(self, request: Request) -> Response:
        """GET /api/v1/docs"""
        context = {
            "api": self._description,
            "static": f"/static/{self._version}",
            "company": self._settings.company_name,
        }
        return templates.TemplateResponse(request, "docs.html", context)

    async def _enter(self, request: Request) -> Session:
        return await self._talk.enter(request, self._token(request))

    def _token(self, request: Request) -> str:
        self._check_origin(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise DoorProblem("no_token")
        return token.strip()

    def _check_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is None or origin in self._settings.origins:
            return
        if not is_own_origin(request, origin, self._settings.origin):
            raise DoorProblem("not_acceptable_origin")

    @staticmethod
    def _language(request: Request) -> str:
        return wording.preferred(request.headers.get("accept-language", ""))


def _accepted(accepted: Accepted) -> Response:
    body = {
        "message_id": accepted.message_id,
        "duplicate": accepted.duplicate,
        "token": accepted.new_token,
    }
    return JSONResponse(body, 200 if accepted.duplicate else 201)

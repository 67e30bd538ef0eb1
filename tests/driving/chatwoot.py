"""A Chatwoot that stands still until it is told: an API inbox over real HTTP, written from Chatwoot's published API
(its folder `swagger`, version 4, and the notes of its changes 13573 and 13892 on signed webhooks).

It refuses what the real one refuses: an unknown inbox, contact or conversation (404), a wrong token (401), a field that
is missing or cannot be (422). Webhooks lie in `rung` until a test carries them.
"""

import asyncio
import hashlib
import hmac
import json
import socket
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ACCOUNT, INBOX, INBOX_NUMBER = 3, "7mVtBTqhXUDVbTcCv9cuQXfq", 17
TOKEN, SECRET = "vera's own token", "a webhook secret of the inbox"
VERA, ADA, BEN = 1, 5, 6  # users: ours, and two people
_NAMES = {VERA: "Vera", ADA: "Ada Okoro", BEN: "Ben Ito"}
_STATUSES = ("open", "resolved", "pending", "snoozed")
_LONGEST = 150_000


@dataclass
class Talk:
    """One conversation there."""

    number: int
    source: str
    status: str = "open"
    assignee: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def said(self) -> list[str]:
        """What the customer said, as agents see it."""
        return [one["content"] for one in self.messages if one["message_type"] == 0]

    def notes(self) -> list[str]:
        return [one["content"] for one in self.messages if one["private"]]


class ChatwootStub:
    """One account with one API inbox."""

    def __init__(self) -> None:
        self.contacts: dict[str, str] = {}
        self.talks: dict[int, Talk] = {}
        self.online: set[int] = set()
        self.rung: list[tuple[bytes, dict[str, str]]] = []
        self.calls: list[str] = []
        self.script: deque[int] = deque()
        """Statuses of the next answers, instead of what was asked for."""
        self.lost: set[int] = set()
        """Which calls that change something are done and not answered, counted from 1."""
        self.changes = 0
        self.inbox_number = INBOX_NUMBER
        """In which inbox its agents see every conversation."""
        self._numbers = 100
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def talk(self) -> Talk:
        """The only conversation."""
        [one] = self.talks.values()
        return one

    @asynccontextmanager
    async def open(self) -> AsyncIterator["ChatwootStub"]:
        """Listen while the block lasts; again on the same port when it is opened again."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        server = _Quiet(uvicorn.Config(self._app(), log_config=None, access_log=False))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.sleep(0.005)
        try:
            yield self
        finally:
            server.should_exit = True
            await serving
            listener.close()

    # ---- What people there do --------------------------------------------------------------------------

    def write(
        self, by: int, text: str | None, number: int | None = None, **changes: Any
    ) -> dict[str, Any]:
        """An agent writes, to the customer where nothing else is said."""
        talk = self.talks[number] if number else self.talk
        return self._add(
            talk, {"content": text, "message_type": 1, "sender": self._user(by)} | changes
        )

    def assign(self, to: int | None) -> None:
        self.talk.assignee = to
        self._ring(self._conversation(self.talk) | {"event": "conversation_updated"})

    def set_status(self, talk: Talk, status: str) -> None:
        if talk.status != status:
            talk.status = status
            self._ring(self._conversation(talk) | {"event": "conversation_status_changed"})

    # ---- Its API ---------------------------------------------------------------------------------------

    def _app(self) -> Starlette:
        client = "/public/api/v1/inboxes/{inbox}"
        account = "/api/v1/accounts/{account:int}"
        routes = [
            (f"{client}", "GET", self._inbox),
            (f"{client}/contacts", "POST", self._make_contact),
            (f"{client}/contacts/{{source}}", "GET", self._contact),
            (f"{client}/contacts/{{source}}/conversations", "GET", self._talks_of),
            (f"{client}/contacts/{{source}}/conversations", "POST", self._make_talk),
            ("/api/v1/profile", "GET", self._profile),
            (f"{account}/agents", "GET", self._agents),
            (f"{account}/conversations/{{number:int}}", "GET", self._show),
            (f"{account}/conversations/{{number:int}}/messages", "GET", self._messages),
            (f"{account}/conversations/{{number:int}}/messages", "POST", self._make_message),
            (f"{account}/conversations/{{number:int}}/toggle_status", "POST", self._toggle),
        ]

        def of(handler: Any) -> Any:
            async def answer(request: Request) -> Response:
                return await self._answered(request, handler)

            return answer

        return Starlette(
            routes=[Route(path, of(call), methods=[verb]) for path, verb, call in routes]
        )

    async def _answered(self, request: Request, handler: Any) -> Response:
        self.calls.append(f"{request.method} {request.url.path}")
        if self.script and (status := self.script.popleft()):
            return JSONResponse({"error": "told to"}, status)
        try:
            if request.url.path.startswith("/api/"):
                _demand(request.headers.get("api_access_token") == TOKEN, 401)
                _demand(request.path_params.get("account", ACCOUNT) == ACCOUNT, 404)
            else:
                _demand(request.path_params["inbox"] == INBOX, 404)
            body = await request.json() if request.method == "POST" else {}
            told = handler(request, body)
        except _Refused as refused:
            return JSONResponse({"error": "no"}, refused.status)
        if request.method == "POST":
            self.changes += 1
            if self.changes in self.lost:
                return Response("<html>upstream timed out</html>", 504)
        return JSONResponse(told)

    def _inbox(self, _request: Request, _body: Any) -> Any:
        return {"name": "Vera", "timezone": "UTC", "working_hours": []}

    def _make_contact(self, _request: Request, body: Any) -> Any:
        source = body.get("source_id") or str(uuid.uuid4())
        self.contacts.setdefault(source, body.get("name") or "proud-river-12")
        return {"source_id": source, "name": self.contacts[source], "email": None}

    def _contact(self, request: Request, _body: Any) -> Any:
        source = request.path_params["source"]
        _demand(source in self.contacts, 404)
        return {"source_id": source, "name": self.contacts[source], "email": None}

    def _talks_of(self, request: Request, _body: Any) -> Any:
        source = self._contact(request, {})["source_id"]
        return [self._client_view(talk) for talk in self.talks.values() if talk.source == source]

    def _make_talk(self, request: Request, body: Any) -> Any:
        source = self._contact(request, {})["source_id"]
        number = len(self.talks) + 41
        self.talks[number] = Talk(number, source, attributes=body.get("custom_attributes") or {})
        self._ring(self._conversation(self.talks[number]) | {"event": "conversation_created"})
        return self._client_view(self.talks[number])

    def _profile(self, _request: Request, _body: Any) -> Any:
        return self._user(VERA) | {"accounts": [{"id": ACCOUNT}]}

    def _agents(self, _request: Request, _body: Any) -> Any:
        return [self._user(one) | {"account_id": ACCOUNT, "role": "agent"} for one in _NAMES]

    def _show(self, request: Request, _body: Any) -> Any:
        return self._conversation(self._found(request))

    def _messages(self, request: Request, _body: Any) -> Any:
        talk, after = self._found(request), request.query_params.get("after")
        if after is None:
            return {"meta": {}, "payload": talk.messages[-20:]}
        later = [one for one in talk.messages if one["id"] > int(after)]
        return {"meta": {}, "payload": later[:100]}

    def _make_message(self, request: Request, body: Any) -> Any:
        talk, text = self._found(request), body.get("content")
        _demand(isinstance(text, str) and 0 < len(text) <= _LONGEST, 422)
        _demand(body.get("message_type", "outgoing") in ("incoming", "outgoing"), 422)
        is_in = body.get("message_type") == "incoming"
        sender = {"id": 900, "name": "Customer", "type": "contact"} if is_in else self._user(VERA)
        return self._add(
            talk,
            {
                "content": text,
                "message_type": 0 if is_in else 1,
                "private": bool(body.get("private")),
                "source_id": body.get("source_id"),
                "sender": sender,
            },
        )

    def _toggle(self, request: Request, body: Any) -> Any:
        talk = self._found(request)
        _demand(body.get("status") in _STATUSES, 422)
        self.set_status(talk, body["status"])
        return {"payload": {"success": True, "current_status": talk.status}}

    # ---- Inside ----------------------------------------------------------------------------------------

    def _found(self, request: Request) -> Talk:
        talk = self.talks.get(request.path_params["number"])
        if talk is None:
            raise _Refused(404)
        return talk

    def _add(self, talk: Talk, values: dict[str, Any]) -> dict[str, Any]:
        self._numbers += 7  # numbers are those of all conversations
        made = {
            "id": self._numbers,
            "content": None,
            "conversation_id": talk.number,
            "message_type": 1,
            "content_type": "text",
            "content_attributes": {},
            "private": False,
            "source_id": None,
            "created_at": 1_763_719_200,
        } | values
        talk.messages.append(made)
        if made["message_type"] == 0 and talk.status == "resolved":
            self.set_status(talk, "open")
        kinds = ("incoming", "outgoing", "activity", "template")
        told = made | {
            "event": "message_created",
            "message_type": kinds[made["message_type"]],
            "conversation": self._conversation(talk),
            "account": {"id": ACCOUNT},
        }
        self._ring(told)
        return made

    def _ring(self, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.rung.append((body, {"content-type": "application/json"}))

    @staticmethod
    def signed(body: bytes, at: float, secret: str = SECRET) -> dict[str, str]:
        """The headers of a webhook that was sent at a moment."""
        timestamp = str(int(at))
        made = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
        return {
            "content-type": "application/json",
            "x-chatwoot-delivery": str(uuid.uuid4()),
            "x-chatwoot-timestamp": timestamp,
            "x-chatwoot-signature": f"sha256={made.hexdigest()}",
        }

    def _user(self, number: int) -> dict[str, Any]:
        status = "online" if number in self.online else "offline"
        name = _NAMES[number]
        return {
            "id": number, "name": name, "available_name": name.split()[0], "type": "user", "availability_status": status,
        }  # fmt: skip

    def _conversation(self, talk: Talk) -> dict[str, Any]:
        meta: dict[str, Any] = {"sender": {"id": 900, "name": self.contacts[talk.source]}}
        if talk.assignee is not None:
            meta["assignee"] = self._user(talk.assignee)
        return {
            "id": talk.number,
            "inbox_id": self.inbox_number,
            "status": talk.status,
            "meta": meta,
            "custom_attributes": talk.attributes,
        }

    @staticmethod
    def _client_view(talk: Talk) -> dict[str, Any]:
        return {"id": talk.number, "inbox_id": INBOX_NUMBER, "status": talk.status, "messages": []}


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


def _demand(condition: bool, status: int) -> None:
    if not condition:
        raise _Refused(status)


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield

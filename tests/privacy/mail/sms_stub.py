"""A gateway for text messages that answers on cue, written from the documentation of Twilio's Messages API."""

import asyncio
import base64
import json
import socket
from collections import deque
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ACCOUNT, TOKEN = "AC0123456789abcdef0123456789abcdef", "secret/token"


class SmsStub:
    """Takes text messages. `script`: what the next answers are, as status and error code; empty: 201."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.script: deque[tuple[int, int | None]] = deque()
        self.delay = 0.0
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://{ACCOUNT}:{TOKEN.replace('/', '%2F')}@127.0.0.1:{self.port}"

    async def __aenter__(self) -> "SmsStub":
        place = "/2010-04-01/Accounts/{account}/Messages.json"
        app = Starlette(
            routes=[
                Route(place, self._take, methods=["POST"]),
                Route(place, self._list, methods=["GET"]),
            ]
        )
        self._server = _Quiet(uvicorn.Config(app, log_config=None, access_log=False))
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        async with asyncio.timeout(20):
            while not self._server.started:
                await asyncio.sleep(0.005)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._serving
        self._socket.close()

    async def _take(self, request: Request) -> Response:
        if not self._is_known(request):
            return _error(401, 20003)
        body = (await request.body()).decode()
        form = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
        await asyncio.sleep(self.delay)
        if self.script:
            status, code = self.script.popleft()
            return _error(status, code)
        self.take(form)
        return JSONResponse({"sid": "SM" + "0" * 32, "status": "queued"}, status_code=201)

    def take(self, form: dict[str, str]) -> None:
        self.taken.append(form)

    async def _list(self, request: Request) -> Response:
        self.asked.append(str(request.url.query))
        return JSONResponse({"messages": []}) if self._is_known(request) else _error(401, 20003)

    def _is_known(self, request: Request) -> bool:
        secret = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        account = request.path_params["account"]
        return account == ACCOUNT and request.headers.get("authorization") == f"Basic {secret}"


def _error(status: int, code: int | None) -> Response:
    if code is None:
        return Response("<html>no JSON</html>", status_code=status)
    said: dict[str, Any] = {"code": code, "message": "To +491713920099 is wrong", "status": status}
    return Response(json.dumps(said), status_code=status, media_type="application/json")


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield

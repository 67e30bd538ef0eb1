"""A small customer service with a JSON interface, on a real port: with pages of four kinds, and trouble on
demand."""

import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from privacy.datamap.http_parts import HttpSystem
from privacy.datamap.load import load_datamap
from privacy.systems.http import HttpSystemDoor
from privacy.systems.http.client import Network

MAP = Path(__file__).with_name("http_crm.yml")
TOKEN = "canary-token-17"


class Crm:
    """Its rows, what it was asked, and what goes wrong next."""

    def __init__(self) -> None:
        self.contacts: dict[Any, dict[str, Any]] = {}
        self.notes: dict[int, dict[str, Any]] = {}
        self.orders: dict[int, dict[str, Any]] = {}
        self.lines: dict[int, dict[str, Any]] = {}
        self.invoices: dict[int, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.trouble: list[Response | Callable[[Request], Awaitable[Response]]] = []
        self.filters = True
        self.deletes = True
        self.url = ""

    def fill(self) -> None:
        """Ann with all that belongs to her, and Bob, who is somebody else."""
        for number, name in ((7, "Ann"), (8, "Bob")):
            self.contacts[number] = {
                "id": number,
                "number": f"C{number}",
                "name": name,
                "reach": {"email": f"{name}@Example.com", "phone": f"030 23125 10{number}", "fax": None},
                "address": [{"city": "Berlin", "zip": "10115"}],
                "news": 1,
                "stopped_at": None,
                "changed_at": "2026-01-02T03:04:05Z",
                "created_at": "2019-05-01",
            }  # fmt: skip
            for n in range(5):
                key = number * 100 + n
                self.notes[key] = {"id": key, "contact": number, "text": f"note {n}"}
                self.orders[key] = {
                    "id": key,
                    "contact": number,
                    "at": f"202{n}-06-01T00:00:00Z",
                    "what": "books",
                    "extra": [1],
                }
                self.lines[key] = {"id": key, "order": key, "title": "A book"}
                self.invoices[key] = {"id": key, "contact": number, "day": f"202{n}-06-01", "billing_name": name, "sum": 19.9}  # fmt: skip

    def app(self) -> Starlette:
        async def contacts(request: Request) -> Response:
            query = request.query_params
            rows = list(self.contacts.values())
            if self.filters:
                rows = [
                    r
                    for r in rows
                    if query.get("email", r["reach"]["email"]).lower()
                    == r["reach"]["email"].lower()
                    and query.get("phone", _digits(r)) == _digits(r)
                    and query.get("number", r["number"]) == r["number"]
                ]
            page, size = int(query.get("page", 1)), int(query.get("size", 100))
            return JSONResponse({"data": rows[(page - 1) * size : page * size], "total": len(rows)})

        async def contact(request: Request) -> Response:
            return await self._one(self.contacts, request)

        async def notes(request: Request) -> Response:
            number = _key(request.path_params["key"])
            if number not in self.contacts:
                return JSONResponse({}, 404)
            rows = [r for r in self.notes.values() if r["contact"] == number]
            start = int(request.query_params.get("after", 0))
            then = start + 2 if start + 2 < len(rows) else None
            return JSONResponse({"notes": rows[start : start + 2], "next": then})

        async def orders(request: Request) -> Response:
            rows = self._of(self.orders, "contact", request)
            start = int(request.query_params.get("start", 0))
            links = {}
            if start + 2 < len(rows):
                then = f"{request.url.path}?contact={request.query_params['contact']}&start={start + 2}"
                links = {"Link": f'<{then}>; title="a, b"; rel="next", </first>; rel=first'}
            return JSONResponse(rows[start : start + 2], headers=links)

        async def order(request: Request) -> Response:
            return await self._one(self.orders, request)

        async def lines(request: Request) -> Response:
            number = _key(request.path_params["order"])
            if number not in self.orders:
                return JSONResponse({}, 404)
            return JSONResponse([r for r in self.lines.values() if r["order"] == number])

        async def line(request: Request) -> Response:
            return await self._one(self.lines, request)

        async def invoices(request: Request) -> Response:
            rows = self._of(self.invoices, "contact", request)
            start = int(request.query_params["offset"])
            return JSONResponse({"rows": rows[start : start + 2]})

        async def invoice(request: Request) -> Response:
            return await self._one(self.invoices, request)

        all_methods = ["GET", "PUT", "PATCH", "DELETE"]
        return Starlette(
            routes=[
                Route(path, self._guarded(act), methods=all_methods)
                for path, act in (
                    ("/api/contacts", contacts),
                    ("/api/contacts/{key}", contact),
                    ("/api/contacts/{key}/notes", notes),
                    ("/api/orders", orders),
                    ("/api/orders/{key}", order),
                    ("/api/orders/{order}/lines", lines),
                    ("/api/orders/{order}/lines/{key}", line),
                    ("/api/invoices", invoices),
                    ("/api/invoices/{key}", invoice),
                )
            ]
        )

    def _guarded(
        self, act: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            raw = request.scope["raw_path"].decode()
            query = request.scope["query_string"].decode()
            self.asked.append(f"{request.method} {raw}{'?' + query if query else ''}")
            if body := await request.body():
                self.bodies.append(json.loads(body))
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return JSONResponse({"error": "who are you, ann@example.com"}, 401)
            if self.trouble:
                trouble = self.trouble.pop(0)
                return trouble if isinstance(trouble, Response) else await trouble(request)
            return await act(request)

        return guarded

    def _of(self, rows: dict[int, Any], column: str, request: Request) -> list[Any]:
        wanted = request.query_params[column]
        return [r for r in rows.values() if not self.filters or str(r[column]) == wanted]

    async def _one(self, rows: dict[Any, Any], request: Request) -> Response:
        key = _key(request.path_params["key"])
        if key not in rows:
            return JSONResponse({}, 404)
        if request.method == "DELETE":
            if self.deletes:
                del rows[key]
                if rows is self.contacts:
                    self.notes = {k: n for k, n in self.notes.items() if n["contact"] != key}
            return Response(status_code=204)
        if request.method == "PATCH":
            rows[key] |= await request.json()
        if request.method == "PUT":
            rows[key] = await request.json()
        return JSONResponse(rows[key])


class QuickPace:
    """Real time for connections, but pauses pass at once and are counted."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self._ahead = 0.0

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._ahead += seconds


@contextmanager
def served(app: Any, **options: Any) -> Iterator[int]:
    """The port of a server in a thread of its own."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_config=None, lifespan="off", **options
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)


def described(url: str, folder: Path, **changes: Any) -> HttpSystem:
    """The system of the example map, with some of its settings changed."""
    datamap = load_datamap(MAP, folder, {"CRM_URL": url, "CRM_TOKEN": TOKEN})
    system = datamap.systems["crm"]
    assert isinstance(system, HttpSystem)
    return system.model_copy(update=changes)


def door(system: HttpSystem, pace: QuickPace | None = None, **network: Any) -> HttpSystemDoor:
    return HttpSystemDoor(
        "crm", system, "DE", leading=True, network=Network(pace=pace or QuickPace(), **network)
    )


def _digits(row: dict[str, Any]) -> str:
    return "+49" + "".join(c for c in row["reach"]["phone"] if c.isdigit())[1:]


def _key(text: str) -> int | str:
    return int(text) if text.isdigit() else text

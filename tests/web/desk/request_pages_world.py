"""The real desk over the real house at the sample company, asked without a server: one visitor for each colleague."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, select
from starlette.applications import Starlette

from privacy.agents.accounts import Agent
from privacy.agents.roles import Role
from privacy.clock import FixedClock
from privacy.filing import Filed
from privacy.fulfilment.books import requested
from privacy.store.tables.agents import agent
from privacy.store.tables.fulfilment import task
from tests.privacy.fulfilment.vera_world import VeraWorld
from web.desk.app import DeskDoor
from web.desk.cookies import COOKIE
from web.desk.requests.routes import routes


class DeskHouse(VeraWorld):
    """Vera, the company, and the desk's door."""

    def __init__(self, folder: Path, clock: FixedClock) -> None:
        super().__init__(folder, clock)
        settings = self.vera.settings
        self.door = DeskDoor(self.vera.desk, settings, clock)
        self.door.add(routes(self.vera, self.door.gate, self.door.screens, settings))
        self.origin = settings.desk_origin
        self.cookie = ""

    def ask(self, filed: Filed, kind: str, what: str) -> str:
        """A task of a request, as a course asks it; where its page is."""
        with self.vera.database.write() as tx:
            about = requested.requested(self.keyring, self.row(filed))
            self.vera.fulfilment.tasks.ask(tx, about, key=kind, kind=kind, what=what, system="shop")
            found = select(task.c.id).where(task.c.request == about.request, task.c.key == kind)
            return f"/requests/tasks/{tx.execute(found).scalar_one()}"

    def visitor(self, role: Role, login: str = "") -> "Visitor":
        """Somebody of this role, signed in."""
        who = Agent(
            f"{login or role}-1", login or role, (login or role).capitalize(), role, "active"
        )
        with self.vera.database.write() as tx:
            tx.execute(
                insert(agent).values(
                    id=who.id, login=who.login, name=who.name, role=role.value, state="active", created_at=self.clock.now()
                )
            )  # fmt: skip
        token = self.vera.desk.sessions.open(who, "password")
        return Visitor(Client(self.door.app, self.origin, token), who)


class Client:
    """Calls the application as a browser does, each call for itself; follows nothing."""

    def __init__(self, app: Starlette, origin: str, token: str) -> None:
        self._app = app
        self._origin = origin
        self.token = token
        self._cookies = {"cookie": f"{COOKIE}={token}"}

    def get(self, path: str, params: dict[str, str] | None = None) -> httpx.Response:
        return self._called("GET", path, params=params)

    def post(self, path: str, data: dict[str, Any], files: Any = None) -> httpx.Response:
        return self._called("POST", path, data=data, files=files)

    def _called(self, method: str, path: str, **more: Any) -> httpx.Response:
        with ThreadPoolExecutor(1) as pool:  # a browser beside it has a loop of its own here
            return pool.submit(asyncio.run, self._call(method, path, **more)).result()

    async def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        headers = {**self._cookies, "origin": self._origin}
        async with httpx.AsyncClient(transport=transport, base_url=self._origin) as client:
            return await client.request(method, path, headers=headers, **more)


@dataclass
class Form:
    """One form of a page: where it goes, and what it holds."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Visitor:
    """A colleague's browser without JavaScript."""

    client: Client
    who: Agent

    def get(self, path: str) -> "Seen":
        return Seen(self.client.get(path))

    def press(self, seen: "Seen", action: str, files: Any = None, **filled: str) -> "Seen":
        """Send the first form that goes to an address ending like this, and follow where it leads."""
        form = next(one for one in seen.forms if one.action.endswith(action))
        return self.post(form.action, {**form.fields, **filled}, files)

    def post(self, path: str, fields: dict[str, Any], files: Any = None) -> "Seen":
        answer = self.client.post(path, fields, files)
        if answer.status_code == 303:
            return self.get(answer.headers["location"])
        return Seen(answer)


class Seen:
    """A page as it was answered."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        reader = _Reader()
        reader.feed(response.text)
        self.forms = reader.forms
        self.text = " ".join(" ".join(reader.words).split())
        self.alert = " ".join(" ".join(reader.alert).split())

    @property
    def token(self) -> str:
        """What a form of this session carries."""
        return self.response.text.split('data-form-token="')[1].split('"')[0]

    def offers(self, verb: str) -> bool:
        return any(one.action.endswith(f"/{verb}") for one in self.forms)

    def links(self, like: str) -> list[str]:
        return re.findall(rf'href="({like})"', self.response.text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.alert: list[str] = []
        self._quiet = 0
        self._in_alert = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("script", "style", "dialog"):
            self._quiet += 1
        if named.get("id") == "problem":
            self._in_alert = True
        if tag == "form":
            self.forms.append(Form(named.get("action") or ""))
        name = named.get("name")
        if self.forms and name and tag in ("input", "textarea", "select"):
            if named.get("type") in ("radio", "checkbox"):
                self.forms[-1].choices.setdefault(name, []).append(named.get("value") or "")
            elif named.get("type") != "file":
                self.forms[-1].fields[name] = named.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "dialog"):
            self._quiet -= 1
        if tag == "p":
            self._in_alert = False

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.words.append(data)
            if self._in_alert:
                self.alert.append(data)

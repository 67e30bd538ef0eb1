"""Signing in and out, and setting an account up: password and authenticator."""

from collections.abc import Mapping

import segno
from anyio import to_thread
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.agents import authenticator
from privacy.agents.accounts import Agent, Enrolment
from privacy.agents.errors import PasswordsOff, PasswordWeak
from privacy.desk.desk import Desk
from privacy.errors import Problem
from privacy.settings import Settings
from web.desk import cookies
from web.desk.gate import Gate
from web.desk.screens import Screens


class Entrance:
    """Handlers of `/sign-in`, `/set-up` and `/sign-out`."""

    def __init__(self, desk: Desk, gate: Gate, screens: Screens, settings: Settings) -> None:
        self._accounts = desk.accounts
        self._sessions = desk.sessions
        self._presence = desk.presence
        self._gate = gate
        self._screens = screens
        self._settings = settings

    async def show(self, request: Request) -> Response:
        """GET /sign-in"""
        return self._screens.plain(request, "sign_in.html", ended="ended" in request.query_params)

    async def sign_in(self, request: Request) -> Response:
        """POST /sign-in"""
        login = ""
        try:
            fields = await self._password_form(request)
            login = fields.get("login", "")
            agent = await to_thread.run_sync(
                self._accounts.check, login, fields.get("password", ""), fields.get("code", "")
            )
        except Problem as problem:
            return self._screens.plain(request, "sign_in.html", problem=problem, login=login)
        return await self._let_in(agent)

    async def show_set_up(self, request: Request) -> Response:
        """GET /set-up: the login and the key that `vera agent` printed."""
        return self._screens.plain(request, "set_up.html")

    async def set_up(self, request: Request) -> Response:
        """POST /set-up: first the key, then password and code; the key is typed, never part of an address."""
        login = key = ""
        enrolment: Enrolment | None = None
        try:
            fields = await self._password_form(request)
            login, key = fields.get("login", ""), fields.get("key", "")
            enrolment = await to_thread.run_sync(self._accounts.begin_setup, login, key)
            if "password" not in fields:
                return self._enrol(request, enrolment, key)
            if fields["password"] != fields.get("again", ""):
                raise PasswordWeak("differ")
            agent = await to_thread.run_sync(
                self._accounts.finish_setup, login, key, fields["password"], fields.get("code", "")
            )
        except Problem as problem:
            if enrolment is not None:
                return self._enrol(request, enrolment, key, problem)
            return self._screens.plain(request, "set_up.html", problem=problem, login=login)
        # They have just given password and code: to ask for both again would prove nothing more.
        return await self._let_in(agent)

    async def sign_out(self, request: Request) -> Response:
        """POST /sign-out"""
        visit, _ = await self._gate.form(request)
        await to_thread.run_sync(self._sessions.end, visit.token)
        await to_thread.run_sync(self._presence.leave, visit.agent)
        response = RedirectResponse("/sign-in", 303)
        cookies.drop(response)
        return response

    async def _let_in(self, agent: Agent) -> Response:
        token = await to_thread.run_sync(self._sessions.open, agent, "password")
        response = RedirectResponse("/", 303)
        cookies.keep(response, token, self._settings.secure_cookies)
        return response

    async def _password_form(self, request: Request) -> Mapping[str, str]:
        fields = await self._gate.stranger_form(request)
        if self._settings.oidc_only:
            raise PasswordsOff("the company's own sign-in alone counts")
        return fields

    def _enrol(
        self, request: Request, enrolment: Enrolment, key: str, problem: Problem | None = None
    ) -> Response:
        address = authenticator.address_of(
            enrolment.secret, enrolment.login, self._settings.company_name
        )
        picture = segno.make(address, error="m").svg_inline(
            scale=5, border=2, dark="#000", light="#fff"
        )
        return self._screens.plain(
            request,
            "enrol.html",
            problem=problem,
            login=enrolment.login,
            key=key,
            secret=" ".join(enrolment.secret[n : n + 4] for n in range(0, 32, 4)),
            picture=Markup(picture),
        )

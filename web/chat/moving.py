"""The same conversation on another device: one shows a key, the other one takes it, and the first one is out.

The key is typed and stands in no address; the picture only leads to the page where it is asked for.
"""

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.errors import Problem
from privacy.settings import Settings
from web.bodies import read_form
from web.chat import session_cookie as cookie
from web.chat.own_forms import check_form
from web.chat.page import Page
from web.chat.problems import Problems
from web.chat.talk import Talk
from web.chat.templating import templates
from web.problems import DoorProblem
from web.security import comes_from_elsewhere


class Moving:
    """Handlers of `/chat/move` and `/chat/continue`."""

    def __init__(self, talk: Talk, page: Page, problems: Problems, settings: Settings) -> None:
        self._talk = talk
        self._page = page
        self._problems = problems
        self._settings = settings

    async def offer(self, request: Request) -> Response:
        """POST /chat/move: show a key for the other device."""
        fields = await read_form(request, self._talk.limits.body_bytes)
        check_form(request, fields, self._settings.origin)
        session = await self._talk.enter(request, cookie.token_in(request))
        move = await self._talk.offer_move(session)
        address = f"{self._settings.origin}/chat/continue"
        until = f"{move.until.astimezone(self._settings.zone):%H:%M}"
        picture = segno.make(address, error="m").svg_inline(
            scale=4, border=2, dark="#000", light="#fff"
        )
        frame = self._page.frame(request)
        what = frame["words"]["move_what"].replace("{address}", address).replace("{until}", until)
        context = {**frame, "what": what, "key": move.key, "picture": Markup(picture)}
        return templates.TemplateResponse(request, "move.html", context)

    async def show(self, request: Request) -> Response:
        """GET /chat/continue: ask for the key."""
        return self._ask(request)

    async def take_over(self, request: Request) -> Response:
        """POST /chat/continue"""
        fields = await read_form(request, self._talk.limits.body_bytes)
        if comes_from_elsewhere(request, self._settings.origin):
            raise DoorProblem("page_out_of_date")
        try:
            session = await self._talk.take_over(request, fields.get("key", ""))
        except Problem as problem:
            return self._ask(request, problem)
        response = RedirectResponse("/chat", 303)
        cookie.keep(response, session.token, self._settings.secure_cookies)
        return response

    def _ask(self, request: Request, problem: Problem | None = None) -> Response:
        language = self._page.language(request)
        told = self._problems.words(problem.code, language) if problem else ""
        status = self._problems.status(problem.code) if problem else 200
        context = {**self._page.frame(request), "told": told}
        return templates.TemplateResponse(request, "continue.html", context, status)

"""The chat as a page: works with plain forms; the script only makes it live.

It knows the browser's cookie and the page's words. What is said, and who answers, is not its business.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from privacy.errors import ConversationGone, Problem
from privacy.settings import Settings
from web import form_tokens
from web.bodies import read_form, text_field
from web.chat import session_cookie as cookie
from web.chat import wording
from web.chat.own_forms import check_form
from web.chat.parts import OwnPages
from web.chat.port import Accepted
from web.chat.problems import Problems
from web.chat.streams import Streams
from web.chat.talk import Session, Talk
from web.chat.templating import templates
from web.chat.view import as_page, expected, holder_view, holder_words, live_choices
from web.problems import DoorProblem
from web.security import comes_from_elsewhere

_ANSWER_SECONDS = 6.0  # how long a page without JavaScript waits for the answer before it is shown
_GREETING_SECONDS = 2.0
_SCRIPT_WORDS = (
    "characters_left",
    "code_hint",
    "automated", "author_person", "composer_hint", "holder_agent", "holder_ahead", "holder_away", "holder_next", "holder_one_ahead", "holder_queue", "message_empty", "not_sent_yet", "not_taken", "offline", "talk_to_a_person", "too_long", "typing", "typing_person", "use_digits",
    "use_letters", "waiting",
)  # fmt: skip


class Page:
    """Handlers of `/chat…`."""

    def __init__(
        self, talk: Talk, streams: Streams, settings: Settings, problems: Problems, version: str
    ) -> None:
        self._talk = talk
        self._streams = streams
        self._settings = settings
        self._problems = problems
        self._version = version

    async def show(self, request: Request) -> Response:
        """GET /chat: the conversation so far; the first visit opens one."""
        if request.query_params.get("embedded") == "1":
            return await self._render(request, None)
        if request.method == "HEAD":
            return Response(media_type="text/html")
        token = cookie.token_in(request)
        try:
            session = await self._talk.enter(request, token)
        except ConversationGone as gone:
            return await self._afresh(request, notice=gone.code if token else "")
        return await self._render(request, session)

    async def send(self, request: Request) -> Response:
        """POST /chat/messages: a typed message, or the wish for a person."""
        return await self._take(request, "text")

    async def choose(self, request: Request) -> Response:
        """POST /chat/choices: a quick reply."""
        return await self._take(request, "choice_id")

    async def start_new(self, request: Request) -> Response:
        """POST /chat/new: leave this conversation and open another."""
        fields = await read_form(request, self._talk.limits.body_bytes)
        check_form(request, fields, self._settings.origin)
        session = await self._talk.open(request, self.language(request))
        await self._talk.end(cookie.token_in(request))
        return self._back(session.token)

    async def stream(self, request: Request) -> Response:
        """GET /chat/stream: what is said from now on."""
        if comes_from_elsewhere(request, self._settings.origin):
            raise DoorProblem("page_out_of_date")
        session = await self._talk.enter(request, cookie.token_in(request))
        return self._streams.start(request, session)

    async def failed(self, request: Request, problem: Problem, incident: str = "") -> Response:
        """A problem outside a form: a small page with words and a way back."""
        language = self.language(request)
        status = self._problems.status(problem.code)
        words = self._problems.words(problem.code, language)
        context = {**self.frame(request), "words_of_problem": words, "incident": incident}
        return templates.TemplateResponse(
            request, "problem.html", context, status, self._problems.headers(problem)
        )

    @staticmethod
    def language(request: Request) -> str:
        return wording.preferred(request.headers.get("accept-language", ""))

    async def _take(self, request: Request, kind: str) -> Response:
        live = wants_json(request)
        fields = await read_form(request, self._talk.limits.body_bytes)
        try:
            session, accepted = await self._pass_on(request, kind, fields)
        except Problem as problem:
            if live:
                return self._problems.as_json(problem, self.language(request))
            return await self._show_problem(request, problem, fields.get("text", ""))
        token = accepted.new_token or session.token
        if live:
            body = {"message_id": accepted.message_id, "duplicate": accepted.duplicate}
            response: Response = JSONResponse({**body, "form_token": form_tokens.form_token(token)})
        else:
            session = Session(session.conversation, token)
            await self._talk.wait_for_answer(session, accepted.message_id, _ANSWER_SECONDS)
            response = RedirectResponse("/chat#newest", 303)
        if accepted.new_token:
            cookie.keep(response, accepted.new_token, self._settings.secure_cookies)
        return response

    async def _pass_on(
        self, request: Request, kind: str, fields: Mapping[str, str]
    ) -> tuple[Session, Accepted]:
        check_form(request, fields, self._settings.origin)
        said, client_id = text_field(fields, kind), text_field(fields, "client_id")
        session = await self._talk.enter(request, cookie.token_in(request), client_id)
        if kind == "text":
            return session, await self._talk.say(request, session, said, client_id)
        return session, await self._talk.choose(request, session, said, client_id)

    async def _show_problem(self, request: Request, problem: Problem, draft: str) -> Response:
        """The page again with the words beside the box and the text still in it."""
        token = cookie.token_in(request)
        try:
            session = await self._talk.enter(request, token)
        except ConversationGone:
            return await self._afresh(
                request, notice="conversation_gone" if token else "no_cookie", draft=draft
            )
        return await self._render(request, session, problem=problem, draft=draft)

    async def _afresh(self, request: Request, notice: str, draft: str = "") -> Response:
        session = await self._talk.open(request, self.language(request))
        if not await self._talk.history(session):
            await self._talk.wait_for_answer(session, 0, _GREETING_SECONDS)
        response = await self._render(request, session, notice=notice, draft=draft)
        cookie.keep(response, session.token, self._settings.secure_cookies)
        return response

    def _back(self, token: str) -> Response:
        response = RedirectResponse("/chat", 303)
        cookie.keep(response, token, self._settings.secure_cookies)
        return response

    def frame(self, request: Request) -> dict[str, Any]:
        """What every page of this door is filled with: words, look, language."""
        language = self.language(request)
        company = self._settings.company_name
        words = {
            key: text.replace("{company}", company) for key, text in wording.words(language).items()
        }
        words["message_empty"] = self._problems.words("message_empty", language)
        return {
            "words": words,
            "script_words": {key: words[key] for key in _SCRIPT_WORDS},
            "company": company,
            "language": language,
            "direction": wording.direction(language),
            "zone": self._settings.time_zone,
            "origin": self._settings.origin,
            "static": f"/static/{self._version}",
        }

    async def _render(
        self,
        request: Request,
        session: Session | None,
        problem: Problem | None = None,
        notice: str = "",
        draft: str = "",
    ) -> Response:
        language = self.language(request)
        own_pages = OwnPages(self._settings.origin, language)
        messages = await self._talk.whole_history(session) if session else []
        holder = holder_view(await self._talk.holder(session)) if session else None
        frame = self.frame(request)
        context = {
            **frame,
            "embedded": session is None,
            "holder": holder,
            "messages": list(as_page(messages, self._settings.zone, own_pages)),
            "last_id": messages[-1].id if messages else 0,
            "choices": live_choices(messages),
            "starting": not any(message.author == "customer" for message in messages),
            "expects": expected(messages) or "text",
            "thinking": session is not None
            and (not messages or await self._talk.is_thinking(session)),
            "form_token": form_tokens.form_token(session.token) if session else "",
            "thread": cookie.thread_mark(session.conversation) if session else "",
            "new_client_id": form_tokens.new_client_id,
            "limit": self._talk.limits.message_characters,
            "holder_words": holder_words(holder, frame["words"]),
            "error": self._problems.words(problem.code, language) if problem else "",
            "notice": self._problems.words(notice, language) if notice else "",
            "draft": draft,
        }
        status = self._problems.status(problem.code) if problem else 200
        headers = self._problems.headers(problem) if problem else {}
        return templates.TemplateResponse(request, "chat.html", context, status, headers)


def wants_json(request: Request) -> bool:
    """True for calls of the page's script and of the API: they read JSON, not pages."""
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get(
        "accept", ""
    )

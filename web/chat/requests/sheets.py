"""Puts the views of a request into the look and the words of these pages. Decides nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from privacy.errors import Problem
from web import form_tokens
from web.chat.problems import Problems
from web.chat.requests.moments import Moments, counted, size_in_words
from web.chat.talk import Session
from web.chat.templating import templates

Frame = Callable[[Request], dict[str, object]]
_SCRIPT_WORDS = (
    "requests_span_and", "requests_span_day", "requests_span_hour", "requests_span_minute",
)  # fmt: skip


class Sheets:
    """Renders the templates of `templates/requests`."""

    def __init__(
        self, frame: Frame, problems: Problems, zone: ZoneInfo, now: Callable[[], datetime]
    ) -> None:
        self._frame = frame
        self._problems = problems
        self._zone = zone
        self._now = now

    def show(
        self,
        request: Request,
        template: str,
        session: Session | None,
        context: Mapping[str, object],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One page."""
        frame = self._frame(request)
        words = frame["words"]
        assert isinstance(words, dict)
        filled = {
            **frame,
            "has_session": session is not None,
            "form_token": form_tokens.form_token(session.token) if session else "",
            "new_client_id": form_tokens.new_client_id,
            "at": Moments(self._zone, self._now(), words),
            "counted": lambda key, n: counted(words, key, n),
            "size": size_in_words,
            "script_words": {key: words[key] for key in _SCRIPT_WORDS},
            **context,
        }
        return templates.TemplateResponse(
            request, f"requests/{template}.html", filled, status, dict(headers or {})
        )

    def words(self, request: Request, key: str) -> str:
        """Words of these pages."""
        words = self._frame(request)["words"]
        assert isinstance(words, dict)
        return str(words[key])

    def words_of(self, request: Request, problem: Problem) -> str:
        """What to say of a problem on these pages: their own words, else those of the house."""
        frame = self._frame(request)
        words, own = frame["words"], f"requests_problem_{problem.code}"
        assert isinstance(words, dict)
        if own in words:
            return str(words[own])
        return self._problems.words(problem.code, str(frame["language"]))

    def status_of(self, problem: Problem) -> int:
        """The HTTP status of a problem."""
        return self._problems.status(problem.code)

    def headers_of(self, problem: Problem) -> dict[str, str]:
        """The headers that go with it."""
        return self._problems.headers(problem)

    def moments(self, request: Request) -> Moments:
        """The words for moments in the language of a call."""
        words = self._frame(request)["words"]
        assert isinstance(words, dict)
        return Moments(self._zone, self._now(), words)

"""Problems into answers: a status, words, and for programs RFC 9457 problem details. Never a stack trace."""

from collections.abc import Mapping
from typing import Any

import structlog
from starlette.responses import JSONResponse

from privacy.errors import Problem
from web.chat import wording
from web.chat.port import Say
from web.chat.talk import TooFast

log = structlog.get_logger()

_STATUS: Mapping[str, int] = {
    "message_empty": 422,
    "message_too_long": 422,
    "malformed": 400,
    "too_many_messages": 429,
    "too_many_streams": 429,
    "too_many_codes": 429,
    "resend_too_soon": 429,
    "conversation_gone": 401,
    "no_token": 401,
    "not_acceptable_origin": 403,
    "page_out_of_date": 403,
    "move_key_wrong": 403,
    "not_found": 404,
    "request_not_found": 404,
    "no_reference": 404,
    "link_ended": 404,
    "contact_unread": 422,
    "nothing_to_resend": 409,
    "not_proven": 403,
    "method_not_allowed": 405,
    "not_possible_now": 409,
    "unsupported_media_type": 415,
    "assistant_away": 503,
    "system_down": 503,
    "unexpected": 500,
}
_TITLES: Mapping[int, str] = {
    400: "Not readable", 401: "No live conversation", 403: "Not allowed from here", 404: "Not found",
    405: "Method not allowed", 409: "Not possible now", 415: "Not JSON", 422: "Message not taken",
    429: "Too many calls", 500: "Broken on our side", 503: "Away for the moment",
}  # fmt: skip


class Problems:
    """Turns a problem into a status, headers and words."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def words(self, code: str, language: str) -> str:
        """What to tell the person: the house's words, or the door's own."""
        own = wording.words(language)
        if code in own:
            return own[code]
        try:
            return self._say(code, language)
        except Exception:  # words are the last thing that may fail: a person is waiting for them
            log.error("words missing", code=code, language=language, exc_info=True)
            return own["last_words"]

    def status(self, code: str) -> int:
        return _STATUS.get(code, 500)

    def headers(self, problem: Problem) -> dict[str, str]:
        if isinstance(problem, TooFast):
            return {"Retry-After": str(problem.retry_after)}
        if self.status(problem.code) == 401:
            return {"WWW-Authenticate": "Bearer"}
        return {}

    def as_json(self, problem: Problem, language: str, **more: Any) -> JSONResponse:
        """RFC 9457 problem details."""
        return self.json(problem.code, language, headers=self.headers(problem), **more)

    def json(
        self, code: str, language: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> JSONResponse:
        status = self.status(code)
        body = {
            "type": f"/api/v1/docs#problem-{code}",
            "title": _TITLES.get(status, "Problem"),
            "status": status,
            "code": code,
            "detail": self.words(code, language),
            **more,
        }
        return JSONResponse(
            body, status, {**(headers or {})}, media_type="application/problem+json"
        )

"""Pages of the desk: the frame, the words, and what somebody is told when something goes wrong."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from privacy.agents.errors import PasswordWeak
from privacy.errors import NotPossibleNow, Problem
from privacy.handoff.hand_overs import TakenAlready
from privacy.settings import Settings
from web import form_tokens
from web.desk.gate import Visit
from web.desk.moments import Moments
from web.templating import templates_of
from web.words import Words

_templates = templates_of(Path(__file__).parent / "templates")
_FOLDERS = (Path(__file__).parent / "wording", Path(__file__).parent / "requests" / "wording")
_STATUS: Mapping[str, int] = {
    "not_allowed": 403, "page_out_of_date": 403, "malformed": 400, "not_found": 404, "request_not_found": 404,
    "method_not_allowed": 405, "desk_sign_in_failed": 403, "desk_sign_in_later": 429, "desk_too_fast": 429,
    "desk_setup_failed": 403, "desk_provider_failed": 403, "desk_provider_away": 503, "desk_no_role": 403, "desk_passwords_off": 403, "desk_login_taken": 409,
    "desk_own_proposal": 409, "desk_not_your_proposal": 409, "desk_no_such_person": 422, "desk_reason_missing": 422,
    "desk_task_unknown": 404, "desk_snooze_too_long": 422, "desk_file_too_large": 413, "system_down": 503,
    "desk_code_wrong": 422, "desk_password_weak": 422, "desk_taken_already": 409,
    "desk_not_yours": 409, "desk_saved_reply_wrong": 422, "not_possible_now": 409, "message_empty": 422, "message_too_long": 422, "unexpected": 500,
}  # fmt: skip


class Screens:
    """Renders pages."""

    def __init__(self, settings: Settings, moments: Moments, version: str) -> None:
        self._settings = settings
        self._moments = moments
        self._version = version

    def page(self, request: Request, visit: Visit, template: str, **filled: Any) -> Response:
        """A page for somebody who is signed in."""
        signed_in = {
            "visit": visit,
            "form_token": form_tokens.form_token(visit.token),
            "new_client_id": form_tokens.new_client_id,
        }
        return self._render(request, template, {**signed_in, **filled})

    def plain(self, request: Request, template: str, **filled: Any) -> Response:
        """A page for anybody."""
        return self._render(request, template, {"visit": None, **filled})

    def told(
        self, request: Request, visit: Visit | None, problem: Problem, incident: str = ""
    ) -> Response:
        """A page of its own for something that went wrong."""
        filled = {"problem": problem, "incident": incident}
        if visit is None:
            return self.plain(request, "problem.html", **filled)
        return self.page(request, visit, "problem.html", **filled)

    def words_of(self, problem: Problem) -> str:
        """What to tell the person."""
        words = _words()
        if isinstance(problem, PasswordWeak):
            return words[f"problem_{problem.code}_{problem.why}"]
        text = words.get(f"problem_{problem.code}", words["problem_unexpected"])
        return text.replace("{name}", problem.by) if isinstance(problem, TakenAlready) else text

    def _render(self, request: Request, template: str, filled: Mapping[str, Any]) -> Response:
        problem = filled.get("problem")
        status = _status(problem) if isinstance(problem, Problem) else 200
        context = {
            "words": _words(),
            "company": self._settings.company_name,
            "provider": bool(self._settings.oidc_issuer),
            "provider_only": self._settings.oidc_only,
            "static": f"/static/{self._version}",
            "moments": self._moments,
            "zone": self._settings.time_zone,
            "told": self.words_of(problem) if isinstance(problem, Problem) else "",
            **filled,
        }
        return _templates.TemplateResponse(request, template, context, status)


def _status(problem: Problem) -> int:
    """What stands in a verb's way is a conflict; what is wrong in a form is told beside it."""
    kin = 409 if isinstance(problem, NotPossibleNow) else 500
    return _STATUS.get(problem.code, kin)


@cache
def _words() -> Mapping[str, str]:
    """The words of all pages; colleagues' pages are in English."""
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        if folder.is_dir():
            found |= Words(folder).of("en")
    return found

"""The addresses of these pages, and calm words where something is wrong behind one."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from privacy.errors import Problem
from privacy.references import parse_reference
from privacy.settings import Settings
from web.chat.problems import Problems
from web.chat.requests.door import Door, Told
from web.chat.requests.gate import Gate
from web.chat.requests.pages import RequestPages
from web.chat.requests.port import Requests
from web.chat.requests.sheets import Frame, Sheets

Handler = Callable[[Request], Awaitable[Response]]


def request_routes(
    requests: Requests, gate: Gate, frame: Frame, problems: Problems, settings: Settings
) -> list[Route]:
    """All routes below `/requests`."""
    sheets = Sheets(frame, problems, settings.zone, requests.now)
    door = Door(requests, gate, sheets, settings.secure_cookies)
    pages = RequestPages(requests, gate, door, sheets)

    def calm(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except Problem as problem:
                if problem.code == "no_reference":
                    words = sheets.words_of(request, problem)
                    typed = str(request.path_params.get("reference", ""))[:64]
                    told = Told(words, "reference", reference=typed, status=404)
                    return door.look_up(request, None, told)
                return _failed(sheets, request, problem)

        return answer

    def get(path: str, handler: Handler) -> Route:
        return Route(f"/requests{path}", calm(handler), methods=["GET"])

    def post(path: str, handler: Handler) -> Route:
        return Route(f"/requests{path}", calm(handler), methods=["POST"])

    one = "/{reference}"
    return [
        get("", pages.look_up),
        post("", door.find),
        get(one, pages.status),
        get(f"{one}/data", pages.data),
        get(f"{one}/data/{{table}}", pages.more),
        get(f"{one}/package", pages.package),
        get(f"{one}/download", pages.ask_download),
        post(f"{one}/download", pages.download),
        get(f"{one}/not-me", pages.not_me),
        post(f"{one}/not-me", pages.say_not_me),
        get(f"{one}/{{act}}", pages.confirm),
        post(f"{one}/{{act}}", pages.act),
        post(f"{one}/{{page}}/contact", door.send_code),
        post(f"{one}/{{page}}/code", door.check_code),
        post(f"{one}/{{page}}/resend", door.resend),
    ]


def _failed(sheets: Sheets, request: Request, problem: Problem) -> Response:
    # A way back to the request helps, unless it is the request itself that is not there.
    back = parse_reference(request.path_params.get("reference", ""))
    context = {
        "told": sheets.words_of(request, problem),
        "reference": None if problem.code == "request_not_found" else back,
    }
    headers = sheets.headers_of(problem)
    # 401 asks a program for a key; a person is shown the way to the door instead.
    is_keyless = headers.pop("WWW-Authenticate", None) is not None
    status = 403 if is_keyless else sheets.status_of(problem)
    return sheets.show(request, "problem", None, context, status, headers)

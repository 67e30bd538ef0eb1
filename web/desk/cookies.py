"""The agent's key to the desk: one cookie, gone with the browser."""

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "vera_desk"


def token_in(request: Request) -> str:
    """The session's secret that the browser sent, or nothing."""
    return request.cookies.get(COOKIE, "")


def keep(response: Response, token: str, secure: bool) -> None:
    """Have the browser keep the secret until it is closed."""
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="lax", secure=secure)


def drop(response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(COOKIE, path="/")

"""The browser's key to its conversation: one cookie."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "vera_session"


def token_in(request: Request) -> str:
    """The session token that the browser sent, or nothing."""
    return request.cookies.get(COOKIE, "")


def keep(response: Response, token: str, secure: bool) -> None:
    """Have the browser keep the token until it is closed."""
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="lax", secure=secure)


def thread_mark(conversation: str) -> str:
    """Tells the browser whether kept drafts belong to this conversation, without naming it."""
    return hashlib.sha256(b"vera thread" + conversation.encode()).hexdigest()[:16]

"""The browser's key to its conversation: one cookie, and a form token derived from it.

The form token is an HMAC of the session token, so it needs no memory and changes with the session.
"""

import hashlib
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "vera_session"


def token_in(request: Request) -> str:
    """The session token that the browser sent, or nothing."""
    return request.cookies.get(COOKIE, "")


def keep(response: Response, token: str, secure: bool) -> None:
    """Have the browser keep the token until it is closed."""
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="lax", secure=secure)


def form_token(token: str) -> str:
    """What a form of this session must carry."""
    return hmac.new(token.encode(), b"vera form", hashlib.sha256).hexdigest()[:32]


def is_form_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), form_token(token).encode())


def thread_mark(conversation: str) -> str:
    """Tells the browser whether kept drafts belong to this conversation, without naming it."""
    return hashlib.sha256(b"vera thread" + conversation.encode()).hexdigest()[:16]


def new_client_id() -> str:
    """An id for a message sent from a page without JavaScript: pressing twice sends once."""
    return secrets.token_urlsafe(12)

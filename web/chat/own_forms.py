"""Whose form it is: that our own page, of this very session, made it."""

from collections.abc import Mapping

from starlette.requests import Request

from web import form_tokens
from web.chat import session_cookie as cookie
from web.problems import DoorProblem
from web.security import comes_from_elsewhere


def check_form(request: Request, fields: Mapping[str, str], own_origin: str) -> None:
    """That our own page, of this very session, made the form. Raises DoorProblem."""
    token = cookie.token_in(request)
    if comes_from_elsewhere(request, own_origin):
        raise DoorProblem("page_out_of_date")
    if token and not form_tokens.is_form_token(fields.get("form_token", ""), token):
        raise DoorProblem("page_out_of_date")

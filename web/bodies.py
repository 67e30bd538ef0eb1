"""Bodies of calls: read up to a cap, then understood as a form or as JSON. Nothing is kept."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message

from privacy.errors import MessageTooLong
from web.problems import DoorProblem, Malformed

_PATIENCE = (
    20  # times the cap: a browser that is cut off while it sends shows its own error, not ours
)


async def read_json(request: Request, cap: int) -> Mapping[str, Any]:
    """The JSON object of a call. Raises DoorProblem, Malformed, MessageTooLong."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise DoorProblem("unsupported_media_type")
    raw = await read_raw(request, cap)
    try:
        found = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("not an object")
    return found


async def read_form(request: Request, cap: int) -> Mapping[str, str]:
    """The text fields of a form. Raises Malformed, MessageTooLong."""
    raw = await read_raw(request, cap)

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    try:
        async with Request(request.scope, receive).form(max_files=0, max_fields=10) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except (MultiPartException, UnicodeDecodeError, ValueError):
        raise Malformed("not a form") from None


def text_field(fields: Mapping[str, Any], name: str) -> str:
    """A field that must be text. Raises Malformed."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise Malformed(name)
    return value


async def read_raw(request: Request, cap: int) -> bytes:
    """The bytes of a call. Raises MessageTooLong."""
    kept, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > cap * _PATIENCE:
            break
        if size <= cap:
            kept += chunk
    if size > cap:
        raise MessageTooLong("over the cap of bodies")
    return bytes(kept)

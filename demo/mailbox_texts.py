"""The embedded mailbox's door for text messages: the part of Twilio's Messages API that sends one.

Takes any account and any password. Answers 201 when the text is on the disk; hands it to no network.
"""

import asyncio
import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.mailbox_store import MailStore

_API = "2010-04-01"
_MOST_BYTES = 64 * 1024
_MOST_CHARACTERS = 1600
_LONGEST_VALIDITY = 36_000
_NUMBER = re.compile(r"\+[0-9]{7,15}")
# GSM 03.38, in which a text travels if it can. The second row takes two places of it.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("\f^{}\\[~]|€")


def texts_route(store: MailStore) -> Route:
    """Where a text message is sent to."""

    async def send(request: Request) -> Response:
        if not _signed_in(request):
            return _refusal(401, 20003, "Authenticate", {"WWW-Authenticate": "Basic"})
        content = await _content(request)
        if content is None:
            return _refusal(413, None, "The request is too large")
        form = dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
        wrong = _what_is_wrong(form)
        if wrong is not None:
            return _refusal(400, *wrong)
        sid = f"SM{uuid4().hex}"
        at = datetime.now(UTC)
        sender = _sender(form) or _service(form)
        try:
            await asyncio.to_thread(
                store.keep_text, form["To"], sender, form["Body"], f"<{sid}@mailbox.invalid>", at
            )
        except OSError:
            return _refusal(
                503, 20503, "The text could not be written to the disk; try again later"
            )
        return JSONResponse(_resource(request.path_params["account"], sid, form, at), 201)

    return Route(f"/{_API}/Accounts/{{account}}/Messages.json", send, methods=["POST"])


def _signed_in(request: Request) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        user, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except ValueError:
        return False
    return bool(user and password)


async def _content(request: Request) -> bytes | None:
    """None: more than anybody needs for a text message."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > _MOST_BYTES:
            return None
    return content


def _sender(form: Mapping[str, str]) -> str:
    return form.get("From", "").strip()


def _service(form: Mapping[str, str]) -> str:
    return form.get("MessagingServiceSid", "").strip()


def _what_is_wrong(form: Mapping[str, str]) -> tuple[int, str] | None:
    to, body, validity = form.get("To", ""), form.get("Body", ""), form.get("ValidityPeriod", "")
    if not _NUMBER.fullmatch(to):
        # With the number, as the real one: whoever logs this answer must find out here.
        return 21211, f"The 'To' number {to} is not a valid phone number."
    if not _sender(form) and not _service(form):
        return 21603, "A 'From' phone number is required."
    if not body:
        return 21602, "Message body is required."
    if len(body) > _MOST_CHARACTERS:
        return 21617, f"The message body exceeds the {_MOST_CHARACTERS} character limit."
    if validity and not _is_validity(validity):
        return 21624, "Invalid validity period value."
    return None


def _is_validity(seconds: str) -> bool:
    # Only looked at: a text is here at once, so it is never too late.
    return bool(re.fullmatch("[0-9]{1,5}", seconds)) and 1 <= int(seconds) <= _LONGEST_VALIDITY


def _refusal(
    status: int, code: int | None, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}" if code else None
    return JSONResponse(
        {"code": code, "message": message, "more_info": more, "status": status}, status, headers
    )


def _resource(account: str, sid: str, form: Mapping[str, str], at: datetime) -> dict[str, Any]:
    return {
        "account_sid": account,
        "api_version": _API,
        "body": form["Body"],
        "date_created": format_datetime(at),
        "date_sent": None,
        "date_updated": format_datetime(at),
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": _sender(form) or None,  # a messaging service chooses its number later
        "messaging_service_sid": _service(form) or None,
        "num_media": "0",
        "num_segments": str(_segments(form["Body"])),
        "price": None,
        "price_unit": None,
        "sid": sid,
        "status": "queued",
        "to": form["To"],
        "uri": f"/{_API}/Accounts/{account}/Messages/{sid}.json",
    }


def _segments(text: str) -> int:
    """How many short messages a network would make of it."""
    if set(text) <= _GSM | _GSM_TWICE:
        alone, together = 160, 153
        places = [2 if each in _GSM_TWICE else 1 for each in text]
    else:
        alone, together = 70, 67
        places = [2 if ord(each) > 0xFFFF else 1 for each in text]
    if sum(places) <= alone:
        return 1
    segments, left = 0, 0
    for needed in places:  # one by one: a character is never cut in two
        if needed > left:
            segments, left = segments + 1, together
        left -= needed
    return segments

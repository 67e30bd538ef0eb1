"""Handing one text message to an SMS gateway that speaks Twilio's Messages API, and saying in one word what came of it.

Several companies' gateways speak it. A message is handed over once and again after a lost answer: the API knows no
idempotency key, so it may then arrive twice, with the same words. Source: twilio.com/docs/messaging/api/message-resource
and /docs/api/errors. Knows HTTP, not the outbox; what a gateway answers never stands in a log: it quotes the number.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import httpx

from privacy.clock import Clock
from privacy.mail.carrier import By, Outcome
from privacy.mail.errors import MailSettingWrong, TextGatewayUnreachable
from privacy.mail.message import Draft
from privacy.mail.sender import Pace
from privacy.mail.server import is_here

_SHAPE = (
    "write https://ACCOUNT:TOKEN@api.twilio.com, or the whole address of the account as in "
    "https://KEY:SECRET@gateway.example/2010-04-01/Accounts/ACCOUNT"
)
_SENDER = "write a number as in +4915112345678, a name of at most 11 letters and digits, or the id of a Messaging Service"
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")  # E.164
_NAME = re.compile(r"(?=[^ ]*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
# What is wrong with our sender wherever the message goes: one customer's odd number must not hold up the others.
_OUR_FAULT = frozenset({21601, 21603, 21703, 21705})
# Asks for the messages of a day before the API was: an answer without anybody's words, also for restricted keys.
_NOTHING = {"DateSent": "2000-01-01", "PageSize": "1"}
_LONGEST_WAIT = 36_000  # seconds, of ValidityPeriod

# An HTTP request is answered in seconds; codes are worth nothing after minutes.
TEXT_PACE = Pace(answer=30.0)


@dataclass(frozen=True, slots=True)
class TextGateway:
    """Where the gateway is, who we are there, and who sends."""

    base: str
    """Of the account; ends without a slash."""
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    is_here: bool
    """On this machine: no proxy stands between."""

    @classmethod
    def read(cls, url: str, sender: str) -> Self:
        """Read VERA_SMS_URL and VERA_SMS_FROM.

        Raises MailSettingWrong; its text never repeats the URL, which holds a password.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise MailSettingWrong("VERA_SMS_URL", _SHAPE) from None
        if (
            parts.scheme not in ("https", "http")
            or not host
            or not (parts.username and parts.password)
            or parts.query
            or parts.fragment
        ):
            raise MailSettingWrong("VERA_SMS_URL", _SHAPE)
        here = is_here(host)
        if parts.scheme == "http" and not here:
            raise MailSettingWrong("VERA_SMS_URL", "codes do not travel in clear: use https://")
        if not any(shape.fullmatch(sender) for shape in (_NUMBER, _NAME, _SERVICE)):
            raise MailSettingWrong("VERA_SMS_FROM", _SENDER)
        user = unquote(parts.username)
        path = parts.path.rstrip("/") or f"/2010-04-01/Accounts/{parts.username}"
        place = parts.netloc.rpartition("@")[2]
        standard = 443 if parts.scheme == "https" else 80
        return cls(
            base=f"{parts.scheme}://{place}{path}",
            port=port or standard,
            user=user,
            password=unquote(parts.password),
            sender=sender,
            is_here=here,
        )


class TextCarrier:
    """Takes text messages to one gateway."""

    by: By = "text"

    def __init__(self, gateway: TextGateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    @property
    def port(self) -> int:
        return self._gateway.port

    def line(self, *, connect: float, answer: float) -> "TextLine":
        return TextLine(self._gateway, self._clock, connect=connect, answer=answer)

    async def check_reachable(self) -> None:
        """Ask the gateway for our account.

        Raises TextGatewayUnreachable.
        """
        async with self.line(connect=5, answer=5) as line:
            await line.ask_for_account()


class TextLine:
    """The connections of one round, made when the first text needs one."""

    def __init__(
        self, gateway: TextGateway, clock: Clock, *, connect: float, answer: float
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._timeout = httpx.Timeout(answer, connect=connect)
        self._open: httpx.AsyncClient | None = None

    async def __aenter__(self) -> "TextLine":
        return self

    async def __aexit__(
        self, error: type[BaseException] | None, _value: object, _trace: object
    ) -> None:
        if self._open is not None:
            await self._open.aclose()

    async def deliver(self, draft: Draft, is_over: Callable[[], bool]) -> Outcome:
        """See `carrier.Line`."""
        if _NUMBER.fullmatch(draft.to) is None:
            return Outcome("refused", reason="no text message can go to its number")
        if is_over():
            return Outcome("over")
        try:
            answer = await self._client().post(
                f"{self._gateway.base}/Messages.json", data=self._form(draft)
            )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Outcome("away", reason="cannot be reached")
        except httpx.HTTPError:
            return Outcome("put_off")
        return _outcome(answer)

    async def ask_for_account(self) -> None:
        try:
            answer = await self._client().get(
                f"{self._gateway.base}/Messages.json", params=_NOTHING
            )
        except httpx.HTTPError:
            raise self._unreachable("cannot be reached") from None
        if answer.status_code in (401, 403):
            raise self._unreachable("does not accept the account and token")

    def _client(self) -> httpx.AsyncClient:
        if self._open is None:
            self._open = httpx.AsyncClient(
                auth=(self._gateway.user, self._gateway.password),
                timeout=self._timeout,
                follow_redirects=False,
                trust_env=not self._gateway.is_here,
            )
        return self._open

    def _unreachable(self, reason: str) -> TextGatewayUnreachable:
        host = urlsplit(self._gateway.base).hostname or ""
        return TextGatewayUnreachable(host, self._gateway.port, reason)

    def _form(self, draft: Draft) -> dict[str, str]:
        sender = self._gateway.sender
        form = {"To": draft.to, "Body": draft.body}
        form["MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From"] = sender
        if draft.expires_at is not None:
            # So that a phone that was off does not get a code that has ended.
            left = int((draft.expires_at - self._clock.now()).total_seconds())
            form["ValidityPeriod"] = str(min(max(left, 1), _LONGEST_WAIT))
        return form


def _outcome(answer: httpx.Response) -> Outcome:
    status = answer.status_code
    if 200 <= status < 300:
        return Outcome("sent", status)
    if status in (401, 403, 404) or (status == 400 and _error(answer) in _OUR_FAULT):
        # Our own account, sender or address: a fault of the set-up that no message should pay for.
        return Outcome("away", status, "takes no messages from this account and sender")
    if status == 429 or status >= 500 or status < 400:
        return Outcome("put_off", status)
    return Outcome("refused", status)


def _error(answer: httpx.Response) -> int | None:
    """The gateway's own number for what went wrong."""
    try:
        said: Any = answer.json()
    except ValueError:
        return None
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, int) else None

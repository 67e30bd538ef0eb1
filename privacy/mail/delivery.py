"""Handing one mail to the mail server, and saying in one word what came of it.

A connection serves all mails of one round and is given up as soon as an answer is lost: whatever
comes in after that may belong to another command. Knows SMTP, not the outbox.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from privacy.mail.carrier import By, Outcome
from privacy.mail.errors import AddressUnusable, MailServerUnreachable
from privacy.mail.letterhead import Letterhead
from privacy.mail.message import Draft, compose
from privacy.mail.server import MailServer, leave

_NO_SERVICE = 421
_TOO_LARGE = 552
# Not signed in, sign-in too weak, refused, or only over TLS (RFC 4954).
_SIGN_IN = frozenset({530, 534, 535, 538})


class MailCarrier:
    """Takes mails to one server."""

    by: By = "mail"

    def __init__(self, letterhead: Letterhead, server: MailServer) -> None:
        self._letterhead = letterhead
        self._server = server

    @property
    def port(self) -> int:
        return self._server.port

    def line(self, *, connect: float, answer: float) -> "MailLine":
        return MailLine(self._letterhead, self._server, connect=connect, answer=answer)


class MailLine:
    """One connection, opened when the first mail needs it."""

    def __init__(
        self, letterhead: Letterhead, server: MailServer, *, connect: float, answer: float
    ) -> None:
        self._letterhead = letterhead
        self._server = server
        self._connect = connect
        self._answer = answer
        self._client: SMTP | None = None

    async def __aenter__(self) -> "MailLine":
        return self

    async def __aexit__(
        self, error: type[BaseException] | None, _value: object, _trace: object
    ) -> None:
        if error is not None:  # told to stop, or something broke: no time for manners
            self._hang_up()
        elif self._client is not None:
            await leave(self._client)

    async def deliver(self, draft: Draft, is_over: Callable[[], bool]) -> Outcome:
        """See `carrier.Line`."""
        try:
            envelope = compose(draft, self._letterhead)
        except AddressUnusable:
            return Outcome("refused", reason="no mail can go to its address")
        try:
            client = await self._connected()
        except MailServerUnreachable as error:
            return Outcome("away", error.reply_code, error.reason)
        if is_over():
            return Outcome("over")
        options = ["SMTPUTF8"] if envelope.needs_smtputf8 else []
        if options and not client.supports_extension("smtputf8"):
            return Outcome("refused", reason="the server cannot write this address")
        try:
            async with asyncio.timeout(self._answer):
                await client.sendmail(
                    envelope.sender.address,
                    [envelope.recipient.address],
                    envelope.content,
                    mail_options=options,
                    timeout=self._answer,
                )
        except (SMTPException, OSError) as error:
            outcome = _outcome(error)
            if outcome.reply_code in (None, _NO_SERVICE) or outcome.what == "away":
                self._hang_up()
            return outcome
        return Outcome("sent", 250)

    async def _connected(self) -> SMTP:
        if self._client is None or not self._client.is_connected:
            self._client = await self._server.connect(self._letterhead.sender.domain, self._connect)
        return self._client

    def _hang_up(self) -> None:
        if self._client is not None:
            with suppress(OSError):
                self._client.close()
        self._client = None


def _outcome(error: Exception) -> Outcome:
    code: int | None = None
    if isinstance(error, SMTPRecipientsRefused):
        code = error.recipients[0].code
    elif isinstance(error, SMTPResponseException):
        code = error.code
    if code is None or not 500 <= code < 600:
        return Outcome("put_off", code)
    if code in _SIGN_IN or (isinstance(error, SMTPSenderRefused) and code != _TOO_LARGE):
        # Our own address or sign-in: a fault of the set-up that no mail should pay for.
        return Outcome("away", code, "does not take mail from this sender")
    return Outcome("refused", code)

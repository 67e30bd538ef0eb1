"""The mail server to hand mail to: read from one URL, and talked to by aiosmtplib.

smtp:// talks in clear (the embedded mailbox, a relay on the same machine), smtp+starttls:// refuses
to go on without TLS, smtps:// begins with it. Certificates are always checked. Knows no mail and no
customer.
"""

import ipaddress
import socket
import ssl
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectTimeoutError,
    SMTPException,
    SMTPResponseException,
    SMTPTimeoutError,
)

from privacy.mail.errors import MailServerUnreachable, MailSettingWrong

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_SHAPE = (
    "write smtp://host:25, smtp+starttls://user:password@host:587 or smtps://user:password@host:465"
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where the server is and how to talk to it."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, url: str) -> Self:
        """Read VERA_SMTP_URL.

        Raises MailSettingWrong; its text never repeats the URL, which may hold a password.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise MailSettingWrong("VERA_SMTP_URL", _SHAPE) from None
        if (
            parts.scheme not in _PORTS
            or not host
            or port == 0
            or parts.path.strip("/")
            or parts.query
            or parts.fragment
        ):
            raise MailSettingWrong("VERA_SMTP_URL", _SHAPE)
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        if (user is None) != (password is None):
            raise MailSettingWrong("VERA_SMTP_URL", f"user and password belong together: {_SHAPE}")
        if user is not None and parts.scheme == "smtp" and not is_here(host):
            raise MailSettingWrong(
                "VERA_SMTP_URL",
                "a password does not travel in clear: use smtp+starttls:// or smtps://",
            )
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], user, password)

    async def connect(self, calling_from: str, seconds: float) -> SMTP:
        """A connection that is ready for mail: greeted, encrypted and signed in as the URL says.

        `calling_from` is the name to say EHLO with. Raises MailServerUnreachable.
        """
        client = SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            local_hostname=calling_from,
            timeout=seconds,
            use_tls=self.scheme == "smtps",
            start_tls=self.scheme == "smtp+starttls",
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            code = error.code if isinstance(error, SMTPResponseException) else None
            raise MailServerUnreachable(self.host, self.port, _reason(error), code) from None
        return client

    async def check_reachable(self, seconds: float = 5.0) -> None:
        """Connect and leave again, for the start-up line.

        Raises MailServerUnreachable.
        """
        client = await self.connect("localhost", seconds)
        await leave(client)


async def leave(client: SMTP) -> None:
    """Say goodbye; a server that has gone already is no news."""
    try:
        await client.quit(timeout=2)
    except (SMTPException, OSError):
        pass
    finally:
        client.close()


def is_here(host: str) -> bool:
    """Whether a host is this machine by its name alone, so that nothing travels."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: Exception) -> str:
    causes = [error, error.__cause__, error.__context__]
    if isinstance(error, SMTPAuthenticationError):
        return f"does not accept the user and password ({error.code})"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "shows a certificate that cannot be trusted"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "does not speak TLS as the setting says"
    if isinstance(error, SMTPConnectTimeoutError | SMTPTimeoutError):
        return "does not answer in time"
    if isinstance(error, SMTPResponseException):
        return f"takes no mail now (it says {error.code})"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refuses the connection"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "has a name that nobody knows"
    if "SMTP AUTH" in str(error) or "authentication method" in str(error):
        return "offers no sign-in that fits the user and password"
    if "STARTTLS" in str(error):
        return "does not offer STARTTLS"
    return "cannot be reached"

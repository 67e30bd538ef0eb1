"""A real SMTP server for tests that does what its script says: one step a mail, and after that it takes all."""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Step:
    """What happens to one mail: a reply at a command, or (reply None) the line is cut there."""

    at: Literal["MAIL", "RCPT", "DATA"]
    reply: str | None = None


@dataclass
class Taken:
    """One mail that the server has read to its end, whatever it answered."""

    recipients: list[str]
    content: bytes
    answered: str | None


@dataclass
class SmtpStub:
    """`taken` holds every mail that was read; `delivered` those that got their 250."""

    script: deque[Step] = field(default_factory=deque)
    smtputf8: bool = True
    tls: ssl.SSLContext | None = None
    login: tuple[bytes, bytes] | None = None
    slow: asyncio.Event | None = None  # while unset, nothing is answered after the mail's end
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None

    @property
    def delivered(self) -> list[Taken]:
        return [
            mail for mail in self.taken if mail.answered is not None and mail.answered[0] == "2"
        ]

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self._server.close_clients() if hasattr(self._server, "close_clients") else None
        await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _e: BaseException | None, _tb: TracebackType | None
    ) -> None:
        await self.stop()

    def _session(self) -> SMTP:
        self.connections += 1
        return SMTP(
            self,
            enable_SMTPUTF8=self.smtputf8,
            hostname="stub",
            tls_context=self.tls,
            authenticator=self._check if self.login else None,
            auth_required=self.login is not None,
            auth_require_tls=self.login is None,
            loop=asyncio.get_running_loop(),
        )

    def _check(self, _s: Any, _session: Any, _e: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == self.login, handled=False)

    def _reply(self, at: str, server: SMTP, envelope: Envelope, otherwise: str) -> str:
        step: Step | None = getattr(envelope, "step", None)
        if step is None or step.at != at:
            return otherwise
        if step.reply is None:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "250 nobody reads this"
        return step.reply

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.step = self.script.popleft() if self.script else None  # type: ignore[attr-defined]
        reply = self._reply("MAIL", server, envelope, "250 OK")
        if reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self._reply("RCPT", server, envelope, "250 OK")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = Taken(list(envelope.rcpt_tos), envelope.content, None)
        self.taken.append(mail)
        if self.slow is not None:
            await self.slow.wait()
        reply = self._reply("DATA", server, envelope, "250 OK")
        step: Step | None = getattr(envelope, "step", None)
        if step is None or step.reply is not None or step.at != "DATA":
            mail.answered = reply
        return reply


def step(at: Literal["MAIL", "RCPT", "DATA"], reply: str | None = None) -> Step:
    """One step of a script."""
    return Step(at, reply)

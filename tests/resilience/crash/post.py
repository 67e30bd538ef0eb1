"""A real mail server in a process of its own, which outlives the Vera that is killed.

It writes each mail down before it says that it has it. `Post.letters` is everything it ever took, in order; a
mail that left twice stands there twice.
"""

import asyncio
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.privacy.mail.smtp_stub import SmtpStub
from tests.resilience.crash.forks import exit_status, fork

_PATIENCE = 20.0


@dataclass(frozen=True)
class Letter:
    """One mail as it was taken."""

    to: str
    message_id: str
    subject: str
    text: str


class Post:
    """The mail server of one folder."""

    def __init__(self, folder: Path) -> None:
        self._mails = folder / "mails.jsonl"
        self._port = folder / "smtp.port"
        self._pid = 0

    def __enter__(self) -> "Post":
        self._pid = fork(lambda: asyncio.run(self._serve()))
        deadline = time.monotonic() + _PATIENCE
        while not self._port.exists():
            assert time.monotonic() < deadline, "the mail server did not start"
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        exit_status(self._pid)

    @property
    def port(self) -> int:
        return int(self._port.read_text())

    def letters(self) -> list[Letter]:
        if not self._mails.exists():
            return []
        return [Letter(**json.loads(line)) for line in self._mails.read_text().splitlines()]

    async def _serve(self) -> None:
        stub = _Writing(self._mails)
        await stub.start()
        part = self._port.with_suffix(".part")
        part.write_text(str(stub.port))
        part.rename(self._port)
        await asyncio.Event().wait()


class _Writing(SmtpStub):
    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail: Any = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(("plain",))
        letter = Letter(
            envelope.rcpt_tos[0],
            str(mail["Message-ID"]),
            str(mail["Subject"]),
            str(body.get_content() if body else ""),
        )
        with self._file.open("a", encoding="utf-8") as mails:
            mails.write(f"{json.dumps(asdict(letter))}\n")
        return await super().handle_DATA(server, session, envelope)

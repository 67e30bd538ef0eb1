"""A real mail server in a process of its own, which outlives the Vera that is killed, and a gateway for text messages
beside it.

Both write each message down before they say that they have it. `Post.letters` is everything they ever took, in order;
what left twice stands there twice.
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

from tests.privacy.mail.sms_stub import SmsStub
from tests.privacy.mail.smtp_stub import SmtpStub
from tests.resilience.crash.forks import exit_status, fork

_PATIENCE = 20.0


@dataclass(frozen=True)
class Letter:
    """One mail as it was taken; a text message has neither subject nor id."""

    to: str
    message_id: str
    subject: str
    text: str

    @property
    def is_text(self) -> bool:
        return not self.message_id


class Post:
    """The mail server and the text gateway of one folder."""

    def __init__(self, folder: Path) -> None:
        self._mails = folder / "mails.jsonl"
        self._doors = folder / "doors.json"
        self._pid = 0

    def __enter__(self) -> "Post":
        self._pid = fork(lambda: asyncio.run(self._serve()))
        deadline = time.monotonic() + _PATIENCE
        while not self._doors.exists():
            assert time.monotonic() < deadline, "the mail server did not start"
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        exit_status(self._pid)

    @property
    def port(self) -> int:
        return int(json.loads(self._doors.read_text())["port"])

    @property
    def texts(self) -> str:
        """The URL of the gateway."""
        return str(json.loads(self._doors.read_text())["texts"])

    def letters(self) -> list[Letter]:
        if not self._mails.exists():
            return []
        return [Letter(**json.loads(line)) for line in self._mails.read_text().splitlines()]

    async def _serve(self) -> None:
        mails = _WritingMails(self._mails)
        await mails.start()
        async with _WritingTexts(self._mails) as texts:
            part = self._doors.with_suffix(".part")
            part.write_text(json.dumps({"port": mails.port, "texts": texts.url}))
            part.rename(self._doors)
            await asyncio.Event().wait()


def _write(file: Path, letter: Letter) -> None:
    with file.open("a", encoding="utf-8") as mails:
        mails.write(f"{json.dumps(asdict(letter))}\n")


class _WritingTexts(SmsStub):
    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def take(self, form: dict[str, str]) -> None:
        _write(self._file, Letter(form["To"], "", "", form["Body"]))
        super().take(form)


class _WritingMails(SmtpStub):
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
        _write(self._file, letter)
        return await super().handle_DATA(server, session, envelope)

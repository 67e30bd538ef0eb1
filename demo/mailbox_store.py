"""The embedded mailbox's mails and text messages: a Maildir on disk, and what was read from it in memory.

A message is on the disk before `keep` or `keep_text` returns. One process writes the folder, so memory is
never behind it. Knows no SMTP and no HTTP.
"""

import base64
import email
import mailbox
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Lock
from typing import Literal

_RECIPIENT = "X-Mailbox-To"
_KIND = "X-Mailbox-Kind"
_SENDER = "X-Mailbox-From"
_RECEIVED = "X-Mailbox-Received"  # the last note: what follows is the sender's
_NOTES = (_RECIPIENT, _KIND, _SENDER, _RECEIVED)
_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail or text message, as a reader sees it."""

    id: str
    kind: Literal["mail", "text"]
    to: tuple[str, ...]
    sender: str
    subject: str
    text: str
    received_at: datetime
    message_id: str
    headers: tuple[tuple[str, str], ...]


class MailStore:
    """Keeps messages and finds them by recipient; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        for part in (
            "tmp",
            "new",
            "cur",
        ):  # stdlib makes these only where `folder` is not there yet
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._new = folder / "new"
        self._box = mailbox.Maildir(folder, create=False)
        self._lock = Lock()
        read = [_read(key, self._box.get_bytes(key)) for key in self._box.iterkeys()]
        self._mails = sorted(read, key=lambda mail: (mail.received_at, mail.id))

    def keep(self, to: list[str], content: bytes, received_at: datetime) -> Mail:
        """Write one mail to the disk for good."""
        return self._keep([(_RECIPIENT, address) for address in to], content, received_at)

    def keep_text(
        self, to: str, sender: str, text: str, message_id: str, received_at: datetime
    ) -> Mail:
        """Write one text message to the disk for good."""
        # The sender is a note and no From, for a number or a bare name is no mail address. Base64, for the
        # text must come back as it was sent, with its own line ends.
        content = (
            b"Message-ID: " + _header_safe(message_id) + b"\r\n"
            b"MIME-Version: 1.0\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(text.encode())
        )
        return self._keep(
            [(_RECIPIENT, to), (_KIND, "text"), (_SENDER, sender)], content, received_at
        )

    def _keep(self, notes: list[tuple[str, str]], content: bytes, received_at: datetime) -> Mail:
        noted = [*notes, (_RECEIVED, received_at.isoformat())]
        lines = [_header_safe(f"{name}: {value}") + b"\r\n" for name, value in noted]
        whole = b"".join(lines) + content
        with self._lock:
            key = self._box.add(whole)  # writes to tmp/, fsyncs, renames
            _sync_folder(self._new)
            mail = _read(key, whole)
            self._mails.append(mail)
        return mail

    def newest_first(self, to: str = "", most: int | None = None) -> list[Mail]:
        """Messages to one recipient, or all."""
        with self._lock:
            mails = list(reversed(self._mails))
        wanted = to.strip().casefold()
        if wanted:
            mails = [mail for mail in mails if wanted in (each.casefold() for each in mail.to)]
        return mails[:most]

    def recipients(self) -> list[str]:
        """Everybody who got a message, who got one last first."""
        return list(dict.fromkeys(address for mail in self.newest_first() for address in mail.to))

    def __len__(self) -> int:
        return len(self._mails)


def _read(key: str, whole: bytes) -> Mail:
    message = email.message_from_bytes(whole, _class=EmailMessage, policy=default)
    notes = _notes(message)
    is_text = notes.get(_KIND) == ["text"]
    received = notes.get(_RECEIVED)
    return Mail(
        id=key,
        kind="text" if is_text else "mail",
        to=tuple(notes.get(_RECIPIENT, ())),
        sender="".join(notes.get(_SENDER, ())) if is_text else _text(message.get("From", "")),
        subject="" if is_text else _text(message.get("Subject", "")),
        text=str(message.get_content()) if is_text else _body(message),
        received_at=datetime.fromisoformat(received[0]) if received else _LONG_AGO,
        message_id=_text(message.get("Message-ID", "")),
        headers=tuple((name, _text(value)) for name, value in message.items()),
    )


def _notes(message: EmailMessage) -> dict[str, list[str]]:
    """What was noted above the message's own headers, which may hold the same names."""
    notes: dict[str, list[str]] = {}
    for name, value in message.items():
        if name not in _NOTES or _RECEIVED in notes:
            break
        notes.setdefault(name, []).append(_text(value))
    return notes


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        text = str(part.get_payload())
    text = text.replace("\r\n", "\n")
    return _unflowed(text) if part.get_param("format") == "flowed" else text


def _unflowed(text: str) -> str:
    """Every paragraph in one line again (RFC 3676): a line that ends with a space goes on."""
    lines: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        plain = line if quoted else line.removeprefix(" ")
        if goes_on and not quoted:
            lines[-1] += plain
        else:
            lines.append(plain)
        goes_on = plain.endswith(" ") and not quoted
    return "\n".join(lines)


def _text(value: object) -> str:
    """A header's text; raw UTF-8 in it (SMTPUTF8) is read as what it is."""
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _header_safe(line: str) -> bytes:
    return line.replace("\r", " ").replace("\n", " ").encode("utf-8", "surrogateescape")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

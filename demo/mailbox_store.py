"""The embedded mailbox's mails: a Maildir on disk, and what was read from it in memory.

A mail is on the disk before `keep` returns. One process writes the folder, so memory is never behind it.
Knows no SMTP and no HTTP.
"""

import email
import mailbox
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Lock

_RECIPIENT = b"X-Mailbox-To"
_RECEIVED = b"X-Mailbox-Received"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, as a reader sees it."""

    id: str
    to: tuple[str, ...]
    sender: str
    subject: str
    text: str
    received_at: datetime
    message_id: str
    headers: tuple[tuple[str, str], ...]


class MailStore:
    """Keeps mails and finds them by recipient; safe to share between threads."""

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
        notes = [_RECIPIENT + b": " + _header_safe(address) for address in to]
        notes.append(_RECEIVED + b": " + received_at.isoformat().encode())
        whole = b"".join(note + b"\r\n" for note in notes) + content
        with self._lock:
            key = self._box.add(whole)  # writes to tmp/, fsyncs, renames
            _sync_folder(self._new)
            mail = _read(key, whole)
            self._mails.append(mail)
        return mail

    def newest_first(self, to: str = "", most: int | None = None) -> list[Mail]:
        """Mails to one recipient, or all."""
        with self._lock:
            mails = list(reversed(self._mails))
        wanted = to.strip().casefold()
        if wanted:
            mails = [mail for mail in mails if wanted in (each.casefold() for each in mail.to)]
        return mails[:most]

    def recipients(self) -> list[str]:
        """Everybody who has mail, who got some last first."""
        return list(dict.fromkeys(address for mail in self.newest_first() for address in mail.to))

    def __len__(self) -> int:
        return len(self._mails)


def _read(key: str, whole: bytes) -> Mail:
    message = email.message_from_bytes(whole, _class=EmailMessage, policy=default)
    to, received_at = _notes(message)
    return Mail(
        id=key,
        to=to,
        sender=_text(message.get("From", "")),
        subject=_text(message.get("Subject", "")),
        text=_body(message),
        received_at=received_at,
        message_id=_text(message.get("Message-ID", "")),
        headers=tuple((name, _text(value)) for name, value in message.items()),
    )


def _notes(message: EmailMessage) -> tuple[tuple[str, ...], datetime]:
    """What `keep` noted above the mail's own headers, which may hold the same names."""
    to: list[str] = []
    for name, value in message.items():
        if name == _RECIPIENT.decode():
            to.append(_text(value))
        elif name == _RECEIVED.decode():
            return tuple(to), datetime.fromisoformat(str(value))
        else:
            break
    return tuple(to), datetime.fromtimestamp(0, UTC)


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


def _header_safe(address: str) -> bytes:
    return address.replace("\r", " ").replace("\n", " ").encode("utf-8", "surrogateescape")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Signed heads: what the last row of the audit was at a moment, signed with Ed25519 (RFC 8032).

A chain alone does not show that its end is missing, or that all of it was written anew. A head that
was carried off the machine does. The key lies beside `keys.json`, in a file of its own.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy.audit.chain import Link, canonical, moment

_KEY: Final = "audit-key.json"
_NEWEST: Final = "head.json"
_ALL: Final = "heads.jsonl"


class HeadUnreadable(Exception):
    """A file does not hold a head; the text says which."""


@dataclass(frozen=True, slots=True)
class Head:
    """One signed place in the chain."""

    seq: int
    hash: str
    at: str
    key: str  # the public key, hex
    signature: str

    def as_json(self) -> str:
        """One line."""
        return canonical(asdict(self))

    @classmethod
    def read(cls, text: str, name: str) -> "Head":
        """Raises HeadUnreadable."""
        with suppress(ValueError, TypeError):
            made = cls(**json.loads(text))
            if isinstance(made.seq, int) and all(
                isinstance(v, str) for v in (made.hash, made.at, made.key, made.signature)
            ):
                return made
        raise HeadUnreadable(f"{name} does not hold a signed head")


class Signer:
    """Signs with a key of its own."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw().hex()

    @classmethod
    def load(cls, data_dir: Path) -> "Signer":
        """The key of this data folder, making it (readable by its owner only) where there is none."""
        path = data_dir / _KEY
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            made = Ed25519PrivateKey.generate().private_bytes_raw().hex()
            # Whole before it has its name: another process reads all of it or none.
            unfinished = data_dir / f".{_KEY}.{secrets.token_hex(8)}"
            _write(unfinished, json.dumps({"key": made}))
            with suppress(FileExistsError):  # another process was first: use its key
                os.link(unfinished, path)
            unfinished.unlink()
        secret = json.loads(path.read_text())["key"]
        return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))

    def sign(self, what: str, link: Link, at: datetime) -> str:
        """The signature of a place in the chain; `what` keeps heads and checkpoints apart."""
        return self._key.sign(_message(what, link, moment(at))).hex()

    def fits(self, what: str, link: Link, at: str, signature: str) -> bool:
        """Did this key sign that?"""
        return _fits(self.public, what, link, at, signature)


class Heads:
    """The heads of one data folder: the newest, and the history of all."""

    def __init__(self, data_dir: Path, signer: Signer) -> None:
        self._folder = data_dir / "audit"
        self.signer = signer

    def add(self, link: Link, at: datetime) -> Head:
        """Sign a place in the chain and keep it: in the history, then as the newest."""
        signature = self.signer.sign("head", link, at)
        head = Head(link.seq, link.hash, moment(at), self.signer.public, signature)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _append(self._folder / _ALL, head.as_json())
        unfinished = self._folder / f".{_NEWEST}.{secrets.token_hex(8)}"
        _write(unfinished, head.as_json() + "\n")
        unfinished.replace(self._folder / _NEWEST)
        return head

    def newest(self) -> Head | None:
        """The head that was signed last; None before the first. Raises HeadUnreadable."""
        path = self._folder / _NEWEST
        return Head.read(path.read_text("utf-8"), path.name) if path.exists() else None

    def all(self) -> Iterator[Head]:
        """Every head, the oldest first. Raises HeadUnreadable."""
        path = self._folder / _ALL
        if not path.exists():
            return
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                # A last line without its end was being written when the machine stopped.
                if line.endswith("\n") and line.strip():
                    yield Head.read(line, f"line {number} of {path.name}")

    def fits(self, head: Head) -> bool:
        """Is this head signed by the key of this folder?"""
        return self.signer.fits("head", Link(head.seq, head.hash), head.at, head.signature)


def _fits(public: str, what: str, link: Link, at: str, signature: str) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), _message(what, link, at))
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(what: str, link: Link, at: str) -> bytes:
    return canonical(
        {"what": f"vera audit {what}", "seq": link.seq, "hash": link.hash, "at": at}
    ).encode()


def _append(path: Path, line: str) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        written = file.read()
        if written and not written.endswith(b"\n"):  # cut off when the machine stopped
            file.truncate(written.rfind(b"\n") + 1)
        file.write(line.encode() + b"\n")
        os.fsync(file.fileno())


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

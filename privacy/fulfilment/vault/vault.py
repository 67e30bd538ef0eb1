"""Files that are never readable on disk: encrypted as they are written, decrypted as they are read (S-66).

Format age v1 (age-encryption.org/v1, by pyrage), each file with a fresh X25519 identity of its own. Whoever
writes a file is given its key and keeps it sealed elsewhere: once the key is gone the file is noise, in
backups too. Knows no request and no customer.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO, Final

import pyrage

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(/[a-z0-9][a-z0-9._-]{0,99}){0,3}")
_BLOCK: Final = 64 * 1024  # age's own
_ENDING: Final = ".age"
_PART: Final = ".part"


class FileGone(Exception):
    """There is no such file, or not any more."""


class FileUnreadable(Exception):
    """The file does not open with this key, or its bytes were changed."""


class Written:
    """A file that is being written: `stream` takes its bytes, `key` opens it afterwards, `size` counts."""

    def __init__(self, stream: IO[bytes], key: str) -> None:
        self.stream = stream
        self.key = key

    def __repr__(self) -> str:
        return "Written()"


class Vault:
    """A folder of encrypted files; names are made by us: lower case, "/" for folders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def write(self, name: str) -> Iterator[Written]:
        """Write a file; it is there, whole, once the block ends, and not at all if the block fails.

        Raises OSError where the disk does not take it.
        """
        path = self._path(name)
        _make_folder(path.parent, self._folder)
        identity = pyrage.x25519.Identity.generate()
        part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{_PART}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb", buffering=_BLOCK) as file:
                # Held as long as it is written: the sweeper knows by it that somebody is at work.
                fcntl.flock(file, fcntl.LOCK_EX)
                recipient = identity.to_public()
                with _through(
                    lambda source: pyrage.encrypt_io(source, file, [recipient])
                ) as stream:
                    yield Written(stream, str(identity))
                file.flush()
                os.fsync(file.fileno())
                os.replace(part, path)
            _sync(path.parent)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def read(self, name: str, key: str) -> Iterator[bytes]:
        """The file's bytes in pieces. What was read before an error must not be used.

        Raises FileGone; FileUnreadable, where bytes were changed only on reaching them.
        """
        try:
            file = self._path(name).open("rb")
        except FileNotFoundError:
            raise FileGone(name) from None
        return self._pieces(name, file, key)

    def keep(self, name: str, sealed: bytes) -> None:
        """Keep a few bytes that are sealed already; they are there, whole, once this returns."""
        path = self._path(name)
        _make_folder(path.parent, self._folder)
        part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{_PART}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
            os.replace(part, path)
        _sync(path.parent)

    def kept(self, name: str) -> bytes:
        """What `keep` took.

        Raises FileGone.
        """
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise FileGone(name) from None

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def size_on_disk(self, name: str) -> int:
        """Raises FileGone."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            raise FileGone(name) from None

    def shred(self, name: str) -> None:
        """Take the file away; without its key nothing is left of it."""
        path = self._path(name)
        path.unlink(missing_ok=True)
        self._forget_empty(path.parent)

    def names(self) -> list[str]:
        """Every whole file."""
        return sorted(
            str(path.relative_to(self._folder)).removesuffix(_ENDING)
            for path in self._folder.rglob(f"*{_ENDING}")
        )

    def sweep(self, is_known: Callable[[str], bool], names: Collection[str] | None = None) -> int:
        """Take away files that nobody knows, and half-written ones that nobody writes; returns how many.

        `names` are those to judge, listed before it was found out what is known: a file that came
        in between is let be.
        """
        gone = 0
        for name in self.names() if names is None else names:
            if not is_known(name):
                self.shred(name)
                gone += 1
        for part in self._folder.rglob(f"*{_PART}"):
            if _is_abandoned(part):
                part.unlink(missing_ok=True)
                self._forget_empty(part.parent)
                gone += 1
        return gone

    def _pieces(self, name: str, file: IO[bytes], key: str) -> Iterator[bytes]:
        failed: list[BaseException] = []
        out, into = os.pipe()

        def decrypt() -> None:
            try:
                with file, os.fdopen(into, "wb", buffering=_BLOCK) as sink:
                    pyrage.decrypt_io(file, sink, [pyrage.x25519.Identity.from_str(key)])
            except BaseException as error:
                failed.append(error)

        worker = Thread(target=decrypt, name="vault-read", daemon=True)
        worker.start()
        with os.fdopen(out, "rb", buffering=0) as source:
            while piece := source.read(_BLOCK):
                yield piece
        worker.join()
        if failed:
            raise FileUnreadable(name) from None

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None or ".." in name:
            raise ValueError("a file of the vault has a name that was not made by us")
        return self._folder / f"{name}{_ENDING}"

    def _forget_empty(self, folder: Path) -> None:
        while folder != self._folder and self._folder in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


@contextmanager
def _through(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """A stream to write to, whose bytes `work` reads at the same time in a thread of its own."""
    failed: list[BaseException] = []
    out, into = os.pipe()

    def run() -> None:
        try:
            with os.fdopen(out, "rb", buffering=_BLOCK) as source:
                work(source)
        except BaseException as error:
            failed.append(error)

    worker = Thread(target=run, name="vault-write", daemon=True)
    worker.start()
    stream = os.fdopen(into, "wb", buffering=_BLOCK)
    try:
        yield stream
        stream.close()
    except BrokenPipeError:
        if not failed:
            worker.join()
        if not failed:
            raise
    finally:
        with suppress(BrokenPipeError):
            stream.close()
        worker.join()
    if failed:
        raise failed[0]


def _make_folder(folder: Path, top: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in (folder, *folder.parents):
        one.chmod(0o700)
        if one == top:
            return


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_abandoned(part: Path) -> bool:
    try:
        with part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return False
    return True

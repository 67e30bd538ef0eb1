"""The data folder: writable, and in the hands of one Vera at a time (S-64)."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from command.failure import CannotStart

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "ceph", "glusterfs"}
)


def prepare(folder: Path) -> Path:
    """Make the folder, for this user alone, and prove that it takes a file. Raises CannotStart."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"1")
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written ({_reason(error)}): give this user the right to, "
            "or choose another with VERA_DATA_DIR."
        ) from None
    return folder.resolve()


@contextmanager
def hold(folder: Path, name: str = "vera.lock") -> Iterator[None]:
    """Hold the folder for this process; the system lets go of it however the process ends. Raises CannotStart."""
    with (folder / name).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip()
            who = f" (process {holder})" if holder.isdigit() else ""
            raise CannotStart(
                f"Another Vera{who} works in the data folder {folder}: stop it first, or give this one its own "
                "VERA_DATA_DIR, VERA_PORT and VERA_DESK_PORT."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def on_network(folder: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """The kind of network file system that the folder lies on, if it does; SQLite's locks do not hold there."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None  # not Linux: no way to tell
    best, kind = "", ""
    for line in lines:
        _, point, system, *_ = line.split()
        point = point.replace("\\040", " ")
        inside = folder.is_relative_to(point)
        if inside and len(point) >= len(best):
            best, kind = point, system
    return kind if kind in _NETWORK else None


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()

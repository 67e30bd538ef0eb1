"""A real PostgreSQL for the tests that are marked `postgres`: the one that VERA_TEST_POSTGRES names, or one of our own.

Our own is made for one run of pytest, in a folder that goes with it, and listens on this machine only.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.driving.house import free_ports

EITHER: Final = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
"""For a fixture that is tried on both kinds of database."""

NAMED_BY = "VERA_TEST_POSTGRES"
"""The SQLAlchemy address of an empty database whose user may make databases and schemas."""

_PATIENCE = 60  # seconds until a server answers


class NoPostgres(Exception):
    """Nothing is named, and PostgreSQL is not installed here."""


def address() -> str:
    """Where the server is, for tests that are marked `postgres`. Raises KeyError in others."""
    return os.environ[NAMED_BY]


@contextmanager
def server() -> Iterator[None]:
    """The server for as long as the block lasts. Raises NoPostgres."""
    if os.environ.get(NAMED_BY):
        yield
        return
    programs = _programs()
    if programs is None:
        raise NoPostgres(f"PostgreSQL is not installed, and {NAMED_BY} names no database")
    folder = Path(tempfile.mkdtemp(prefix="vera-postgres-", dir="/tmp"))
    user = _user()
    if user is not None:
        shutil.chown(folder, user)
    try:
        yield from _our_own(programs, folder, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _our_own(programs: Path, folder: Path, user: str | None) -> Iterator[None]:
    data, [port] = folder / "data", free_ports(1)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, *arguments],
            user=user, cwd=folder, check=True, capture_output=True, timeout=2 * _PATIENCE,
        )  # fmt: skip

    run("initdb", "--pgdata", str(data), "--username=vera", "--auth=trust", "--encoding=UTF8",
        "--locale=C", "--no-sync")  # fmt: skip
    # What is tested is killed, never the server: it need not wait for the disk.
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=200"
    # Its own streams: a server that holds ours keeps whoever reads them waiting.
    start = ["start", "--wait", "--silent", f"--timeout={_PATIENCE}", "--log", str(folder / "log")]
    run("pg_ctl", *start, "--pgdata", str(data), "--options", options)
    os.environ[NAMED_BY] = f"postgresql+psycopg://vera@127.0.0.1:{port}/postgres"
    try:
        yield
    finally:
        del os.environ[NAMED_BY]
        run("pg_ctl", "stop", "--mode=immediate", "--silent", "--pgdata", str(data))


def _programs() -> Path | None:
    """The folder with `initdb` and `pg_ctl`; Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


def _user() -> str | None:
    """PostgreSQL never runs as root."""
    if os.getuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"

"""A real PostgreSQL for the tests that are marked `postgres`: the one that VERA_TEST_POSTGRES names, or one of our own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.driving.house import free_ports
from tests.driving.servers import ATTEMPTS, PATIENCE, Home, Kind

EITHER: Final = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
"""For a fixture that is tried on both kinds of database."""


@contextmanager
def _our_own(home: Home, programs: Path) -> Iterator[str]:
    home.run(programs / "initdb", "--pgdata", str(home.data), "--username=vera", "--auth=trust",
             "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
    port = _started(home, programs)
    try:
        yield f"postgresql+psycopg://vera@127.0.0.1:{port}/postgres"
    finally:
        stop = ["stop", "--mode=immediate", "--silent"]
        home.run(programs / "pg_ctl", *stop, "--pgdata", str(home.data))


def _started(home: Home, programs: Path) -> int:
    """The port on which it listens from now on."""
    # Its own streams: a server that holds ours keeps whoever reads them waiting.
    log = ["--log", str(home.folder / "log")]
    start = [
        "start",
        "--wait",
        "--silent",
        f"--timeout={PATIENCE}",
        *log,
        "--pgdata",
        str(home.data),
    ]
    attempt = 1
    while True:
        [port] = free_ports(1)
        # What is tested is killed, never the server: it need not wait for the disk.
        options = f"-p {port} -h 127.0.0.1 -k {home.folder} -c fsync=off -c max_connections=200"
        try:
            home.run(programs / "pg_ctl", *start, "--options", options)
            return port
        except subprocess.CalledProcessError:
            if attempt == ATTEMPTS:
                raise
            attempt += 1


POSTGRES: Final = Kind(
    marker="postgres",
    title="PostgreSQL",
    named_by="VERA_TEST_POSTGRES",  # an empty database whose user may make databases and schemas
    account="postgres",
    program="initdb",
    elsewhere="lib/postgresql/*/bin/initdb",
    starts=_our_own,
)


def address() -> str:
    """Where the server is, for tests that are marked `postgres`. Raises KeyError in others."""
    return POSTGRES.address()

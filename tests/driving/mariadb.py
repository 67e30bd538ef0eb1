"""A real MariaDB for the tests that are marked `mariadb`: the one that VERA_TEST_MARIADB names, or one of our own.

Only a company's systems are ever kept in one; Vera's own database is not.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pymysql
import pytest

from tests.driving.house import free_ports
from tests.driving.postgres import EITHER
from tests.driving.servers import ATTEMPTS, PATIENCE, Home, Kind

EVERY: Final = [*EITHER, pytest.param("mariadb", marks=pytest.mark.mariadb)]
"""For a fixture that is tried on each kind of database that a company's system may be."""

# As careless as an old server may be: it cuts texts that are too long, and its clock is not in UTC. Vera has to ask
# for better by herself. What is tested is killed, never the server: it need not wait for the disk.
_SETTINGS: Final = (
    "--sql-mode=", "--default-time-zone=+05:00", "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=64M",
    "--aria-pagecache-buffer-size=8M", "--key-buffer-size=1M", "--performance-schema=OFF", "--skip-log-bin",
    "--skip-name-resolve", "--max-connections=200", "--innodb-fast-shutdown=2",
)  # fmt: skip


@contextmanager
def _our_own(home: Home, programs: Path) -> Iterator[str]:
    # A server that starts removes the temporary tables of every other one that keeps them in the same folder.
    own = f"--tmpdir={home.folder}"
    # The first user has no password and every right, from this machine alone.
    home.run(programs / "mariadb-install-db", "--no-defaults", f"--datadir={home.data}", own,
             "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")  # fmt: skip
    # Debian keeps the server itself off the PATH of most users.
    places = (programs / "mariadbd", Path("/usr/sbin/mariadbd"))
    server = next(place for place in places if place.exists())
    for _ in range(ATTEMPTS):
        [port] = free_ports(1)
        running = _start(server, home, port, own)
        try:
            if _answers(running, home):
                # Without TLS, for which every connection would read all certificates there are.
                yield f"mariadb+pymysql://root@127.0.0.1:{port}/?ssl_disabled=true"
                return
        finally:
            running.kill()  # its folder goes with it
            running.wait(PATIENCE)
    log = (home.folder / "log").read_text(errors="replace")
    raise RuntimeError(f"MariaDB does not start: {log[-2000:]}")


def _start(server: Path, home: Home, port: int, *own: str) -> subprocess.Popen[bytes]:
    places = [f"--datadir={home.data}", f"--socket={home.folder / 'socket'}", f"--pid-file={home.folder / 'pid'}",
              f"--port={port}", "--bind-address=127.0.0.1"]  # fmt: skip
    with (home.folder / "log").open("ab") as log:
        return subprocess.Popen(
            [server, "--no-defaults", *places, *own, *_SETTINGS],
            user=home.user, cwd=home.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip


def _answers(running: subprocess.Popen[bytes], home: Home) -> bool:
    """Asked by its own socket: on its port another one may answer, that was quicker to take it."""
    deadline = time.monotonic() + PATIENCE
    while running.poll() is None and time.monotonic() < deadline:
        try:
            pymysql.connect(unix_socket=str(home.folder / "socket"), user="root", ssl_disabled=True).close()  # fmt: skip
            return True
        except pymysql.MySQLError:
            time.sleep(0.05)
    return False


MARIADB: Final = Kind(
    marker="mariadb",
    title="MariaDB",
    named_by="VERA_TEST_MARIADB",  # a server whose user may make databases
    account="mysql",
    program="mariadb-install-db",
    elsewhere="bin/mariadb-install-db",
    starts=_our_own,
)


def address() -> str:
    """Where the server is, for tests that are marked `mariadb`. Raises KeyError in others."""
    return MARIADB.address()

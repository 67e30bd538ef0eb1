"""What can be wrong before the start is one clear line that says what to do, and nothing is started."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from command import folder, ports, preflight
from command.failure import CannotStart
from privacy.settings import ROOT, Settings


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        yield other.getsockname()[1]


def vera(*command: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    bare = {key: value for key, value in os.environ.items() if not key.startswith("VERA_")}
    return subprocess.run(
        [sys.executable, "-m", "command", *command],
        cwd=ROOT,
        env={**bare, **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


def one_line(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.strip().splitlines()
    return line


def test_a_taken_port(tmp_path: Path, taken: int) -> None:
    line = one_line(vera("run", VERA_PORT=str(taken), VERA_DATA_DIR=str(tmp_path)))
    assert (
        line
        == f"Port {taken} is taken by another program: stop that program, or choose another port with VERA_PORT."
    )
    assert not (tmp_path / "run.json").exists()


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = one_line(vera("run", VERA_DATA_DIR=str(tmp_path / "file" / "var")))
    assert "cannot be written (not a directory)" in line and "VERA_DATA_DIR" in line


@pytest.mark.parametrize(
    ("name", "value"), [("VERA_PORT", "many"), ("VERA_TIME_ZONE", "Mars/Olympus")]
)
def test_a_setting_that_cannot_be(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CannotStart) as failure:
        preflight.read_settings()
    assert str(failure.value).startswith(f"{name} cannot be used: ") and "\n" not in str(
        failure.value
    )


def test_two_doors_on_one_port() -> None:
    with pytest.raises(CannotStart, match="both 8099"):
        preflight.check_ports(Settings(port=8099, desk_port=8099))


def test_an_address_that_is_not_of_this_machine() -> None:
    with pytest.raises(
        CannotStart, match="192.0.2.1 is not an address of this machine: set VERA_HOST"
    ):
        ports.check_free("192.0.2.1", 8080, "VERA_PORT", "VERA_HOST")


async def test_a_mail_server_that_is_not_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        port = closed.getsockname()[1]
        with pytest.raises(CannotStart) as failure:
            await preflight.check_carriers(Settings(smtp_url=f"smtp://me:secret@127.0.0.1:{port}"))
    assert f"127.0.0.1:{port}" in str(failure.value) and "VERA_SMTP_URL" in str(failure.value)
    assert "secret" not in str(failure.value)


async def test_a_mail_server_setting_that_is_none() -> None:
    with pytest.raises(CannotStart, match="VERA_SMTP_URL"):
        await preflight.check_carriers(Settings(smtp_url="mail.example.com"))


def test_one_vera_for_each_data_folder(tmp_path: Path) -> None:
    with folder.hold(tmp_path):
        with pytest.raises(CannotStart) as failure, folder.hold(tmp_path):
            pass
        assert f"process {os.getpid()}" in str(failure.value) and "VERA_DATA_DIR" in str(
            failure.value
        )
    with folder.hold(tmp_path):  # free again
        pass


def test_a_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    made = folder.prepare(tmp_path / "new" / "var")
    assert made.stat().st_mode & 0o077 == 0


def test_a_network_file_system_is_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/a / ext4 rw 0 0\nserver:/x /mnt/my\\040share nfs4 rw 0 0\n/dev/b /mnt/disk xfs rw 0 0\n"
    )
    assert folder.on_network(Path("/mnt/my share/var"), mounts) == "nfs4"
    assert folder.on_network(Path("/mnt/my sharevar"), mounts) is None
    assert folder.on_network(Path("/mnt/disk/var"), mounts) is None


def test_internal_ports_differ() -> None:
    taken: set[int] = set()
    assert len({ports.free_port(taken) for _ in range(20)}) == 20

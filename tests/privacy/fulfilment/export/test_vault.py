"""Files that nobody can read from the disk: written, read, lost, broken, swept."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.fulfilment.vault.vault import FileGone, FileUnreadable, Vault

ROOT = Path(__file__).resolve().parents[4]
SECRET = b"Jane Miller, Gartenstra\xc3\x9fe 14"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "packages")


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def put(vault: Vault, name: str, content: bytes) -> str:
    with vault.write(name) as file:
        file.stream.write(content)
    return file.key


def test_what_was_written_is_read_back_and_cannot_be_read_from_the_disk(
    vault: Vault, tmp_path: Path
) -> None:
    key = put(vault, "work/r1/shop", SECRET * 10_000)
    assert b"".join(vault.read("work/r1/shop", key)) == SECRET * 10_000
    assert SECRET not in everything_on_disk(tmp_path)
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_while_it_is_written_the_file_is_not_there_and_nothing_on_disk_is_readable(
    vault: Vault, tmp_path: Path
) -> None:
    with vault.write("a") as file:
        file.stream.write(SECRET * 100_000)
        assert not vault.has("a")
        assert vault.names() == []
        assert SECRET not in everything_on_disk(tmp_path)
    assert vault.names() == ["a"]


def test_a_block_that_fails_leaves_nothing(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(LookupError), vault.write("a") as file:
        file.stream.write(SECRET)
        raise LookupError
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_another_key_opens_nothing(vault: Vault) -> None:
    put(vault, "a", SECRET)
    other = put(vault, "b", b"other")
    with pytest.raises(FileUnreadable):
        list(vault.read("a", other))
    with pytest.raises(FileUnreadable):
        list(vault.read("a", "no key at all"))


def test_changed_or_cut_bytes_are_noticed(vault: Vault, tmp_path: Path) -> None:
    key = put(vault, "a", os.urandom(300_000))
    path = tmp_path / "packages" / "a.age"
    whole = path.read_bytes()
    for broken in (
        whole[:-1],
        whole[: len(whole) // 2],
        whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:],
    ):
        path.write_bytes(broken)
        with pytest.raises(FileUnreadable):
            list(vault.read("a", key))


def test_a_reader_who_stops_early_leaves_no_thread(vault: Vault) -> None:
    key = put(vault, "a", os.urandom(2_000_000))
    reader = vault.read("a", key)
    assert next(reader)
    reader.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name == "vault-read":
            thread.join(5)
            assert not thread.is_alive()


def test_what_is_gone_is_said_to_be_gone(vault: Vault) -> None:
    key = put(vault, "a", SECRET)
    vault.shred("a")
    vault.shred("a")
    with pytest.raises(FileGone):
        vault.read("a", key)
    with pytest.raises(FileGone):
        vault.size_on_disk("a")


@pytest.mark.parametrize("name", ["../a", "/a", "a/../b", "A", "", "a b", "a//b", "a\x00", "é"])
def test_names_that_are_not_ours_are_refused(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="not made by us"), vault.write(name):
        pass


def test_the_sweeper_takes_what_nobody_knows_and_lets_writers_be(
    vault: Vault, tmp_path: Path
) -> None:
    put(vault, "known", b"1")
    put(vault, "work/r1/shop", b"2")
    folder = tmp_path / "packages"
    (folder / "work" / "r2").mkdir()
    (folder / "work" / "r2" / "shop.age.0011.part").write_bytes(b"left by a process that died")
    with vault.write("busy") as file:
        file.stream.write(b"3")
        assert vault.sweep(lambda name: name == "known") == 2
    assert vault.names() == ["busy", "known"]
    assert not (folder / "work").exists()


def test_a_file_that_came_after_the_listing_is_let_be(vault: Vault) -> None:
    listed = vault.names()
    put(vault, "new", b"1")
    assert vault.sweep(lambda name: False, listed) == 0
    assert vault.names() == ["new"]


def test_a_process_killed_while_writing_leaves_no_file_and_nothing_readable(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from privacy.fulfilment.vault.vault import Vault
        with Vault(Path({str(tmp_path)!r})).write("a") as file:
            file.stream.write({SECRET!r} * 100_000)
            file.stream.flush()
            sys.stdout.write("half\\n"); sys.stdout.flush()
            time.sleep(600)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE
    ) as dying:
        assert dying.stdout is not None
        dying.stdout.readline()
        assert Vault(tmp_path).sweep(lambda name: True) == 0, "somebody is writing it"
        dying.send_signal(signal.SIGKILL)
    vault = Vault(tmp_path)
    assert vault.names() == []
    assert SECRET not in everything_on_disk(tmp_path)
    assert vault.sweep(lambda name: True) == 1
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_disk_that_is_full_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyrage  # type: ignore[import-untyped]

    def full(source: object, sink: object, recipients: object) -> None:
        source.read(10)  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyrage, "encrypt_io", full)
    vault = Vault(tmp_path)
    with pytest.raises(OSError, match="No space"), vault.write("a") as file:
        for _ in range(1000):
            file.stream.write(b"x" * 65536)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


# ---- any bytes ------------------------------------------------------------------------------------


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.lists(st.binary(max_size=200_000), max_size=3))
def test_any_bytes_come_back(vault: Vault, content: list[bytes]) -> None:
    with vault.write("any") as file:
        for piece in content:
            file.stream.write(piece)
    assert b"".join(vault.read("any", file.key)) == b"".join(content)

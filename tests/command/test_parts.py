"""Each part is told only what it needs, and no secret stands on a command line."""

from pathlib import Path

import pytest

from command.failure import CannotStart
from command.parts import Plan, plan, whole_paths
from command.preflight import read_settings
from command.serving import serve
from command.supervision import Part
from privacy.settings import Settings

INHERITED = {
    "PATH": "/usr/bin",
    "HOME": "/home/vera",
    "LC_ALL": "C.UTF-8",
    "SHOP_DB_PASSWORD": "hunter2",
    "VERA_DATABASE_URL": "postgresql://vera:hunter2@db/vera",
    "VERA_COMPANY_NAME": "Acme",
    "PYTHONPATH": "/somewhere",
}


def made(folder: Path, **settings: str) -> tuple[Plan, dict[str, Part]]:
    chosen = Settings(data_dir=folder).model_copy(update=settings)
    planned = plan(chosen, folder, folder / "model.tar.gz", INHERITED)
    return planned, {part.name: part for part in planned.parts}


def test_rasa_and_the_mailbox_get_none_of_the_company_s_settings(tmp_path: Path) -> None:
    _, parts = made(tmp_path)
    for name in ("rasa", "mailbox"):
        environment = parts[name].environment
        assert "hunter2" not in str(environment) and "Acme" not in str(environment)
        assert environment["PATH"] == "/usr/bin" and environment["LC_ALL"] == "C.UTF-8"
    assert {key for key in parts["rasa"].environment if key.startswith("VERA_")} == {
        "VERA_RASA_PORT", "VERA_ACTIONS_URL", "VERA_INTERNAL_SECRET", "VERA_TRACKER_DB", "VERA_MODEL", "VERA_RASA_LOG_LEVEL",
    }  # fmt: skip
    assert not [key for key in parts["mailbox"].environment if key.startswith("VERA_")]


def test_the_service_gets_all_settings_and_what_the_data_map_may_name(tmp_path: Path) -> None:
    _, parts = made(tmp_path)
    environment = parts["service"].environment
    assert (
        environment["SHOP_DB_PASSWORD"] == "hunter2" and environment["VERA_COMPANY_NAME"] == "Acme"
    )
    assert "PYTHONPATH" not in environment
    assert environment["VERA_SMTP_URL"] == f"smtp://127.0.0.1:{parts['mailbox'].ports['smtp']}"
    assert environment["VERA_INTERNAL_SECRET"] == parts["rasa"].environment["VERA_INTERNAL_SECRET"]


def test_the_secret_is_new_each_time_and_never_on_a_command_line(tmp_path: Path) -> None:
    secrets = set()
    for _ in range(2):
        _, parts = made(tmp_path)
        secret = parts["rasa"].environment["VERA_INTERNAL_SECRET"]
        assert len(secret) >= 32
        assert not any(secret in word for part in parts.values() for word in part.command)
        secrets.add(secret)
    assert len(secrets) == 2


def test_a_mail_server_of_one_s_own_takes_the_mailbox_s_place(tmp_path: Path) -> None:
    planned, parts = made(tmp_path, smtp_url="smtp://127.0.0.1:2525")
    assert planned.mailbox is None and "mailbox" not in parts


def test_rasa_is_on_loopback_whatever_the_chat_is_on(tmp_path: Path) -> None:
    planned, parts = made(tmp_path, host="0.0.0.0", desk_host="::1")
    assert parts["rasa"].health.startswith("http://127.0.0.1:")
    assert planned.chat == "http://127.0.0.1:8080/chat" and planned.desk == "http://[::1]:8081"


async def test_the_service_does_not_start_without_the_secret(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="started by `vera run`"):
        await serve(Settings(data_dir=tmp_path))


def test_paths_mean_the_folder_in_which_vera_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("VERA_DATA_DIR", "VERA_POLICY", "VERA_DATAMAP", "VERA_TOMBSTONES"):
        monkeypatch.setenv(name, f"mine/{name.lower()}")
    told = whole_paths(read_settings())
    assert told == {name: str(tmp_path / "mine" / name.lower()) for name in told}
    assert "VERA_TOMBSTONES" in told
    monkeypatch.delenv("VERA_TOMBSTONES")
    assert whole_paths(read_settings())["VERA_TOMBSTONES"] == ""

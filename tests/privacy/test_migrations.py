"""The migrations make exactly the tables that the code describes, and may be run again."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from privacy.store.database import Database
from privacy.store.migrations import configuration, newest_step, upgrade
from privacy.store.schema import metadata


def test_a_migrated_database_is_what_the_tables_say(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'vera.db'}"
    upgrade(url)
    upgrade(url)
    database = Database(url)
    with database.read() as tx:
        differences = compare_metadata(MigrationContext.configure(tx), metadata)
    database.close()
    assert differences == []


def test_the_history_of_requests_is_guarded_by_the_database_itself(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'vera.db'}"
    upgrade(url)
    database = Database(url)
    with database.read() as tx:
        triggers = (
            tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .scalars()
            .all()
        )
    database.close()
    assert {"request_event_never_changes", "request_event_never_goes"} <= set(triggers)


def test_a_database_of_today_is_left_alone_and_an_older_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'vera.db'}"
    command.upgrade(configuration(url), "0001")
    steps: list[str] = []
    run = command.upgrade

    def watched(config: object, to: str) -> None:
        steps.append(to)
        run(config, to)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "upgrade", watched)
    upgrade(url)
    assert steps == ["head"]
    upgrade(url)
    assert steps == ["head"]


def test_the_newest_step_is_the_one_that_alembic_ends_with() -> None:
    assert ScriptDirectory.from_config(configuration("sqlite://")).get_heads() == [newest_step()]

"""The migrations make exactly the tables that the code describes, and may be run again."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from privacy.store.database import Database
from privacy.store.migrations import upgrade
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

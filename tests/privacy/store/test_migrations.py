"""The migrations make exactly what the tables say, on SQLite and PostgreSQL, and keep what an older database holds."""

import ast
import importlib
import pkgutil
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, insert, inspect, make_url, select, text
from sqlalchemy.engine.interfaces import ReflectedIndex
from sqlalchemy.exc import DBAPIError

import privacy.store.tables
from privacy.clock import FixedClock
from privacy.fulfilment.books.works import Works, WorkState
from privacy.requests import State
from privacy.store.database import Database
from privacy.store.migrations import HERE, configuration, newest_step, upgrade
from privacy.store.schema import metadata
from privacy.store.tables.fulfilment import work
from privacy.store.tables.requests import request, request_deadline, request_event
from tests.driving.postgres import EITHER, address
from tests.privacy.filing.filing_world import POLICY

for _module in pkgutil.iter_modules(privacy.store.tables.__path__):
    importlib.import_module(f"privacy.store.tables.{_module.name}")

TRIGGERS = {
    "sqlite": {
        "audit_checkpoint_never_changes",
        "audit_checkpoint_never_goes",
        "audit_never_changes",
        "audit_never_goes",
        "request_event_never_changes",
        "request_event_never_goes",
    },
    "postgresql": {
        "audit_append_only",
        "audit_checkpoint_append_only",
        "audit_checkpoint_never_emptied",
        "audit_never_emptied",
        "request_event_append_only",
        "request_event_never_emptied",
    },
}


class Databases:
    """Empty databases of one kind."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._kind, self._folder = kind, folder
        self._made: list[str] = []
        self._open: list[Database] = []

    def fresh(self) -> str:
        name = f"vera_steps_{uuid.uuid4().hex[:12]}"
        if self._kind == "sqlite":
            return f"sqlite:///{self._folder / name}.db"
        self._on_server(f"CREATE DATABASE {name}")
        self._made.append(name)
        return make_url(address()).set(database=name).render_as_string(hide_password=False)

    def open(self, url: str) -> Database:
        self._open.append(Database(url))
        return self._open[-1]

    def made_by_the_steps(self) -> Database:
        url = self.fresh()
        upgrade(url)
        return self.open(url)

    def close(self) -> None:
        for database in self._open:
            database.close()
        for name in self._made:
            self._on_server(f"DROP DATABASE {name} WITH (FORCE)")

    def _on_server(self, statement: str) -> None:
        server = create_engine(address(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with server.connect() as connection:
            connection.exec_driver_sql(statement)


@pytest.fixture(params=EITHER)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    databases = Databases(request.param, tmp_path)
    yield databases
    databases.close()


# -- the same as the tables --------------------------------------------------------------------------------------------


def test_a_migrated_database_is_what_the_tables_say(databases: Databases) -> None:
    url = databases.fresh()
    upgrade(url)
    upgrade(url)
    stepped = databases.open(url)
    with stepped.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    straight = databases.open(databases.fresh())
    metadata.create_all(straight.engine)
    assert described(stepped) == described(straight)


def test_the_database_itself_guards_history_and_audit(databases: Databases) -> None:
    database = databases.made_by_the_steps()
    assert triggers(database).keys() == TRIGGERS[database.engine.dialect.name]
    straight = databases.open(databases.fresh())
    metadata.create_all(straight.engine)
    assert triggers(database) == triggers(straight)


def test_a_step_takes_nothing_from_the_tables_of_today() -> None:
    """A later change of a table, a column or a trigger must not change what an old step did."""
    for step in sorted((HERE / "versions").glob("[0-9]*.py")):
        imported = [
            node.module or ""
            for node in ast.walk(ast.parse(step.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom)
        ]
        assert set(imported) <= {"alembic", "privacy.store.schema"}, step.name


# -- a database that was in use ----------------------------------------------------------------------------------------


@pytest.fixture
def used(databases: Databases, clock: FixedClock) -> Database:
    """A database of the first step with requests in it, brought to today."""
    url = databases.fresh()
    command.upgrade(configuration(url), "0001")
    old = databases.open(url)
    with old.write() as tx:
        for number, (kind, state) in enumerate(
            [("access", "received"), ("delete", "received"), ("export", "checking_identity"), ("object", "cancelled")]
        ):  # fmt: skip
            closed = clock.now() if state == "cancelled" else None
            tx.execute(
                insert(request).values(
                    id=f"r{number}", reference=f"PR-0000-000{number}", kind=kind, subject_index=f"s{number}",
                    scope="", sealed_subject=b"s", sealed_contact=b"c", sealed_details=b"d", state=state,
                    received_at=clock.now(), due_at=clock.now() + timedelta(days=15), closed_at=closed,
                    conversation=f"web:{number}", turn="t1", channel="web", language="en", version=1,
                )
            )  # fmt: skip
            tx.execute(
                insert(request_event).values(
                    request=f"r{number}", seq=1, at=clock.now(), actor="customer", event="filed", data={}
                )
            )  # fmt: skip
            tx.execute(
                insert(request_deadline).values(
                    request=f"r{number}", law="gdpr", due_at=clock.now(), basis="1 month", source="Art. 12(3)"
                )
            )  # fmt: skip
    old.close()
    upgrade(url)
    return databases.open(url)


def test_an_older_database_keeps_what_it_holds(used: Database) -> None:
    with used.read() as tx:
        assert tx.execute(select(request.c.id, request.c.state).order_by(request.c.id)).all() == [
            ("r0", "received"),
            ("r1", "received"),
            ("r2", "checking_identity"),
            ("r3", "cancelled"),
        ]
        assert len(tx.execute(select(request_event)).all()) == 4
        assert len(tx.execute(select(request_deadline)).all()) == 4
    for statement in ("UPDATE request_event SET actor = 'x'", "DELETE FROM request_event"):
        with pytest.raises(DBAPIError, match="append-only"), used.write() as tx:
            tx.execute(text(statement))


def test_what_was_filed_before_is_carried_out_from_now_on(
    used: Database, clock: FixedClock
) -> None:
    """Once: what is closed stays closed, what a person has to settle waits, a deletion can be undone first."""
    works, later = Works(POLICY), clock.now() + timedelta(days=100)
    adopted = []
    for _ in range(2):
        with used.write() as tx:
            adopted.append(works.adopt(tx, later))
    assert adopted == [2, 0]
    with used.read() as tx:
        rows = tx.execute(
            select(work.c.request, work.c.state, work.c.due_at).order_by(work.c.request)
        ).all()
        deletion = tx.execute(select(request.c.state).where(request.c.id == "r1")).scalar_one()
    undo = timedelta(days=POLICY.deletion.undo_days)
    assert rows == [("r0", WorkState.DUE, later), ("r1", WorkState.DUE, later + undo)]
    assert deletion == State.SCHEDULED


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


def described(database: Database) -> dict[str, Any]:
    """Every table as the database itself describes it."""
    about = inspect(database.engine)
    return {
        name: {
            "columns": [
                (one["name"], str(one["type"]), one["nullable"], one["default"])
                for one in about.get_columns(name)
            ],
            "key": about.get_pk_constraint(name),
            "foreign": sorted(map(str, about.get_foreign_keys(name))),
            "unique": sorted(str(sorted(one.items(), key=str)) for one in about.get_unique_constraints(name)),
            "checks": sorted((one["name"] or "", one["sqltext"]) for one in about.get_check_constraints(name)),
            "indexes": sorted(map(_index, about.get_indexes(name))),
        }
        for name in about.get_table_names()
        if name != "alembic_version"
    }  # fmt: skip


def _index(one: ReflectedIndex) -> str:
    options = {key: str(value) for key, value in one.get("dialect_options", {}).items()}
    return f"{one['name']} {one['column_names']} {one['unique']} {sorted(options.items())}"


def triggers(database: Database) -> dict[str, str]:
    """Every trigger and what it does."""
    found = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname, pg_get_triggerdef(t.oid) || prosrc FROM pg_trigger t"
        " JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal",
    }
    with database.read() as tx:
        rows = tx.exec_driver_sql(found[tx.dialect.name]).all()
    return {name: " ".join(does.split()) for name, does in rows}

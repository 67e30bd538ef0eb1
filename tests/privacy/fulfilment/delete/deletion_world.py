"""A world for the tests of deletion: the sample company's real databases, everything that carries a deletion out,
and SQL to look at what is left.
"""

import shutil
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from demo.company import build
from privacy.clock import FixedClock
from privacy.contacts import Contact, parse_contact
from privacy.datamap.load import load_datamap
from privacy.datamap.parts import ManualSystem
from privacy.datamap.scope import EVERYTHING, Scope
from privacy.filing import Filed
from privacy.fulfilment.delete.course import DeleteCourse, DeleteParts
from privacy.fulfilment.delete.holds import Holds
from privacy.fulfilment.delete.kept import Kept
from privacy.fulfilment.delete.notes import DeletionNotes
from privacy.fulfilment.delete.plan import DeletionPlanner
from privacy.fulfilment.delete.replay import Replay
from privacy.fulfilment.delete.tombstones import Tombstones
from privacy.fulfilment.engine.carrying_out import CarryingOut
from privacy.fulfilment.telling.recipients import Recipients
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import kept_record
from privacy.store.tables.requests import request
from privacy.systems.company import CompanyDirectory
from tests.privacy.filing.filing_world import BERLIN, POLICY, draft
from tests.privacy.fulfilment.work_world import Straight, WorkWorld

JANE = "jane.miller@example.com"
SYSTEMS = ("shop", "support", "newsletter")


def contact(text: str) -> Contact:
    found = parse_contact(text)
    assert found is not None
    return found


class DeletionWorld(WorkWorld):
    """The sample company, and deletions in it."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: FixedClock,
        folder: Path,
        more: Mapping[str, ManualSystem] | None = None,
    ) -> None:
        super().__init__(database, keyring, clock, folder)
        self.folder = folder / "demo"
        build(self.folder, today=datetime.fromisoformat("2026-11-21T10:00:00+00:00"))
        datamap = load_datamap(ROOT / "demo" / "datamap.yml", folder, {})
        self.datamap = datamap.model_copy(update={"systems": {**datamap.systems, **(more or {})}})
        self.directory = CompanyDirectory(self.datamap, keyring)
        self.planner = DeletionPlanner(self.directory, clock)
        self.holds = Holds(keyring, clock, self.datamap.region)
        self.kept = Kept(database, keyring, clock, self.directory, self.holds)
        self.ledger = folder / "elsewhere" / "tombstones.jsonl"
        self.tombstones = Tombstones(self.ledger, keyring)
        self.replay = Replay(self.directory, self.tombstones, database, self.kept, self.holds)
        self.deletion_notes = DeletionNotes(self.notes)
        self.delete_course = DeleteCourse(
            DeleteParts(
                database=database,
                clock=clock,
                policy=POLICY,
                zone=BERLIN,
                company=self.directory,
                notes=self.deletion_notes,
                progress=self.progress,
                tasks=self.tasks,
                news=self.news,
                holds=self.holds,
                kept=self.kept,
                tombstones=self.tombstones,
                recipients=Recipients(self.mails, self.tasks, lambda: self.datamap),
            )
        )
        self.courses["delete"] = self.delete_course
        self.carrying_out = CarryingOut(
            database,
            keyring,
            clock,
            self.works,
            self.progress,
            self.notes,
            self.directory,
            self.courses,
            self.ends,
        )

    def subject(self, text: str) -> str:
        """The one person with this contact."""
        [subject] = {record.subject for record in self.directory.find(contact(text))}
        return subject

    def file_delete(
        self, text: str = JANE, scope: Scope = EVERYTHING, subject: str | None = None
    ) -> Filed:
        """File a deletion as its proven owner."""
        proof = self.proven("delete", subject or self.subject(text), contact=contact(text))
        details = {"scope": scope.as_text()} if not scope.is_all else {}
        turn = f"delete {text} {len(self.proofs)} {self.clock.now()}"
        return self.filing.file(draft("delete", **details), proof, turn)

    def delete(
        self, text: str = JANE, scope: Scope = EVERYTHING, subject: str | None = None
    ) -> Filed:
        """File it, let the days of undo pass, and do what is due."""
        filed = self.file_delete(text, scope, subject)
        self.clock.move(timedelta(days=POLICY.deletion.undo_days))
        self.ended = self.work(Straight())
        return filed

    def sql(self, system: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / f"{system}.db") as database:
            return database.execute(statement, values).fetchall()

    def one(self, system: str, statement: str, *values: object) -> Any:
        [[found]] = self.sql(system, statement, *values)
        return found

    def dump(self, *systems: str) -> dict[str, list[str]]:
        """Every row of these systems."""
        found = {}
        for system in systems or SYSTEMS:
            with sqlite3.connect(self.folder / f"{system}.db") as database:
                found[system] = sorted(database.iterdump())
        return found

    def backup(self) -> Path:
        """Copy the company's databases."""
        to = self.folder.parent / f"backup-{self.clock.now():%Y%m%d}"
        shutil.copytree(self.folder, to)
        return to

    def restore(self, backup: Path, *systems: str) -> None:
        """Put copies back."""
        for system in systems or SYSTEMS:
            shutil.copy(backup / f"{system}.db", self.folder / f"{system}.db")

    def request_row(self, reference: str) -> Mapping[str, Any]:
        with self.database.read() as tx:
            found = select(request).where(request.c.reference == reference)
            return dict(tx.execute(found).mappings().one())

    def kept_rows(self) -> list[Mapping[str, Any]]:
        with self.database.read() as tx:
            return [dict(row) for row in tx.execute(select(kept_record)).mappings()]

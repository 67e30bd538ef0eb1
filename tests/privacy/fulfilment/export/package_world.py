"""The sample company, really built and really read, behind courses that are really carried out: for the tests of
seeing, viewing and exporting.
"""

import atexit
import io
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from demo.company import build
from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.datamap.load import load_datamap
from privacy.datamap.model import DataMap
from privacy.datamap.scope import Scope
from privacy.errors import SystemDown
from privacy.filing import Filed
from privacy.fulfilment.export.course import ExportCourse
from privacy.fulfilment.export.packages import Packages
from privacy.fulfilment.job import Places
from privacy.fulfilment.see.course import SeeCourse
from privacy.fulfilment.see.viewing import Viewing
from privacy.fulfilment.tasks.by_hand import ByHand
from privacy.fulfilment.vault.vault import Vault
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import package
from privacy.store.tables.requests import request
from privacy.systems.company import CompanyDirectory
from privacy.systems.port import Place, System
from tests.privacy.filing.filing_world import BERLIN, POLICY, draft
from tests.privacy.fulfilment.work_world import WorkWorld

JANE = Contact("email", "jane.miller@example.com")
ORIGIN = "https://privacy.company.example"
BUILT = datetime(2026, 11, 1, tzinfo=UTC)


@cache
def _built() -> Path:
    """Built once for all tests of a process."""
    folder = Path(tempfile.mkdtemp(prefix="vera-sample-company-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    build(folder / "demo", today=BUILT)
    return folder


def sample_company(folder: Path) -> DataMap:
    """The three databases, and the map of them."""
    shutil.copytree(_built() / "demo", folder / "demo", dirs_exist_ok=True)
    return load_datamap(ROOT / "demo" / "datamap.yml", data_dir=folder)


class Company:
    """The company's systems; each can be away, and remembers what it was asked."""

    def __init__(self, datamap: DataMap, keyring: Keyring) -> None:
        self.directory = CompanyDirectory(datamap, keyring)
        self.away: set[str] = set()
        self.asked: list[str] = []

    @property
    def datamap(self) -> DataMap:
        return self.directory.datamap

    def system(self, name: str) -> System:
        self.asked.append(name)
        return _Watched(self.directory.system(name), self)  # type: ignore[return-value]

    def places(self, contact: Contact, subject: str) -> dict[str, tuple[Place, ...]]:
        return self.directory.places(contact, subject)


class _Watched:
    def __init__(self, system: System, company: Company) -> None:
        self._system = system
        self._company = company
        self.name = system.name
        self.is_manual = system.is_manual

    def counts(self, *args: Any) -> Any:
        self._refuse()
        return self._system.counts(*args)

    def rows(self, *args: Any, **more: Any) -> Any:
        self._refuse()
        return self._system.rows(*args, **more)

    def _refuse(self) -> None:
        if self.name in self._company.away:
            raise SystemDown(self.name)


class PackageWorld(WorkWorld):
    """Requests of the sample company's customers."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: FixedClock,
        folder: Path,
        datamap: DataMap | None = None,
    ) -> None:
        super().__init__(database, keyring, clock, folder)
        self.folder = folder
        self.datamap = datamap or sample_company(folder)
        self.systems = Company(self.datamap, keyring)
        self.vault = Vault(folder / "packages")
        self.by_hand = ByHand(database, clock, self.systems, self.tasks, self.progress)
        self.export = ExportCourse(
            database, keyring, clock, self.systems, self.vault, self.progress, self.by_hand, POLICY,
            zone=BERLIN, origin=ORIGIN,
        )  # fmt: skip
        self.see = SeeCourse(
            database, clock, self.systems, self.progress, self.by_hand, self.news,
            zone=BERLIN, origin=ORIGIN,
        )  # fmt: skip
        self.viewing = Viewing(self.systems, keyring, clock, BERLIN)
        self.packages = Packages(database, keyring, clock, self.vault, POLICY, self.mails)
        self.courses["export"] = self.export
        self.courses["access"] = self.see
        self.scope = Scope()

    def knows(self, contact: Contact) -> str:
        """Let requests find this person's rows; returns the subject."""
        subject = self.systems.directory.find(contact)[0].subject
        self.company.known["shop:17"] = self.systems.places(contact, subject)
        return subject

    def places(self) -> Places:
        return self.company.known["shop:17"]

    def ask(
        self, kind: str, scope: Scope | None = None, details: dict[str, str] | None = None
    ) -> Filed:
        more = {"scope": scope.as_text()} if scope else {}
        return self.filing.file(
            draft(kind, **{**more, **(details or {})}), self.proven(kind), f"turn of {kind}"
        )

    def request_of(self, filed: Filed) -> str:
        with self.database.read() as tx:
            return str(
                tx.execute(
                    select(request.c.id).where(request.c.reference == filed.reference)
                ).scalar_one()
            )

    def exported(self, filed: Filed, subjects: Sequence[str] = ("shop:17",)) -> zipfile.ZipFile:
        """The package, taken as its customer would."""
        view = self.packages.open_for(self.request_of(filed), subjects)
        assert view is not None
        taken = self.packages.take(view.id, subjects)
        return zipfile.ZipFile(io.BytesIO(b"".join(taken.pieces)))

    def on_disk(self) -> bytes:
        return b"".join(
            path.read_bytes() for path in (self.folder / "packages").rglob("*") if path.is_file()
        )


__all__ = ["BERLIN", "JANE", "ORIGIN", "POLICY", "Company", "PackageWorld", "insert", "package", "sample_company"]  # fmt: skip

"""Packages that are ready: opened for the person they belong to, handed out a few times, removed early or in
time.

Every look-up names the subject too (S-46): a package of somebody else is the same as none. Its key lies sealed
in its row; when the key goes, the file is noise, in backups too.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import structlog
from sqlalchemy import Connection, RowMapping, Select, select, update

from privacy import audit
from privacy.clock import Clock
from privacy.errors import RequestNotFound
from privacy.filing.holders import index_of, open_mail_to
from privacy.fulfilment.vault.vault import Vault
from privacy.mail.port import Outbox
from privacy.policy import Policy
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import package
from privacy.store.tables.requests import request

log = structlog.get_logger()

KEY: Final = "package.sealed_key"
_IDS: Final = uuid.UUID("5e5d5f6e-2f0d-4c0b-9f0e-6d9d6a3c6f11")
_FILES, _WORK = "files", "work"

type PackageState = Literal["ready", "used_up", "expired", "removed"]


class PackageGone(Exception):
    """The package cannot be had any more; `state` says why."""

    def __init__(self, state: PackageState) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True, slots=True)
class PackageView:
    """A package as its customer sees it."""

    id: str
    reference: str
    state: PackageState
    size: int
    rows: int
    sha256: str
    made_at: datetime
    expires_at: datetime
    downloads: int
    downloads_left: int
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A package on its way out: its bytes in pieces, how many, their hash, and a name for the file."""

    pieces: Iterator[bytes]
    size: int
    sha256: str
    name: str


class Packages:
    """Hands packages out."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        vault: Vault,
        policy: Policy,
        outbox: Outbox,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._vault = vault
        self._policy = policy
        self._outbox = outbox

    def open_for(self, request_id: str, subjects: Sequence[str]) -> PackageView | None:
        """The package of a request, if it belongs to these subjects and there is one."""
        with self._database.read() as tx:
            row = self._find(tx, package.c.request == request_id, subjects)
        return self._view(row) if row is not None else None

    def take(self, id: str, subjects: Sequence[str]) -> Taken:
        """Hand the package out once more, and count it.

        Raises RequestNotFound where these subjects have no such package; PackageGone.
        """
        now = self._clock.now()
        name = ""
        with self._database.write() as tx:
            row = self._find(tx, package.c.id == id, subjects)
            if row is None:
                raise RequestNotFound(id)
            # Counted and checked in one statement: of two that come at once for the last time, one gets it.
            counted = tx.execute(
                update(package)
                .where(
                    package.c.id == id,
                    package.c.removed_at.is_(None),
                    package.c.sealed_key.is_not(None),
                    package.c.expires_at > now,
                    package.c.downloads < self._policy.fulfilment.package_downloads,
                )
                .values(downloads=package.c.downloads + 1)
                .returning(package.c.sealed_key)
            ).scalar()
            name = file_of(row["request"])
            if counted is None or not self._vault.has(name):
                state = self._view(row).state
                raise PackageGone(state if state != "ready" else "removed")
            key = self._keyring.open(counted, KEY)
            audit.note(tx, actor="customer", act="package.downloaded", request=row["request"])
        return Taken(
            self._vault.read(name, key),
            row["size"],
            row["sha256"],
            name_of(row["reference"]),
        )

    def remove(self, id: str, subjects: Sequence[str]) -> PackageView:
        """Remove the package now, as its customer wants; once more changes nothing.

        Raises RequestNotFound.
        """
        with self._database.write() as tx:
            row = self._find(tx, package.c.id == id, subjects)
            if row is None:
                raise RequestNotFound(id)
            if self._forget(tx, row):
                self._tell(tx, row, by="customer")
                audit.note(tx, actor="customer", act="package.removed", request=row["request"])
            row = self._find(tx, package.c.id == id, subjects)
            assert row is not None
        self._vault.shred(file_of(row["request"]))
        return self._view(row)

    def expire(self) -> int:
        """Remove what is past its time; returns how many. Who never fetched it is told."""
        now = self._clock.now()
        with self._database.write() as tx:
            due = (
                tx.execute(
                    _joined().where(package.c.removed_at.is_(None), package.c.expires_at <= now)
                )
                .mappings()
                .all()
            )
            for row in due:
                if self._forget(tx, row):
                    audit.note(tx, actor="service", act="package.expired", request=row["request"])
                    if row["downloads"] == 0:
                        self._tell(tx, row, by="time")
        for row in due:
            self._vault.shred(file_of(row["request"]))
        if due:
            log.info("packages_expired", count=len(due))
        return len(due)

    def sweep(self) -> int:
        """Take away files without a row, what was collected for requests that are closed, and half-written
        files that nobody writes; returns how many."""
        names = self._vault.names()  # before the rows: what comes in between is let be
        with self._database.read() as tx:
            kept = set(
                tx.execute(
                    select(package.c.request).where(package.c.sealed_key.is_not(None))
                ).scalars()
            )
            unfinished = set(
                tx.execute(select(request.c.id).where(request.c.closed_at.is_(None))).scalars()
            )
        files = {file_of(one) for one in kept | unfinished}
        gone = self._vault.sweep(
            lambda name: (
                name in files
                if name.startswith(f"{_FILES}/")
                else name.split("/")[1:2] in [[one] for one in unfinished]
                if name.startswith(f"{_WORK}/")
                else True
            ),
            names,
        )
        if gone:
            log.info("packages_swept", count=gone)
        return gone

    def _find(
        self, tx: Connection, condition: object, subjects: Sequence[str]
    ) -> RowMapping | None:
        own = request.c.subject_index == index_of(self._keyring, subjects)
        return tx.execute(_joined().where(condition, own)).mappings().one_or_none()  # type: ignore[arg-type]

    def _forget(self, tx: Connection, row: RowMapping) -> bool:
        """Destroy the key; False where somebody else did."""
        removed = tx.execute(
            update(package)
            .where(package.c.id == row["id"], package.c.removed_at.is_(None))
            .values(sealed_key=None, removed_at=self._clock.now())
        )
        return removed.rowcount == 1

    def _tell(self, tx: Connection, row: RowMapping, *, by: Literal["customer", "time"]) -> None:
        to = open_mail_to(self._keyring, row["sealed_contact"])
        self._outbox.add(
            tx,
            kind="package_removed",
            to=to,
            dedupe_key=f"package_removed:{row['reference']}",
            language=row["language"],
            values={"reference": row["reference"], "by": by},
            deliver=bool(to),
        )

    def _view(self, row: RowMapping) -> PackageView:
        most = self._policy.fulfilment.package_downloads
        state: PackageState = "ready"
        if row["expires_at"] <= self._clock.now():
            state = "expired"
        elif row["removed_at"] is not None:
            state = "removed"
        elif row["downloads"] >= most:
            state = "used_up"
        return PackageView(
            id=row["id"],
            reference=row["reference"],
            state=state,
            size=row["size"],
            rows=row["rows"],
            sha256=row["sha256"],
            made_at=row["made_at"],
            expires_at=row["expires_at"],
            downloads=row["downloads"],
            downloads_left=max(most - row["downloads"], 0) if state == "ready" else 0,
            removed_at=row["removed_at"],
        )


def package_id(request_id: str) -> str:
    """The one package of a request: found again by whoever makes it a second time."""
    return str(uuid.uuid5(_IDS, request_id))


def name_of(reference: str) -> str:
    """What it is called where it is saved."""
    return f"{reference}-your-data.zip"


def file_of(request_id: str) -> str:
    """Its file in the vault."""
    return f"{_FILES}/{package_id(request_id)}"


def _joined() -> Select[tuple[object, ...]]:
    return select(package, request.c.reference, request.c.sealed_contact, request.c.language).join(
        request, package.c.request == request.c.id
    )

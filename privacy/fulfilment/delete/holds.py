"""Legal holds: data of a person that must not be deleted now, because a court or an authority may ask for it
(GDPR Art. 17(3)(e)).

A hold is found again by keyed indexes of the person's contacts and of their key in the systems; who it is
about cannot be read here. It stops deletions and the timers of what is kept, and nothing else.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, delete, insert, select, update

from privacy import audit
from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import legal_hold as table
from privacy.systems.directory import SubjectRecord
from privacy.systems.matching import normal

REASON = "legal_hold.sealed_reason"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold; `reason` is for the company's own people."""

    id: str
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_at: datetime | None

    def __repr__(self) -> str:
        return f"Hold({self.id!r})"


class Holds:
    """Places, lifts and finds holds, in the caller's transaction."""

    def __init__(self, keyring: Keyring, clock: Clock, region: str) -> None:
        self._keyring = keyring
        self._clock = clock
        self._region = region

    def indexes(self, contacts: Iterable[Contact], subjects: Iterable[str] = ()) -> tuple[str, ...]:
        """By what a hold on this person is found; tells nothing about them."""
        spelled = {f"{c.kind}:{normal(c, self._region) or c.value}" for c in contacts}
        spelled |= {f"subject:{subject}" for subject in subjects}
        return tuple(self._keyring.index(one, "legal hold") for one in sorted(spelled))

    def place(
        self,
        tx: Connection,
        contact: Contact,
        records: Sequence[SubjectRecord],
        *,
        reason: str,
        by: str,
        hold: str = "",
    ) -> str:
        """Hold everything of the persons who have this contact (`records`: the directory's); returns the id.

        The same `hold` twice is one hold.
        """
        hold = hold or uuid.uuid4().hex[:12]
        if tx.execute(select(table.c.id).where(table.c.id == f"{hold}.0")).first():
            return hold
        contacts = [contact, *contacts_of(records)]
        for number, index in enumerate(self.indexes(contacts, (r.subject for r in records))):
            tx.execute(
                insert(table).values(
                    id=f"{hold}.{number}",
                    contact_index=index,
                    sealed_reason=self._keyring.seal(reason, REASON),
                    placed_by=by[:80],
                    placed_at=self._clock.now(),
                )
            )
        audit.note(tx, actor=by, act="hold.placed", data={"hold": hold})
        return hold

    def lift(self, tx: Connection, hold: str, *, by: str) -> bool:
        """End a hold; False where none with this id is in force."""
        ended = tx.execute(
            update(table)
            .where(table.c.id.startswith(f"{hold}.", autoescape=True), table.c.lifted_at.is_(None))
            .values(lifted_at=self._clock.now())
        )
        if ended.rowcount:
            audit.note(tx, actor=by, act="hold.lifted", data={"hold": hold})
        return ended.rowcount > 0

    def forget(self, tx: Connection, before: datetime) -> int:
        """Delete holds that were lifted before a moment; returns how many rows went."""
        return tx.execute(delete(table).where(table.c.lifted_at < before)).rowcount

    def is_held(self, tx: Connection, indexes: Sequence[str]) -> bool:
        """Is a hold in force for whom these `indexes` stand?"""
        return any(
            tx.execute(
                select(table.c.id)
                .where(
                    table.c.contact_index.in_(indexes[start : start + _AT_ONCE]),
                    table.c.lifted_at.is_(None),
                )
                .limit(1)
            ).first()
            for start in range(0, len(indexes), _AT_ONCE)
        )

    def on(self, tx: Connection, indexes: Sequence[str]) -> list[Hold]:
        """The holds in force for whom these `indexes` stand, the newest first."""
        found = select(table).where(table.c.contact_index.in_(indexes))
        return self._read(tx, found, lifted=False)

    def all(self, tx: Connection, *, lifted: bool = False) -> list[Hold]:
        """Every hold in force, the newest first; `lifted` also those that ended."""
        return self._read(tx, select(table), lifted=lifted)

    def _read(
        self, tx: Connection, found: Select[tuple[object, ...]], *, lifted: bool
    ) -> list[Hold]:
        rows = tx.execute(found.order_by(table.c.placed_at.desc(), table.c.id)).mappings()
        holds: dict[str, Hold] = {}
        for row in rows:
            hold = str(row["id"]).partition(".")[0]
            if hold not in holds and (lifted or row["lifted_at"] is None):
                holds[hold] = Hold(
                    hold,
                    self._keyring.open(row["sealed_reason"], REASON),
                    row["placed_by"],
                    row["placed_at"],
                    row["lifted_at"],
                )
        return list(holds.values())


def contacts_of(records: Iterable[SubjectRecord]) -> list[Contact]:
    """Every contact on file of these persons, once."""
    found = [
        contact
        for record in records
        for contact in (
            Contact("email", record.email) if record.email else None,
            Contact("phone", record.phone) if record.phone else None,
        )
        if contact
    ]
    return list(dict.fromkeys(found))

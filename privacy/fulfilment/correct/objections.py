"""The way back after an e-mail address or phone number was changed: "that was not me" (security.md A11).

A message to the old contact holds a link with 128 random bits, good for seven days; opening it does nothing,
pressing its button does, once: the old value is written back everywhere, and a person looks into it. Here the
token is a keyed fingerprint only.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import structlog
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from privacy import audit
from privacy.clock import Clock
from privacy.errors import SystemDown
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.works import SERVICE
from privacy.fulfilment.correct.correctable import fields_of, moved
from privacy.fulfilment.correct.frozen import MOST_ROWS, FrozenRow
from privacy.fulfilment.job import Job, Places
from privacy.fulfilment.needs import Company, TellRecipients
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.values.checked import Checked, check
from privacy.references import parse_reference
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.objections import objection as table
from privacy.systems.port import Place, SystemRefused

log = structlog.get_logger()

GOOD_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=30)
_UNDO = "objection.sealed_undo"
_TOKEN_BYTES = 16

CONTACT_WORDS = {"email": "e-mail address", "phone": "phone number"}
"""By the kind of a correction."""

type ObjectionState = Literal["open", "expired", "objected", "undone", "by_hand"]


@dataclass(frozen=True, slots=True)
class Undo:
    """What a correction changed, and how it was. Personal."""

    correction: str
    value: str
    received_on: date
    rows: tuple[FrozenRow, ...]
    places: Places
    is_complete: bool
    """False where more rows were changed than are kept here: a person writes the rest back."""

    def __repr__(self) -> str:
        return f"Undo({len(self.rows)} rows)"


@dataclass(frozen=True, slots=True)
class Way:
    """The link of a letter, and until when it works."""

    link: str
    until: datetime

    def __repr__(self) -> str:
        return f"Way(until {self.until})"


@dataclass(frozen=True, slots=True)
class Objection:
    """How a way back stands: "expired" ones are shown, and do nothing."""

    request: str
    reference: str
    state: ObjectionState
    until: datetime
    objected_at: datetime | None


class Objections:
    """Makes ways back, and walks them."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        company: Company,
        tasks: Tasks,
        recipients: TellRecipients,
        origin: str,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._company = company
        self._tasks = tasks
        self._tell = recipients.tell
        self._origin = origin.rstrip("/")

    def make(self, tx: Connection, job: Job, undo: Undo) -> Way:
        """A way back from a correction, in the transaction that ends it. The link works without scripts; no log of
        ours holds addresses, and its page sends none on."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._clock.now()
        tx.execute(delete(table).where(table.c.request == job.request))
        tx.execute(
            insert(table).values(
                request=job.request,
                reference=job.reference,
                token_index=self._index(token),
                sealed_undo=self._keyring.seal(_written(undo), _UNDO),
                state="open",
                made_at=now,
                expires_at=now + GOOD_FOR,
            )
        )
        return Way(f"{self._origin}/requests/{job.reference}/not-me?key={token}", now + GOOD_FOR)

    def look_up(self, reference: str, token: str) -> Objection | None:
        """How this way back stands; None where reference and token lead nowhere. Changes nothing."""
        with self._database.read() as tx:
            row = self._find(tx, reference, token)
        return None if row is None else self._view(row)

    def object(self, reference: str, token: str) -> Objection | None:
        """ "That was not me": from now on it is written back. Twice is once; too late does nothing."""
        now = self._clock.now()
        with self._database.write() as tx:
            row = self._find(tx, reference, token)
            if row is None:
                return None
            first = tx.execute(
                update(table)
                .where(
                    table.c.request == row["request"],
                    table.c.state == "open",
                    table.c.expires_at > now,
                )
                .values(state="objected", objected_at=now)
            )
            if first.rowcount == 1:
                undo = _read(self._keyring.open(row["sealed_undo"], _UNDO))
                self._ask_person(tx, row["request"], undo.correction)
                audit.note(tx, actor="customer", act="contact.objected", request=row["request"])
                log.warning("contact_objected", request=row["request"])
        self.work_off()
        return self.look_up(reference, token)

    def work_off(self) -> int:
        """Write back what was objected to, also what a system was away for; returns how many are done now."""
        with self._database.read() as tx:
            waiting = (
                tx.execute(
                    select(table).where(table.c.state == "objected").order_by(table.c.objected_at)
                )
                .mappings()
                .all()
            )
        return sum(self._write_back(row) for row in waiting)

    def tidy_up(self) -> int:
        """Forget ways back a while after their time is over."""
        before = self._clock.now() - KEPT_FOR
        with self._database.write() as tx:
            return tx.execute(
                delete(table).where(table.c.expires_at < before, table.c.state != "objected")
            ).rowcount

    def _write_back(self, row: RowMapping) -> bool:
        undo = _read(self._keyring.open(row["sealed_undo"], _UNDO))
        state, recipients = "undone" if undo.is_complete else "by_hand", set[str]()
        for system in dict.fromkeys(one.system for one in undo.rows):
            try:
                recipients |= self._undo_in(system, undo)
            except SystemDown:
                return False  # asked again when the service next tidies up
            except SystemRefused:
                log.warning("objection_refused", request=row["request"], system=system)
                state = "by_hand"
        with self._database.write() as tx:
            ended = tx.execute(
                update(table)
                .where(table.c.request == row["request"], table.c.state == "objected")
                .values(state=state, ended_at=self._clock.now())
            )
            if ended.rowcount == 1:
                told = {"outcome": state}
                audit.note(
                    tx, actor=SERVICE, act="contact.changed", request=row["request"], data=told
                )
            there = requested.find(tx, row["request"])
            if ended.rowcount == 1 and there is not None and recipients:
                self._tell(
                    tx,
                    requested.job(self._keyring, there, 0, {}),
                    sorted(recipients),
                    "corrected",
                    details="What we told you before under this reference is taken back: the old value holds.",
                    key="taken_back",
                )
        return ended.rowcount == 1

    def _undo_in(self, name: str, undo: Undo) -> set[str]:
        """Write the old values of one system back, where the new one still stands; returns who is told."""
        datamap = self._company.datamap
        system = self._company.system(name)
        told: set[str] = set()
        # The other way round than they were written: identity tables first, then what hangs on them.
        for fields in sorted(fields_of(datamap, undo.correction), key=lambda f: f.links):
            checked = check(fields.kind, undo.value, region=datamap.region, today=undo.received_on)
            if fields.system != name or not isinstance(checked, Checked):
                continue
            for one in undo.rows:
                if (one.system, one.table) != (name, fields.table):
                    continue
                new = fields.new(one.values, checked)
                back = {column: one.values[column] for column in new}
                if fields.changed_at:
                    back[fields.changed_at] = one.changed_at
                places: tuple[Place, ...] = (
                    *undo.places.get(name, ()),
                    *moved(undo.places.get(name, ()), fields.table, new),
                )
                if system.correct(places, fields.table, back, key=one.key, only_where=new):
                    told |= fields.recipients
        return told

    def _ask_person(self, tx: Connection, request: str, correction: str) -> None:
        row = requested.find(tx, request)
        if row is None:
            return  # its record was retired: there is nobody left to write to
        known = self._company.datamap.corrections.get(correction)
        what = CONTACT_WORDS[known.kind] if known else "contact"
        self._tasks.ask(
            tx,
            requested.requested(self._keyring, row),
            key="contact_objected",
            kind="contact_objected",
            what=f"Whoever has the old {what} says that they did not change it. The old one is being written back "
            "in every system. Find out who changed it and how, whether they asked for anything else since, and get "
            "in touch with whoever has the old one. Where the new one came from is in the request's conversation. "
            "Look whether every system says so: of tables with very many rows only the first "
            f"{MOST_ROWS} are written back.",
            due_at=self._clock.now() + timedelta(days=1),
        )

    def _find(self, tx: Connection, reference: str, token: str) -> RowMapping | None:
        parsed = parse_reference(reference)
        if parsed is None or not 16 <= len(token) <= 64:
            return None
        return (
            tx.execute(
                select(table).where(
                    table.c.token_index == self._index(token), table.c.reference == parsed
                )
            )
            .mappings()
            .one_or_none()
        )

    def _view(self, row: RowMapping) -> Objection:
        state: ObjectionState = row["state"]
        if state == "open" and row["expires_at"] <= self._clock.now():
            state = "expired"
        return Objection(
            row["request"], row["reference"], state, row["expires_at"], row["objected_at"]
        )

    def _index(self, token: str) -> str:
        return self._keyring.index(token, "objection")


def _written(undo: Undo) -> str:
    return json.dumps(
        {
            "correction": undo.correction,
            "value": undo.value,
            "received_on": undo.received_on.isoformat(),
            "is_complete": undo.is_complete,
            "rows": [one.as_json() for one in undo.rows],
            "places": {
                system: [[place.table, place.rows] for place in places]
                for system, places in undo.places.items()
            },
        }
    )


def _read(text: str) -> Undo:
    kept: dict[str, Any] = json.loads(text)
    return Undo(
        kept["correction"],
        kept["value"],
        date.fromisoformat(kept["received_on"]),
        tuple(FrozenRow.from_json(one) for one in kept["rows"]),
        {
            system: tuple(
                Place(name, tuple(tuple((c, v) for c, v in row) for row in rows))
                for name, rows in places
            )
            for system, places in kept["places"].items()
        },
        kept["is_complete"],
    )

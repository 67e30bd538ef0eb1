"""Who is asking, of several people who share a contact: an officer looks at whom it could be, and settles it.

What one of them asked for is not the others' to see, so from then on the request belongs to that person alone. Where a
contact of theirs is on file that nobody else has, letters and codes go there.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import IntegrityError

from privacy.agents.accounts import Agent
from privacy.clock import Clock
from privacy.contacts import Contact, same_contact
from privacy.dates import long_date
from privacy.desk.errors import NoSuchPerson, PersonHasOne
from privacy.desk.requests.books import Books
from privacy.desk.verbs import Verb
from privacy.filing import ledger
from privacy.filing.holders import CONTACT, SUBJECT, index_of, open_mail_to
from privacy.filing.remembered import mail_index
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.works import DELETE, Works
from privacy.fulfilment.delete.holds import contacts_of
from privacy.fulfilment.telling.news import News
from privacy.requests import Event, State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.directory import Directory, SubjectRecord


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be asking: their key in the company's systems, where they are known, the contacts on file."""

    subject: str
    systems: tuple[str, ...]
    contacts: tuple[Contact, ...]

    def __repr__(self) -> str:
        return f"Candidate({len(self.systems)} systems)"


class Identity:
    """Settles who is asking."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        books: Books,
        works: Works,
        directory: Directory,
        news: News,
        zone: ZoneInfo,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._books = books
        self._works = works
        self._directory = directory
        self._news = news
        self._zone = zone
        self._wake = wake

    def candidates(self, row: RowMapping) -> list[Candidate]:
        """Everybody whose request this may be, as the systems know them now. Raises SystemDown."""
        records = self._records(row)
        return [
            Candidate(
                subject,
                tuple(dict.fromkeys(one.system for one in records if one.subject == subject)),
                tuple(contacts_of(one for one in records if one.subject == subject)),
            )
            for subject in requested.subjects(self._keyring, row)
        ]

    def settle(self, reference: str, subject: str, who: Agent, client_id: str) -> None:
        """It is this person's request, and it goes on; the same client id twice is one act.

        Raises RequestNotFound, NotAllowed, NotInThisState, NoSuchPerson, PersonHasOne, SystemDown.
        """
        with self._database.read() as tx:
            row = self._books.find(tx, reference)
            if self._is_settled(tx, row["id"], client_id):
                return
            self._books.check(tx, row, Verb.SETTLE, who)
        own = self._own_contact(row, subject)  # asks the company's systems: before the transaction
        try:
            with self._database.write() as tx:
                row = self._books.lock(tx, reference)
                if self._is_settled(tx, row["id"], client_id):
                    return
                self._books.check(tx, row, Verb.SETTLE, who)
                if subject not in requested.subjects(self._keyring, row):
                    raise NoSuchPerson("none of those who share the contact")
                now = self._clock.now()
                moved = ledger.give_to(
                    tx,
                    row,
                    self._owner(row, subject, own),
                    at=now,
                    actor=who.actor,
                    data={"turn": client_id[:64]},
                )
                self._works.begin(tx, row["id"], row["kind"], State.RECEIVED, now)
                self._tell(tx, moved, own)
        except IntegrityError:
            raise PersonHasOne("one open request a person and kind") from None
        self._news.told(requested.requested(self._keyring, moved))
        self._wake()

    # ---- Inside ----------------------------------------------------------------------------------------

    def _records(self, row: RowMapping) -> Sequence[SubjectRecord]:
        return self._directory.find(requested.contact(self._keyring, row))

    def _own_contact(self, row: RowMapping, subject: str) -> Contact | None:
        """A contact on file that leads to this person and to nobody else."""
        shared = requested.contact(self._keyring, row)
        theirs = [one for one in self._records(row) if one.subject == subject]
        for contact in contacts_of(theirs):
            if not same_contact(contact, shared) and {
                one.subject for one in self._directory.find(contact)
            } == {subject}:
                return contact
        return None

    def _owner(self, row: RowMapping, subject: str, own: Contact | None) -> dict[str, object]:
        """The columns that say whose it is."""
        columns: dict[str, object] = {
            "subject_index": index_of(self._keyring, (subject,)),
            "sealed_subject": self._keyring.seal(json.dumps([subject]), SUBJECT),
        }
        if own is not None:
            mail_to = own.value if own.kind == "email" else ""
            sealed = {"kind": own.kind, "value": own.value, "mail_to": mail_to}
            columns["sealed_contact"] = self._keyring.seal(json.dumps(sealed), CONTACT)
            columns["mail_index"] = (
                mail_index(self._keyring, Contact("email", mail_to)) if mail_to else None
            )
        return columns

    def _tell(self, tx: Connection, moved: RowMapping, own: Contact | None) -> None:
        about = requested.requested(self._keyring, moved)
        due: datetime = moved["due_at"]
        until = self._works.waits_until(tx, moved["id"]) if moved["kind"] == DELETE else None
        is_told = bool(open_mail_to(self._keyring, moved["sealed_contact"]))
        self._news.tell(
            tx,
            about,
            say="utter_identity_settled",
            mail="identity_settled" if is_told else "",
            values={
                "due": long_date(due, self._zone),
                "own": "yes" if own else "",
                "until": long_date(until, self._zone) if until else "",
            },
            key="identity_settled",
        )

    def _is_settled(self, tx: Connection, request_id: str, client_id: str) -> bool:
        return any(
            one.event == Event.IDENTITY_SETTLED and one.data.get("turn") == client_id
            for one in ledger.history(tx, request_id)
        )

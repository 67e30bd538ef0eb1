"""Helping a request on, and holding it: a system that was away is tried now, a legal hold is placed and lifted."""

import hashlib
from collections.abc import Callable

from sqlalchemy import RowMapping

from privacy import audit
from privacy.agents.accounts import Agent
from privacy.agents.roles import check_permitted
from privacy.clock import Clock
from privacy.desk.errors import HoldGone, ReasonMissing
from privacy.desk.requests.books import Books
from privacy.desk.verbs import ACTS, Verb
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.works import Works
from privacy.fulfilment.delete.holds import Hold, Holds
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.directory import Directory

LONGEST = 500


class Helping:
    """Verbs on what carries a request out."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        books: Books,
        works: Works,
        holds: Holds,
        directory: Directory,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._books = books
        self._works = works
        self._holds = holds
        self._directory = directory
        self._wake = wake

    def try_again(self, reference: str, who: Agent) -> None:
        """Work that would be tried again later is due now; it never shortens the days in which a deletion can be undone.

        Raises RequestNotFound, NotAllowed, NotPossibleNow.
        """
        with self._database.write() as tx:
            row = self._books.lock(tx, reference)
            self._books.check(tx, row, Verb.TRY_AGAIN, who)
            self._works.hasten(tx, row["id"], self._clock.now())
            audit.note(tx, actor=who.actor, act="work.hastened", request=row["id"], data={})
        self._wake()

    def hold(self, reference: str, reason: str, who: Agent, client_id: str) -> str:
        """Hold everything of the person whose request it is; `reason` is for colleagues. Returns the hold's id.

        Raises RequestNotFound, NotAllowed, ReasonMissing, SystemDown.
        """
        why = reason.strip()[:LONGEST]
        with self._database.read() as tx:
            row = self._books.find(tx, reference)
            self._books.check(tx, row, Verb.HOLD, who)
        if not why:
            raise ReasonMissing("a hold without a reason is never lifted")
        contact = requested.contact(self._keyring, row)
        own = requested.subjects(self._keyring, row)
        records = [one for one in self._directory.find(contact) if one.subject in own]
        with self._database.write() as tx:
            return self._holds.place(
                tx,
                contact,
                records,
                reason=why,
                by=who.actor,
                hold=hashlib.sha256(f"{who.id}:{client_id}".encode()).hexdigest()[:12],
            )

    def lift(self, hold: str, who: Agent) -> None:
        """End a hold; what waited for it goes on when its task is done. Raises NotAllowed, HoldGone."""
        check_permitted(who.role, ACTS[Verb.LIFT])
        with self._database.write() as tx:
            if not self._holds.lift(tx, hold, by=who.actor):
                raise HoldGone("no hold with this id is in force")

    def holds_on(self, row: RowMapping) -> list[Hold]:
        """The holds in force on the person whose request it is."""
        contact = requested.contact(self._keyring, row)
        indexes = self._holds.indexes([contact], requested.subjects(self._keyring, row))
        with self._database.read() as tx:
            return self._holds.on(tx, indexes)

"""One request as the desk sees it: where it stands, each law's date, what happened, and which verbs there are now.

Values are hidden until somebody who works on it reveals one for a reason, as in conversations.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, delete, select

from privacy import audit
from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, check_permitted, is_permitted
from privacy.clock import Clock
from privacy.contacts import mask
from privacy.datamap.model import DataMap
from privacy.datamap.scope import Scope
from privacy.datamap.wishes import describe
from privacy.deadlines import HOUSE
from privacy.desk import verbs
from privacy.desk.errors import NotInThisState
from privacy.desk.hiding import REASONS, Reason
from privacy.desk.requests.books import Books
from privacy.desk.requests.helping import Helping
from privacy.desk.requests.identity import Identity
from privacy.desk.requests.lists import TaskRow, tasks_of
from privacy.desk.requests.proposals import Proposal, Proposals
from privacy.desk.verbs import How, Verb
from privacy.errors import NotPossibleNow
from privacy.filing import ledger
from privacy.filing.entry import DETAILS
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.progress import Progress, SystemProgress
from privacy.fulfilment.delete.holds import Hold
from privacy.mail.letters import VALUES
from privacy.policy import Policy
from privacy.requests import Reason as Closed
from privacy.requests import State, Status, status_of
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.store.tables.decisions import request_revealed
from privacy.store.tables.fulfilment import task
from privacy.store.tables.outbox import mail
from privacy.store.upserts import insert_into

SHOWN_FOR: Final = timedelta(minutes=15)
HIDDEN: Final = "••••••"
CONTACT, VALUE = "contact", "detail:value"
_KEYS: Final = ("", ":done", ":declined", ":person", ":refused", ":extended", ":identity_settled")
_RUNS: Final = 30  # letters of a run carry its number


@dataclass(frozen=True, slots=True)
class Shown:
    """A value, hidden or revealed; `name` is what reveals it, "" where there is nothing to reveal."""

    label: str
    text: str
    name: str = ""
    revealed: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history: by "customer", "service", or a colleague's name."""

    at: datetime
    event: str
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class LawLine:
    """One law's own date, or the house's promise."""

    name: str
    due_at: datetime
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter that went out, or waits to: its kind and when, never what it says."""

    kind: str
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody who may be asking."""

    subject: str
    systems: tuple[str, ...]
    contacts: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything about a request."""

    id: str
    reference: str
    kind: str
    wish: str
    status: Status
    state: State
    reason: Closed | None
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None
    extended_until: datetime | None
    """How far an extension would move its date; None where a law in scope knows none."""
    conversation: str
    channel: str
    work_due_at: datetime | None
    """When it is worked on next; of a scheduled deletion the end of the days to undo it."""
    values: tuple[Shown, ...]
    history: tuple[Happened, ...]
    laws: tuple[LawLine, ...]
    systems: tuple[tuple[str, SystemProgress], ...]
    tasks: tuple[TaskRow, ...]
    letters: tuple[LetterLine, ...]
    holds: tuple[Hold, ...]
    proposals: tuple[Proposal, ...]
    verbs: Mapping[Verb, How]
    can_reveal: bool


class Sheets:
    """Reads requests for the desk."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        datamap: DataMap,
        books: Books,
        progress: Progress,
        proposals: Proposals,
        helping: Helping,
        identity: Identity,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._datamap = datamap
        self._books = books
        self._progress = progress
        self._proposals = proposals
        self._helping = helping
        self._identity = identity

    def read(self, reference: str, who: Agent) -> Sheet:
        """Raises RequestNotFound, NotAllowed."""
        check_permitted(who.role, Act.READ_REQUESTS)
        with self._database.read() as tx:
            row = self._books.find(tx, reference)
            facts = self._books.facts(tx, row)
            labels = self._datamap.labels()
            return Sheet(
                id=row["id"],
                reference=row["reference"],
                kind=row["kind"],
                wish=self._policy.kind(row["kind"]).wish(),
                status=status_of(facts.state),
                state=facts.state,
                reason=Closed(row["reason"]) if row["reason"] else None,
                received_at=row["received_at"],
                due_at=row["due_at"],
                closed_at=row["closed_at"],
                extended_until=self._books.extended_until(row),
                conversation=row["conversation"],
                channel=row["channel"],
                work_due_at=facts.waits_until if row["closed_at"] is None else None,
                values=tuple(self._values(row, self._seen(tx, row["id"], who))),
                history=tuple(self._history(tx, row["id"])),
                laws=tuple(self._laws(tx, row["id"])),
                systems=tuple(
                    (labels.get(one.system, one.system), one)
                    for one in self._progress.of(tx, row["id"])
                ),
                tasks=tuple(tasks_of(tx, row["id"])),
                letters=tuple(_letters(tx, row["reference"])),
                holds=tuple(self._helping.holds_on(row)),
                proposals=tuple(self._proposals.of(tx, row["id"])),
                verbs=verbs.allowed(facts, who.role, who.id),
                can_reveal=self._can_reveal(tx, row["id"], who),
            )

    def candidates(self, reference: str, who: Agent) -> list[Whom]:
        """Whose request it may be, their contacts hidden; asks the company's systems.

        Raises RequestNotFound, NotAllowed, NotInThisState, SystemDown.
        """
        with self._database.read() as tx:
            row = self._books.find(tx, reference)
            self._books.check(tx, row, Verb.SETTLE, who)
            seen = self._seen(tx, row["id"], who)
        return [
            Whom(
                one.subject,
                one.systems,
                tuple(
                    Shown(
                        contact.kind,
                        contact.value if (name := _who(one.subject)) in seen else mask(contact),
                        name,
                        name in seen,
                    )
                    for contact in one.contacts
                ),
            )
            for one in self._identity.candidates(row)
        ]

    def reveal(self, reference: str, name: str, who: Agent, why: Reason) -> None:
        """Show one hidden value to one person, who works on the request or decides about it.

        Raises RequestNotFound, NotAllowed, NotPossibleNow; ValueError for another reason.
        """
        check_permitted(who.role, Act.REVEAL)
        if why not in REASONS:
            raise ValueError("a value is revealed for a reason of the list")
        with self._database.write() as tx:
            row = self._books.find(tx, reference)
            if not self._can_reveal(tx, row["id"], who):
                raise NotPossibleNow("values are revealed to whoever has a task of it, or decides")
            if not self._is_there(tx, row, name):
                raise NotInThisState("there is no such value")
            fresh = {"reason": why, "at": self._clock.now()}
            tx.execute(
                insert_into(tx, request_revealed)
                .values(agent=who.id, request=row["id"], name=name, **fresh)
                .on_conflict_do_update(index_elements=["agent", "request", "name"], set_=fresh)
            )
            audit.note(
                tx,
                actor=who.actor,
                act="data.revealed",
                request=row["id"],
                data={"why": why, "kind": name.partition(":")[0]},
            )

    def is_revealed(self, request_id: str, name: str, who: Agent) -> bool:
        """Whether this person sees that value now."""
        with self._database.read() as tx:
            return name in self._seen(tx, request_id, who)

    def tidy_up(self) -> int:
        """Forget what was revealed and is shown no more; the audit keeps that it was."""
        old = request_revealed.c.at < self._clock.now() - SHOWN_FOR
        with self._database.write() as tx:
            return tx.execute(delete(request_revealed).where(old)).rowcount

    # ---- Inside ----------------------------------------------------------------------------------------

    def _values(self, row: RowMapping, seen: set[str]) -> list[Shown]:
        contact = requested.contact(self._keyring, row)
        shown = CONTACT in seen
        found = [Shown(contact.kind, contact.value if shown else mask(contact), CONTACT, shown)]
        details: dict[str, str] = json.loads(self._keyring.open(row["sealed_details"], DETAILS))
        if field := details.get("field"):
            correction = self._datamap.corrections.get(field)
            found.append(Shown("field", correction.label if correction else field))
        if value := details.get("value"):
            shown = VALUE in seen
            found.append(Shown("value", value if shown else HIDDEN, VALUE, shown))
        if text := details.get(requested.SCOPE):
            scope = Scope.from_text(text)
            found += [] if scope.is_all else [Shown("scope", describe(scope, self._datamap))]
        if purpose := details.get("purpose"):
            found.append(Shown("purpose", purpose.replace("_", " ")))
        return found

    def _history(self, tx: Connection, request_id: str) -> list[Happened]:
        lines = ledger.history(tx, request_id)
        names = _names(tx)
        return [
            Happened(
                one.at,
                one.event,
                names.get(one.actor.removeprefix("agent:"), one.actor.partition(":")[0]),
                str(one.data.get("why", "")),
            )
            for one in lines
        ]

    def _laws(self, tx: Connection, request_id: str) -> list[LawLine]:
        names = {law.key: law.name for law in self._policy.laws}
        return [
            LawLine(
                "" if one.law == HOUSE else names.get(one.law, one.law),
                one.due_at,
                one.basis,
                one.source,
            )
            for one in ledger.law_dates(tx, request_id)
        ]

    def _can_reveal(self, tx: Connection, request_id: str, who: Agent) -> bool:
        if not is_permitted(who.role, Act.REVEAL):
            return False
        if is_permitted(who.role, Act.DECIDE):
            return True
        own = select(task.c.id).where(
            task.c.request == request_id, task.c.taken_by == who.id, task.c.state == "open"
        )
        return tx.execute(own.limit(1)).first() is not None

    def _is_there(self, tx: Connection, row: RowMapping, name: str) -> bool:
        kind, _, rest = name.partition(":")
        if kind == "who":
            return any(_who(one) == name for one in requested.subjects(self._keyring, row))
        if kind == "task":
            own = select(task.c.id).where(task.c.request == row["id"], task.c.id == rest)
            return tx.execute(own).first() is not None
        return name in {one.name for one in self._values(row, set())} - {""}

    def _seen(self, tx: Connection, request_id: str, who: Agent) -> set[str]:
        since = self._clock.now() - SHOWN_FOR
        found = select(request_revealed.c.name).where(
            request_revealed.c.agent == who.id,
            request_revealed.c.request == request_id,
            request_revealed.c.at >= since,
        )
        return set(tx.execute(found).scalars())


def _who(subject: str) -> str:
    return f"who:{subject}"[:80]


def _names(tx: Connection) -> dict[str, str]:
    return {row.id: row.name for row in tx.execute(select(agent.c.id, agent.c.name))}


def _letters(tx: Connection, reference: str) -> list[LetterLine]:
    """Found by the keys that letters are kept under once, so no row of others is looked at."""
    keys = [f"{kind}:{reference}{key}" for kind in VALUES for key in _KEYS]
    keys += [f"request_waiting:{reference}:waiting:{run}" for run in range(1, _RUNS)]
    rows = tx.execute(
        select(mail.c.kind, mail.c.created_at, mail.c.sent_at, mail.c.state)
        .where(mail.c.dedupe_key.in_(keys), mail.c.deliver)
        .order_by(mail.c.id)
    )
    return [LetterLine(row.kind, row.sent_at or row.created_at, row.state) for row in rows]

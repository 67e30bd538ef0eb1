"""What journeys ask about the data itself: which part a message means, why something is held, what a deletion would
do, how large a copy will be.

Customers' words are opened here and never handed back: actions get sentences of ours. Whoever calls has asked the
database for the proof first, and hands it in.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from privacy import audit
from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.conversations.messages import Messages
from privacy.conversations.placeholders import KeptValues
from privacy.datamap.answers import answer, question_of, topic_of
from privacy.datamap.model import DataMap
from privacy.datamap.scope import Scope
from privacy.datamap.topics import joined
from privacy.datamap.wishes import Wish, names_all, read_wish
from privacy.errors import SystemDown
from privacy.filing import Filing
from privacy.fulfilment.delete.plan import DeletionPlan, DeletionPlanner
from privacy.fulfilment.export.course import ExportCourse
from privacy.fulfilment.fulfilment import Fulfilment
from privacy.fulfilment.values.in_words import size_in_words
from privacy.requests import Status
from privacy.store.database import Database
from privacy.store.tables.fulfilment import work
from privacy.store.tables.requests import request
from privacy.systems.port import Place, System, SystemRefused

log = structlog.get_logger()


class Company(Protocol):
    """The company's systems (`CompanyDirectory`)."""

    @property
    def datamap(self) -> DataMap: ...
    def system(self, name: str) -> System: ...
    def places(self, contact: Contact, subject: str) -> Mapping[str, tuple[Place, ...]]: ...


class Proof(Protocol):
    """What a customer has proven (`Verification.proven`)."""

    @property
    def subjects(self) -> tuple[str, ...]: ...
    @property
    def contact(self) -> Contact: ...


@dataclass(frozen=True, slots=True)
class PartWish:
    """A wish for a part: `scope` for the draft's details, `words` to read it back."""

    scope: str
    words: str


class OwnData:
    """Reads wishes and looks at what they are about; changes nothing but the start of a planned deletion."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        zone: ZoneInfo,
        messages: Messages,
        kept: KeptValues,
        company: Company,
        planner: DeletionPlanner,
        export: ExportCourse,
        filing: Filing,
        fulfilment: Fulfilment,
    ) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._messages = messages
        self._kept = kept
        self._company = company
        self._planner = planner
        self._export = export
        self._filing = filing
        self._fulfilment = fulfilment

    def wish(self, conversation: str, turn: str) -> PartWish | None:
        """The part that the message of this turn limits a wish to; None where it wants the whole."""
        return self._part(self._text(conversation, turn))

    def wish_of(self, conversation: str, token: str) -> PartWish | None:
        """The same of a text that was asked for, where "all of it" is an answer, too; None where it names nothing."""
        with self._database.read() as tx:
            text = self._kept.value(tx, conversation, token) or ""
        # "My orders" is an answer to "Which part?", where it would be no limit in a wish.
        found = self._part(text) or self._part(f"only {text}")
        return PartWish("", "") if found is None and names_all(text) else found

    def about(
        self, conversation: str, turn: str, *, apart_from: Collection[str] = ()
    ) -> str | None:
        """What the data map answers to the question in the message of this turn; None where it asks for nothing in
        particular, or a question of a kind in `apart_from` ("all" is one that is not clear)."""
        text = self._text(conversation, turn)
        question = question_of(text)
        if question in apart_from:
            return None
        datamap = self._company.datamap
        topic = topic_of(text, datamap)
        return (answer(datamap, topic, question) or None) if topic else None

    def parts(self) -> str:
        """What there is, in the customer's words."""
        tables = [
            table.label
            for system in self._company.datamap.systems.values()
            for table in system.tables.values()
            if table.link is None or table.count_as
        ]
        return joined(dict.fromkeys(tables))

    def plan(self, proof: Proof, scope: str) -> DeletionPlan | None:
        """What a deletion would do, in words; None where there is nothing to delete.

        Raises SystemDown.
        """
        [subject] = proof.subjects
        plan = self._planner.look(proof.contact, subject, Scope.from_text(scope))
        if plan.is_empty:
            return None
        with self._database.write() as tx:
            audit.note(tx, actor="customer", act="data.shown", data={"operation": "plan"})
        return plan

    def estimate(self, proof: Proof, scope: str) -> tuple[int, str] | None:
        """About how many entries and how much (in words) a copy holds; None where that cannot be said now."""
        [subject] = proof.subjects
        try:
            places = self._company.places(proof.contact, subject)
            estimate = self._export.estimate(places, Scope.from_text(scope))
            return estimate.rows, size_in_words(estimate.bytes)
        except (SystemDown, SystemRefused):
            log.info("no_estimate")
            return None

    def delete_now(self, proof: Proof, turn: str, reference: str = "") -> str | None:
        """Let a planned deletion of this person begin at once, the one that was asked for last where none is named;
        its reference, None where none is planned.

        Raises RequestNotFound, NotPossibleNow.
        """
        if not reference:
            planned = [
                view
                for view in self._filing.overview(proof.subjects)
                if view.kind == "delete" and view.status is Status.SCHEDULED
            ]
            if not planned:
                return None
            reference = max(planned, key=lambda view: view.received_at).reference
        self._fulfilment.delete_now(reference, proof.subjects, turn)
        return reference

    def begins_at(self, reference: str) -> datetime | None:
        """When the work on a request begins, for a receipt; None where there is none to begin."""
        with self._database.read() as tx:
            found: datetime | None = tx.execute(
                select(work.c.due_at).join(request).where(request.c.reference == reference)
            ).scalar()
        return found

    def _part(self, text: str) -> PartWish | None:
        today = self._clock.now().astimezone(self._zone).date()
        wish: Wish = read_wish(text, self._company.datamap, today)
        return None if wish.scope.is_all else PartWish(wish.scope.as_text(), wish.words)

    def _text(self, conversation: str, turn: str) -> str:
        with self._database.read() as tx:
            return self._messages.text_of(tx, conversation, turn)

"""Entering a request in the books: one open request per subject and kind, one per turn.

Looks first, writes in a savepoint, and looks again when a parallel writer was faster: the unique
indexes of the tables decide, on SQLite and on PostgreSQL. Decides nothing about identity.
"""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import IntegrityError

from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.deadlines import due_dates
from privacy.errors import NotPossibleNow
from privacy.filing import ledger
from privacy.filing.drafts import Draft
from privacy.filing.holders import Holder, seal_contact, seal_subjects
from privacy.filing.letters import RequestLetters
from privacy.filing.ports import BeginsWork
from privacy.filing.remembered import mail_index
from privacy.filing.views import Filed
from privacy.policy import Policy
from privacy.references import new_reference
from privacy.requests import State
from privacy.store.keyring import Keyring

DETAILS = "request.sealed_details"
_ATTEMPTS = 5


class Entry:
    """Writes a request, or finds the one that is there."""

    def __init__(
        self,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        letters: RequestLetters,
        zone: ZoneInfo,
        works: BeginsWork,
    ) -> None:
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._letters = letters
        self._zone = zone
        self._works = works

    def enter(
        self, tx: Connection, draft: Draft, holder: Holder, turn: str, *, quietly: bool = False
    ) -> Filed:
        """File the draft for `holder`; `quietly` does not tell that others asked before.

        Raises NotPossibleNow.
        """
        scope = self._scope(draft)
        for _ in range(_ATTEMPTS):
            earlier = self.earlier(tx, draft, turn)
            if earlier:
                return earlier
            there = ledger.find_open(tx, holder.index, draft.kind, scope)
            try:
                with tx.begin_nested():
                    if there is None:
                        return self._write(tx, draft, holder, scope, turn, quietly=quietly)
                    if quietly and there["conversation"] != draft.conversation:
                        return self._join(tx, there, draft, holder, turn)
            except IntegrityError:
                continue  # a parallel writer was first: look again
            return self._there(there, draft)
        raise NotPossibleNow("too many writers filed the same at the same time")

    def earlier(self, tx: Connection, draft: Draft, turn: str) -> Filed | None:
        """What this very turn has filed before.

        Raises NotPossibleNow where that was something else: a turn carries one wish.
        """
        filed = self.filed_in(tx, draft.conversation, turn)
        if filed is not None and filed.kind != draft.kind:
            raise NotPossibleNow("this turn has filed another kind of request")
        return filed

    def filed_in(self, tx: Connection, conversation: str, turn: str) -> Filed | None:
        """What a turn has filed, whatever it was."""
        row = ledger.find_turn(tx, conversation, turn)
        if row is not None:
            return _filed(row)
        alias = ledger.find_alias(tx, conversation, turn)
        return None if alias is None else self._joined(alias, already_open=False)

    def _write(
        self, tx: Connection, draft: Draft, holder: Holder, scope: str, turn: str, *, quietly: bool
    ) -> Filed:
        now = self._clock.now()
        dates = due_dates(self._policy, draft.kind, now, self._zone)
        reference = _free_reference(tx)
        people = len(holder.subjects)
        unclear = holder.state is State.CHECKING_IDENTITY
        request_id = ledger.write_new(
            tx,
            {
                "reference": reference,
                "kind": draft.kind,
                "subject_index": holder.index,
                "scope": scope,
                "sealed_subject": seal_subjects(self._keyring, holder),
                "sealed_contact": seal_contact(self._keyring, holder),
                "mail_index": mail_index(self._keyring, Contact("email", holder.mail_to))
                if holder.mail_to
                else None,
                "sealed_details": self._keyring.seal(json.dumps(dict(draft.details)), DETAILS),
                "state": holder.state.value,
                "received_at": now,
                "conversation": draft.conversation,
                "turn": turn,
                "channel": draft.channel,
                "language": draft.language,
            },
            dates,
            {"state": holder.state.value, "level": holder.level, "channel": draft.channel}
            | ({"why": "contact_shared", "people": people} if unclear else {}),
        )
        state = self._works.begin(tx, request_id, draft.kind, holder.state, now)
        if state is State.SCHEDULED and draft.details.get("when") == "now":
            self._works.hasten(tx, request_id, now)
        to, deliver = holder.mail_to or holder.contact.value, bool(holder.mail_to)
        if state is State.SCHEDULED:
            self._letters.scheduled(
                tx,
                to=to,
                deliver=deliver and draft.details.get("when") != "now",
                reference=reference,
                received_at=now,
                plan=json.loads(draft.details.get("plan") or "{}"),
                conversation=draft.conversation,
                language=draft.language,
            )
            return Filed(reference, draft.kind, state, dates.promise, now, already_open=False)
        self._letters.received(
            tx,
            to=to,
            deliver=deliver,
            reference=reference,
            kind=draft.kind,
            state=holder.state,
            received_at=now,
            dates=dates,
            # A mail that bounces is told in its conversation: not to somebody who proved nothing.
            conversation=None if quietly else draft.conversation,
            language=draft.language,
        )
        if unclear:
            self._letters.needs_person(
                tx, reference=reference, kind=draft.kind, people=people, due_at=dates.promise
            )
        return Filed(reference, draft.kind, state, dates.promise, now, already_open=False)

    def _join(
        self, tx: Connection, there: RowMapping, draft: Draft, holder: Holder, turn: str
    ) -> Filed:
        """Give the open request a further reference; the answer looks like a first one, and so does what follows:
        work that waits for a later time goes on now, as it would begin now for a first one.
        """
        alias = ledger.find_alias_of(tx, there["id"], draft.conversation)
        if alias is not None:
            return self._joined(alias, already_open=True)
        # Before the moment is read: a run that ends now either knows of this conversation or ended before it came.
        self._works.hasten(tx, there["id"], self._clock.now())
        now = self._clock.now()
        dates = due_dates(self._policy, draft.kind, now, self._zone)
        reference = _free_reference(tx)
        ledger.write_alias(tx, there, reference, draft.conversation, turn, now)
        self._letters.received(
            tx,
            to=holder.mail_to or holder.contact.value,
            deliver=False,  # the receipt of the first request has told them; this is the same work
            reference=reference,
            kind=draft.kind,
            state=State.RECEIVED,
            received_at=now,
            dates=dates,
            conversation=None,
            language=draft.language,
        )
        return Filed(reference, draft.kind, State.RECEIVED, dates.promise, now, already_open=False)

    def _there(self, row: RowMapping, draft: Draft) -> Filed:
        details = json.loads(self._keyring.open(row["sealed_details"], DETAILS))
        return _filed(row, already_open=True, differs=details != dict(draft.details))

    def _joined(self, alias: RowMapping, *, already_open: bool) -> Filed:
        """The answer that was given with a further reference, again."""
        given_at: datetime = alias["given_at"]
        due_at = due_dates(self._policy, alias["kind"], given_at, self._zone).promise
        return Filed(
            alias["reference"], alias["kind"], State.RECEIVED, due_at, given_at, already_open
        )

    def _scope(self, draft: Draft) -> str:
        """What tells open requests of one subject and kind apart; keyed, since people type it."""
        names = self._policy.kind(draft.kind).distinct_by
        values = [draft.details.get(name, "").strip().casefold() for name in names]
        return self._keyring.index(json.dumps(values), "request scope") if any(values) else ""


def _filed(row: RowMapping, *, already_open: bool = False, differs: bool = False) -> Filed:
    return Filed(
        reference=row["reference"],
        kind=row["kind"],
        state=State(row["state"]),
        due_at=row["due_at"],
        received_at=row["received_at"],
        already_open=already_open,
        differs=differs,
    )


def _free_reference(tx: Connection) -> str:
    reference = new_reference()
    while ledger.is_taken(tx, reference):
        reference = new_reference()
    return reference

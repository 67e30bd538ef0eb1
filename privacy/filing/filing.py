"""Filing a privacy request, looking it up and taking it back: what the customer's wish becomes.

A request, each law's date, the first line of its history and the receipt are one transaction. Who
may file is asked of the database each time (`ProofOf`), never believed of the caller. Carrying a
request out is not its business.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.deadlines import LawDate, add_months
from privacy.errors import NotProven
from privacy.filing import ledger
from privacy.filing.drafts import Draft, Drafts
from privacy.filing.entry import Entry
from privacy.filing.holders import (
    Holder,
    index_of,
    open_mail_to,
    proven_holder,
    unproven_holder,
)
from privacy.filing.ledger import HistoryEntry
from privacy.filing.letters import RequestLetters
from privacy.filing.ports import BeginsWork, Guard, Outbox, Proof, ProofOf
from privacy.filing.retention import retire
from privacy.filing.views import Filed, RequestView, view_of
from privacy.policy import Policy
from privacy.requests import Event, Reason, State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.directory import SubjectRecord

log = structlog.get_logger()


class Filing:
    """Files requests and answers for them."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        outbox: Outbox,
        proof_of: ProofOf,
        works: BeginsWork,
        *,
        zone: ZoneInfo,
        company_inbox: str,
        origin: str = "",
        guard: Guard | None = None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._proof_of = proof_of
        self._drafts = Drafts(database, keyring, clock)
        self._guard = guard
        self._letters = RequestLetters(outbox, policy, zone, company_inbox, origin)
        self._entry = Entry(keyring, clock, policy, self._letters, zone, works)

    def file(self, draft: Draft, proof: Proof | None, turn: str) -> Filed:
        """File the draft for the person who has proven to be its subject; one turn files once.

        Raises NotProven, NotPossibleNow; ValueError where the kind is unknown or a detail is
        missing.
        """
        self._check(draft)
        with self._database.read() as tx:
            earlier = self._entry.earlier(tx, draft, turn)
        if earlier:
            return earlier
        # Asked before the write transaction begins: on SQLite the answer may need to write, too.
        act_key = self._act_key(draft, turn)
        holder = self._prove(draft, proof, act_key)
        if self._guard is not None:
            shown = self._guard(draft, act_key)
            draft = replace(draft, details={**draft.details, **shown})
        with self._database.write() as tx:
            filed = self._entry.enter(tx, draft, holder, turn)
            self._drafts.use_up(tx, act_key, turn)
        _tell(draft, filed)
        return filed

    def file_unproven(
        self, draft: Draft, contact: Contact, records: Sequence[SubjectRecord], turn: str
    ) -> Filed:
        """File a kind that needs no proof for whoever has `contact` (`records`: the directory's).

        The answer and the work done tell nothing: not whether somebody is known, and not whether
        they asked before. Raises NotProven for a kind that needs a proof; else as `file`.
        """
        self._check(draft)
        if self._policy.level(draft.kind) > 0:
            raise NotProven(f"{draft.kind} cannot be filed without a proof")
        holder = unproven_holder(self._keyring, contact, records)
        with self._database.write() as tx:
            filed = self._entry.enter(tx, draft, holder, turn, quietly=True)
        _tell(draft, filed)
        return filed

    def filed_in(self, conversation: str, turn: str) -> Filed | None:
        """What this turn has filed: for a turn that is taken up again after a crash."""
        with self._database.read() as tx:
            return self._entry.filed_in(tx, conversation, turn)

    def retire_old(self, first: Callable[[datetime], object] = lambda _moment: None) -> int:
        """Delete the records of requests that were closed longer ago than the policy keeps them.

        `first` is called with that moment, to delete what hangs on such requests.
        """
        now = self._clock.now()
        kept_from = add_months(now.date(), -self._policy.retention.request_record_months)
        closed_before = datetime.combine(kept_from, now.timetz())
        first(closed_before)
        with self._database.write() as tx:
            return retire(tx, closed_before, now)

    def overview(self, subjects: Sequence[str]) -> list[RequestView]:
        """All requests of a person: open ones first, then the newest.

        Several subjects are the people behind a shared contact: shown is only what was filed for
        them as a group, since what one of them asked for alone is not the others' to see.
        """
        if not subjects:
            return []
        with self._database.read() as tx:
            return [view_of(row) for row in ledger.find_all(tx, index_of(self._keyring, subjects))]

    def view(self, reference: str, subjects: Sequence[str]) -> RequestView:
        """One request of that person.

        Raises RequestNotFound.
        """
        with self._database.read() as tx:
            return view_of(ledger.owned(tx, reference, index_of(self._keyring, subjects)))

    def cancel(self, reference: str, subjects: Sequence[str], turn: str) -> RequestView:
        """Take a request back and confirm it by mail; one turn cancels once.

        Raises RequestNotFound, NotPossibleNow.
        """
        with self._database.write() as tx:
            row = ledger.owned(tx, reference, index_of(self._keyring, subjects), to_change=True)
            if row["state"] == State.CANCELLED and _cancelled_by(tx, row["id"], turn):
                return view_of(row)
            row = ledger.move(
                tx,
                row,
                Event.CANCELLED,
                at=self._clock.now(),
                actor="customer",
                reason=Reason.BY_CUSTOMER,
                data={"turn": turn},
            )
            mail_to = open_mail_to(self._keyring, row["sealed_contact"])
            if mail_to:
                self._letters.cancelled(
                    tx,
                    to=mail_to,
                    reference=row["reference"],
                    kind=row["kind"],
                    at=row["closed_at"],
                    language=row["language"],
                )
        log.info("request_cancelled", request=row["id"], kind=row["kind"])
        return view_of(row)

    def history(self, request_id: str) -> list[HistoryEntry]:
        """What happened to a request, in order."""
        with self._database.read() as tx:
            return ledger.history(tx, request_id)

    def law_dates(self, request_id: str) -> list[LawDate]:
        """The date that each law sets for a request, the earliest first."""
        with self._database.read() as tx:
            return ledger.law_dates(tx, request_id)

    def _check(self, draft: Draft) -> None:
        kind = self._policy.kinds.get(draft.kind)
        if kind is None:
            raise ValueError(f"there is no kind of request called {draft.kind}")
        for name in kind.details:
            if not draft.details.get(name, "").strip():
                raise ValueError(f"a request of kind {draft.kind} needs the detail {name}")

    def _act_key(self, draft: Draft, turn: str) -> str:
        """What a code for this act was bound to; none once another turn has filed it."""
        stored = self._drafts.get(draft.conversation)
        if stored is None or stored.kind != draft.kind or stored.filed_by not in (None, turn):
            return ""
        return stored.act_key

    def _prove(self, draft: Draft, claimed: Proof | None, act_key: str) -> Holder:
        """Whom the database holds a proof for; the caller's own is compared, never used."""
        proof = self._proof_of(draft.conversation, draft.kind, act_key)
        if (
            claimed is None
            or proof is None
            or not proof.subjects
            or proof.level < self._policy.level(draft.kind)
            or set(proof.subjects) != set(claimed.subjects)
        ):
            raise NotProven(f"no proof is held that is good enough to file {draft.kind}")
        return proven_holder(self._keyring, proof)


def _cancelled_by(tx: Connection, request_id: str, turn: str) -> bool:
    last = ledger.history(tx, request_id)[-1]
    return last.event == Event.CANCELLED and last.data.get("turn") == turn


def _tell(draft: Draft, filed: Filed) -> None:
    log.info(
        "request_filed",
        conversation=draft.conversation,
        kind=filed.kind,
        state=filed.state.value,
        channel=draft.channel,
        outcome="already_open" if filed.already_open else "new",
    )

"""Refusing a request and moving its date, alone or by two people: each one transaction, told to the customer in it.

Who refuses picks a reason of the policy; what the customer reads is written by that reason and by the letter, so a
refusal always says why, by which law, and where to complain (GDPR Art. 12(4)). An extension goes as far as the laws in
scope let it, is told before the first date has passed, and is not offered where a law knows none (GDPR Art. 12(3), CCPA
Regulations §7021(b)). The same client id twice is one decision.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, update
from sqlalchemy.exc import IntegrityError

from privacy.agents.accounts import Agent
from privacy.clock import Clock
from privacy.dates import long_date
from privacy.deadlines import extended_dates
from privacy.decisions import Decision
from privacy.desk import verbs
from privacy.desk.errors import NoExtension, ProposalWaits, ReasonMissing
from privacy.desk.requests.books import Books
from privacy.desk.requests.proposals import Proposal, Proposals
from privacy.desk.verbs import How, Verb
from privacy.filing import ledger
from privacy.fulfilment.books import requested
from privacy.fulfilment.books.progress import Progress
from privacy.fulfilment.books.works import Works
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.telling.news import News
from privacy.policy import Policy
from privacy.requests import Event
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import task

# Kinds that change something system by system: what was changed before a refusal stays, and is told.
_CHANGING: Final = frozenset({"correct", "restrict"})
_VERBS: Final[Mapping[Decision, Verb]] = {"refuse": Verb.REFUSE, "extend": Verb.EXTEND}


class Deciding:
    """Refusals and extensions."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        books: Books,
        works: Works,
        tasks: Tasks,
        progress: Progress,
        proposals: Proposals,
        news: News,
        zone: ZoneInfo,
        labels: Callable[[], Mapping[str, str]],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._books = books
        self._works = works
        self._tasks = tasks
        self._progress = progress
        self._proposals = proposals
        self._news = news
        self._zone = zone
        self._labels = labels

    def refuse(
        self, reference: str, reason: str, who: Agent, client_id: str, note: str = ""
    ) -> How:
        """Refuse it, or propose that; `reason` is a key of the policy's refusals, `note` for whoever decides.

        Raises RequestNotFound, NotAllowed, ReasonMissing, NotPossibleNow.
        """
        return self._decide("refuse", reference, reason, who, client_id, note)

    def extend(
        self, reference: str, reason: str, who: Agent, client_id: str, note: str = ""
    ) -> How:
        """Move its date as far as the laws let it, or propose that; raises as `refuse`."""
        return self._decide("extend", reference, reason, who, client_id, note)

    def approve(self, reference: str, proposal: str, who: Agent, client_id: str) -> None:
        """Let what somebody else proposed happen.

        Raises RequestNotFound, NotAllowed, OwnProposal, NotPossibleNow.
        """
        with self._database.write() as tx:
            row = self._books.lock(tx, reference)
            one = self._proposals.get(tx, row["id"], proposal)
            if one.state == "approved" and one.decided_by == who.id:
                return
            self._books.check(tx, row, Verb.APPROVE, who)
            facts = self._books.facts(tx, row, proposed=False)
            verbs.check(_VERBS[one.decision], facts, who.role, who.id)
            self._check_reason(
                row["kind"], one.decision, one.reason
            )  # the policy may be another one by now
            self._proposals.end(tx, row["id"], one, "approved", who)
            self._act(tx, row, one.decision, one.reason, who, client_id, proposed_by=one.by)
        self._told(row)

    def send_back(self, reference: str, proposal: str, who: Agent, words: str) -> None:
        """Say no to what somebody else proposed, and why; raises as `approve`, and ReasonMissing."""
        if not words.strip():
            raise ReasonMissing("who proposed it needs to know why not")
        self._end(reference, proposal, who, Verb.SEND_BACK, "sent_back", words)

    def withdraw(self, reference: str, proposal: str, who: Agent) -> None:
        """Take one's own proposal back; raises as `approve`, and NotYourProposal."""
        self._end(reference, proposal, who, Verb.WITHDRAW, "withdrawn", "")

    # ---- Inside ----------------------------------------------------------------------------------------

    def _decide(
        self, decision: Decision, reference: str, reason: str, who: Agent, client_id: str, note: str
    ) -> How:
        try:
            with self._database.write() as tx:
                row = self._books.lock(tx, reference)
                done = self._done_before(tx, row, decision, who, client_id)
                if done is not None:
                    return done
                how = self._books.check(tx, row, _VERBS[decision], who)
                self._check_reason(row["kind"], decision, reason)
                if how == "do":
                    self._act(tx, row, decision, reason, who, client_id)
                else:
                    self._proposals.add(tx, row["id"], decision, reason, note, who, client_id)
        except IntegrityError:
            raise ProposalWaits("somebody else was faster") from None
        if how == "do":
            self._told(row)
        return how

    def _done_before(
        self, tx: Connection, row: RowMapping, decision: Decision, who: Agent, client_id: str
    ) -> How | None:
        if self._proposals.sent(tx, row["id"], who, client_id):
            return "propose"
        event = Event.DECLINED.value if decision == "refuse" else ledger.EXTENDED
        same = any(
            one.event == event and one.data.get("turn") == client_id
            for one in ledger.history(tx, row["id"])
        )
        return "do" if same else None

    def _check_reason(self, kind: str, decision: Decision, reason: str) -> None:
        decisions = self._policy.decisions
        known = (
            {one.name for one in decisions.refusals_for(kind)}
            if decision == "refuse"
            else set(decisions.extensions)
        )
        if reason not in known:
            raise ReasonMissing(f"no such reason to {decision} a request of this kind")

    def _end(
        self, reference: str, proposal: str, who: Agent, verb: Verb, state: str, words: str
    ) -> None:
        with self._database.write() as tx:
            row = self._books.lock(tx, reference)
            one = self._proposals.get(tx, row["id"], proposal)
            if one.state == state and one.decided_by == who.id:
                return
            self._books.check(tx, row, verb, who)
            self._proposals.end(tx, row["id"], one, state, who, words)

    def _act(
        self,
        tx: Connection,
        row: RowMapping,
        decision: Decision,
        reason: str,
        who: Agent,
        client_id: str,
        proposed_by: str = "",
    ) -> None:
        data: dict[str, str | int] = {"turn": client_id[:64], "why": reason}
        if proposed_by:
            data["agent"] = proposed_by
        if decision == "refuse":
            self._refuse(tx, row, reason, who, data)
        else:
            self._extend(tx, row, reason, who, data)

    def _refuse(
        self,
        tx: Connection,
        row: RowMapping,
        reason: str,
        who: Agent,
        data: Mapping[str, str | int],
    ) -> None:
        refusal = self._policy.decisions.refusals[reason]
        about = requested.requested(self._keyring, row)
        now, language = self._clock.now(), row["language"]
        ledger.move(
            tx, row, Event.DECLINED, at=now, actor=who.actor, reason=refusal.reason, data=data
        )
        self._works.stop(tx, row["id"], now)
        self._tasks.close_all(tx, row["id"], by=who.actor)
        self._proposals.overtake(tx, row["id"])
        values = {
            "why": refusal.text(language),
            "law": refusal.law,
            "made": self._made(tx, row),
            "authority": self._policy.decisions.authority(language),
            "address": self._policy.decisions.authority_address,
        }
        mail, key = "request_refused", "refused"
        if values["made"]:
            self._news.tell(
                tx, about, say="utter_refused_in_part", mail=mail, values=values, key=key
            )
        else:
            self._news.tell(
                tx, about, say="utter_request_refused", mail=mail, values=values, key=key
            )

    def _extend(
        self,
        tx: Connection,
        row: RowMapping,
        reason: str,
        who: Agent,
        data: Mapping[str, str | int],
    ) -> None:
        dates = extended_dates(self._policy, row["kind"], row["received_at"], self._zone)
        if dates is None:
            raise NoExtension("a law in scope knows none")
        now, language = self._clock.now(), row["language"]
        until = dates.promise.astimezone(self._zone).date().isoformat()
        moved = ledger.extend(
            tx, row, dates, at=now, actor=who.actor, data={**data, "until": until}
        )
        tx.execute(
            update(task)
            .where(
                task.c.request == row["id"],
                task.c.state == "open",
                task.c.due_at == row["due_at"],
            )
            .values(due_at=moved["due_at"])
        )
        about = replace(requested.requested(self._keyring, row), due_at=moved["due_at"])
        self._news.tell(
            tx,
            about,
            say="utter_request_extended",
            mail="request_extended",
            values={
                "why": self._policy.decisions.extensions[reason].text(language),
                "law": dates.set_by.source,
                "was": long_date(row["due_at"], self._zone),
                "due": long_date(moved["due_at"], self._zone),
                "authority": self._policy.decisions.authority(language),
                "address": self._policy.decisions.authority_address,
            },
            key="extended",
        )

    def _made(self, tx: Connection, row: RowMapping) -> str:
        """The systems in which it was done before it was refused, in words; "" where nothing was."""
        if row["kind"] not in _CHANGING:
            return ""
        labels = self._labels()
        done = [one.system for one in self._progress.of(tx, row["id"]) if one.state == "done"]
        return ", ".join(labels.get(name, name) for name in done)

    def _told(self, row: RowMapping) -> None:
        """After the commit: let it leave at once."""
        with self._database.read() as tx:
            joined = ledger.joined(tx, row["id"])
        self._news.told(requested.requested(self._keyring, row), joined)


__all__ = ["Deciding", "Proposal"]

"""Checking a typed code: charge first, compare second, burn third."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from privacy import audit
from privacy.clock import Clock
from privacy.contacts import parse_contact
from privacy.identity import Level, read_code
from privacy.policy import Policy
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.verification import budgets, challenges, codes, proofs
from privacy.verification.budgets import Budget
from privacy.verification.challenges import DESTINATION, SUBJECTS, Challenge
from privacy.verification.outcomes import Checked, NeedsPerson, Outcome


@dataclass(frozen=True)
class _Charges:
    """What an attempt was charged to, and the first budget that the customer is told is spent."""

    taken: tuple[Budget, ...]
    spent: Budget | None
    mailbox_spent: Budget | None


class Checking:
    """Compares codes, each with the one challenge that is open in its conversation."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, policy: Policy) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy

    def check(self, conversation: str, text: str) -> Checked:
        reading = read_code(text, self._policy.codes.digits)
        if reading.kind != "code":
            return Checked("none")
        now = self._clock.now()
        with self._database.write() as tx:
            tried = challenges.charge_attempt(tx, conversation, now)
            if tried is None:
                return _refused(challenges.open_one(tx, conversation), now)
            charges = self._charge(tx, tried, now)
            if charges.spent is not None:
                _note(tx, "locked", tried)
        # The charge is committed: whatever happens from here on, the attempt was made.
        if charges.spent is not None:
            return _told("locked", tried, again_at=charges.spent.window_end)
        if not codes.matches(self._keyring, tried.id, reading.code, tried.code_hmac):
            outcome: Outcome = "wrong" if tried.tries_left else "locked"
            with self._database.write() as tx:
                _note(tx, outcome, tried)
            return _told(outcome, tried)
        return self._accept(tried, charges, now)

    def _charge(self, tx: Connection, tried: Challenge, now: datetime) -> _Charges:
        taken: list[Budget] = []
        for failures in budgets.failures(self._policy.codes, tried.budget_index, now):
            if not budgets.charge(tx, failures):
                return _Charges(tuple(taken), failures, None)
            taken.append(failures)
        mailbox = budgets.failures_at(self._policy.codes, tried.destination_index, now)
        if not budgets.charge(tx, mailbox):
            return _Charges(tuple(taken), None, mailbox)
        return _Charges((*taken, mailbox), None, None)

    def _accept(self, tried: Challenge, charges: _Charges, now: datetime) -> Checked:
        """The code is right: use it up, unless somebody just did."""
        address = "" if tried.destination is None else self._open(tried.destination, DESTINATION)
        contact = parse_contact(address)
        subjects = tuple(json.loads(self._open(tried.subjects, SUBJECTS)))
        with self._database.write() as tx:
            won = challenges.burn(tx, tried, now)
            for charged in charges.taken:  # a right code is no failure
                budgets.give_back(tx, charged)
            proven = won and charges.mailbox_spent is None and contact is not None
            if proven and contact is not None:
                # Whoever reads this mailbox is here: its mails were wanted, so they count no longer.
                sent = budgets.sends(self._policy.codes, tried.budget_index, now)
                for _ in range(tried.sends):
                    budgets.give_back(tx, sent)
                proofs.add(tx, self._keyring, tried, contact, subjects, now)
                _note(tx, "accepted", tried)
            elif won and charges.mailbox_spent is not None:
                _note(tx, "locked", tried)
        if won and charges.mailbox_spent is not None:
            return _told("locked", tried, again_at=charges.mailbox_spent.window_end)
        if not proven:
            return Checked("none")
        return Checked(
            "accepted",
            tries_left=tried.tries_left,
            purpose=tried.purpose,
            act_key=tried.act_key,
            subjects=subjects,
            needs_person=self._needs_person(tried, subjects),
        )

    def _needs_person(self, tried: Challenge, subjects: tuple[str, ...]) -> NeedsPerson | None:
        if tried.level < min(self._policy.level(tried.purpose), Level.FRESH_CODE):
            return "contact_changed"
        return "shared_contact" if len(subjects) > 1 else None

    def _open(self, sealed: bytes, place: str) -> str:
        return self._keyring.open(sealed, place)


def _refused(there: Challenge | None, now: datetime) -> Checked:
    """Why no challenge could be charged; told only to the conversation that owns it."""
    if there is None:
        return Checked("none")
    state = there.state(now)
    # "live": another thread closed the gap between the two statements; nothing was compared.
    return Checked("none") if state == "live" else _told(state, there)


def _told(outcome: Outcome, tried: Challenge, again_at: datetime | None = None) -> Checked:
    return Checked(
        outcome,
        tries_left=tried.tries_left,
        purpose=tried.purpose,
        act_key=tried.act_key,
        again_at=again_at,
    )


def _note(tx: Connection, outcome: Outcome, tried: Challenge) -> None:
    """The evidence (security.md S-71): what came of it, for what, how sure, and a pseudonym of the mailbox."""
    audit.note(
        tx,
        actor="customer",
        act=f"proof.{outcome}",
        subject=tried.destination_index,
        data={"purpose": tried.purpose, "level": tried.level, "attempts": tried.attempts},
    )

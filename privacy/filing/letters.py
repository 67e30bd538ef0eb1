"""The mails about a request: what they say of it, and when none goes out.

Whole mails are worded in `privacy/mail/templates`; here are only the values that differ by request.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from privacy.dates import long_date
from privacy.deadlines import HOUSE, Deadlines
from privacy.filing.ports import Outbox
from privacy.policy import Policy
from privacy.requests import State

_SHARED = (
    "More than one person is reached at this contact. A colleague finds out who is asking and "
    "writes to you. The date stays the same."
)
_AT_ONCE = "We carry it out at once. You need to do nothing more."
_USUAL = "We carry it out by that date. You need to do nothing more."


class RequestLetters:
    """Puts the mails about requests into the outbox, in the transaction of what they tell."""

    def __init__(
        self, outbox: Outbox, policy: Policy, zone: ZoneInfo, company_inbox: str, origin: str
    ) -> None:
        self._outbox = outbox
        self._origin = origin
        self._policy = policy
        self._zone = zone
        self._inbox = company_inbox

    def received(
        self,
        tx: Connection,
        *,
        to: str,
        deliver: bool,
        reference: str,
        kind: str,
        state: State,
        received_at: datetime,
        dates: Deadlines,
        conversation: str | None,
        language: str,
    ) -> None:
        """The receipt; with `deliver` false only the work of one: nobody can tell a difference."""
        at_once = self._policy.kind(kind).at_once
        usual = _AT_ONCE if at_once else _USUAL
        self._outbox.add(
            tx,
            kind="request_received",
            to=to,
            dedupe_key=f"request_received:{reference}",
            language=language,
            values={
                "reference": reference,
                "kind": self._policy.kind(kind).wish(language),
                "received": long_date(received_at, self._zone),
                "due": "" if at_once else long_date(dates.promise, self._zone),
                "why": "" if at_once else self.why(dates),
                "next": _SHARED if state is State.CHECKING_IDENTITY else usual,
            },
            conversation=conversation,
            deliver=deliver,
        )

    def scheduled(
        self,
        tx: Connection,
        *,
        to: str,
        deliver: bool,
        reference: str,
        received_at: datetime,
        plan: Mapping[str, Sequence[str]],
        conversation: str,
        language: str,
    ) -> None:
        """The receipt of a deletion: its day, what goes and what stays, and the way back."""
        until = received_at + timedelta(days=self._policy.deletion.undo_days)
        self._outbox.add(
            tx,
            kind="deletion_scheduled",
            to=to,
            dedupe_key=f"deletion_scheduled:{reference}",
            language=language,
            values={
                "reference": reference,
                "until": long_date(until, self._zone),
                "deleted": "; ".join(plan.get("goes", ())),
                "kept": "; ".join(plan.get("stays", ())),
                "by_hand": "; ".join(plan.get("by_hand", ())),
                "link": f"{self._origin}/requests/{reference}",
            },
            conversation=conversation,
            deliver=deliver,
        )

    def cancelled(
        self,
        tx: Connection,
        *,
        to: str,
        reference: str,
        kind: str,
        at: datetime,
        language: str,
    ) -> None:
        """That the customer took it back."""
        self._outbox.add(
            tx,
            kind="request_cancelled",
            to=to,
            dedupe_key=f"request_cancelled:{reference}",
            language=language,
            values={
                "reference": reference,
                "kind": self._policy.kind(kind).wish(language),
                "cancelled": long_date(at, self._zone),
            },
        )

    def needs_person(
        self, tx: Connection, *, reference: str, kind: str, people: int, due_at: datetime
    ) -> None:
        """To the company: somebody has to find out who is asking."""
        self._outbox.add(
            tx,
            kind="request_needs_person",
            to=self._inbox,
            dedupe_key=f"request_needs_person:{reference}",
            language="en",
            values={
                "reference": reference,
                "kind": self._policy.kind(kind).wish(),
                "reason": f"The contact that was proven belongs to {people} people. "
                "Find out who of them is asking.",
                "due": long_date(due_at, self._zone),
            },
        )

    def why(self, dates: Deadlines) -> str:
        """Why the promise is that date, in a few words."""
        if dates.set_by.law == HOUSE:
            return f"{dates.set_by.basis}, sooner than any law that we follow asks."
        name = next(law.name for law in self._policy.laws if law.key == dates.set_by.law)
        return f"{dates.set_by.basis}, the shortest time in any law that we follow ({name})."

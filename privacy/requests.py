"""The life of a request: its states, what may happen in each, and how that looks from outside.

One explicit table says which event leads from which state to which; what is not in it is not
possible. Knows nothing of dates, persons, laws or the database.
"""

from dataclasses import dataclass
from enum import StrEnum

from privacy.errors import NotPossibleNow


class State(StrEnum):
    """Where a request stands inside the house."""

    RECEIVED = "received"
    CHECKING_IDENTITY = "checking_identity"  # a person settles who is asking
    IN_PROGRESS = "in_progress"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    SCHEDULED = "scheduled"  # waits for a named date, can be undone until then
    COMMITTED = "committed"  # what has begun cannot be taken back: only forward from here
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to a request after it was filed."""

    DOUBTED = "doubted"  # it is not clear any more who asks
    IDENTITY_SETTLED = "identity_settled"
    STARTED = "started"
    ASKED = "asked"  # we asked the customer something
    ANSWERED = "answered"
    SCHEDULED = "scheduled"
    TIME_CAME = "time_came"
    COMMITTED = "committed"
    FINISHED = "finished"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Why a request is closed as it is; the first seven as in the Data Rights Protocol."""

    SUSPECTED_FRAUD = "suspected_fraud"
    INSUF_VERIFICATION = "insuf_verification"
    NO_MATCH = "no_match"
    CLAIM_NOT_COVERED = "claim_not_covered"
    OUTSIDE_JURISDICTION = "outside_jurisdiction"
    TOO_MANY_REQUESTS = "too_many_requests"
    OTHER = "other"
    BY_CUSTOMER = "by_customer"  # cancelled by the customer
    KEPT_IN_PART = "kept_in_part"  # done, but a law keeps some of it


class Status(StrEnum):
    """What the customer sees; the values are the English words."""

    RECEIVED = "Received"
    CHECKING_IDENTITY = "Checking it's you"
    IN_PROGRESS = "In progress"
    WAITING_FOR_CUSTOMER = "Waiting for you"
    SCHEDULED = "Scheduled"
    DONE = "Done"
    DECLINED = "Declined"
    CANCELLED = "Cancelled"


@dataclass(frozen=True, slots=True)
class DrpStatus:
    """A status and reason of the Data Rights Protocol 1.0, section 3.02."""

    status: str
    reason: str | None = None


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.RECEIVED, Event.DOUBTED): State.CHECKING_IDENTITY,
    (State.RECEIVED, Event.STARTED): State.IN_PROGRESS,
    (State.RECEIVED, Event.ASKED): State.WAITING_FOR_CUSTOMER,
    (State.RECEIVED, Event.SCHEDULED): State.SCHEDULED,
    (State.RECEIVED, Event.COMMITTED): State.COMMITTED,
    (State.RECEIVED, Event.DECLINED): State.DECLINED,
    (State.RECEIVED, Event.CANCELLED): State.CANCELLED,
    (State.CHECKING_IDENTITY, Event.IDENTITY_SETTLED): State.RECEIVED,
    (State.CHECKING_IDENTITY, Event.DECLINED): State.DECLINED,
    (State.CHECKING_IDENTITY, Event.CANCELLED): State.CANCELLED,
    (State.IN_PROGRESS, Event.DOUBTED): State.CHECKING_IDENTITY,
    (State.IN_PROGRESS, Event.ASKED): State.WAITING_FOR_CUSTOMER,
    (State.IN_PROGRESS, Event.SCHEDULED): State.SCHEDULED,
    (State.IN_PROGRESS, Event.COMMITTED): State.COMMITTED,
    (State.IN_PROGRESS, Event.FINISHED): State.DONE,
    (State.IN_PROGRESS, Event.DECLINED): State.DECLINED,
    (State.IN_PROGRESS, Event.CANCELLED): State.CANCELLED,
    (State.WAITING_FOR_CUSTOMER, Event.DOUBTED): State.CHECKING_IDENTITY,
    (State.WAITING_FOR_CUSTOMER, Event.ANSWERED): State.IN_PROGRESS,
    (State.WAITING_FOR_CUSTOMER, Event.DECLINED): State.DECLINED,
    (State.WAITING_FOR_CUSTOMER, Event.CANCELLED): State.CANCELLED,
    (State.SCHEDULED, Event.DOUBTED): State.CHECKING_IDENTITY,
    (State.SCHEDULED, Event.TIME_CAME): State.IN_PROGRESS,
    (State.SCHEDULED, Event.DECLINED): State.DECLINED,
    (State.SCHEDULED, Event.CANCELLED): State.CANCELLED,
    (State.COMMITTED, Event.FINISHED): State.DONE,
}

CLOSED = frozenset({State.DONE, State.DECLINED, State.CANCELLED})

_STATUS = {
    State.RECEIVED: Status.RECEIVED,
    State.CHECKING_IDENTITY: Status.CHECKING_IDENTITY,
    State.IN_PROGRESS: Status.IN_PROGRESS,
    State.WAITING_FOR_CUSTOMER: Status.WAITING_FOR_CUSTOMER,
    State.SCHEDULED: Status.SCHEDULED,
    State.COMMITTED: Status.IN_PROGRESS,
    State.DONE: Status.DONE,
    State.DECLINED: Status.DECLINED,
    State.CANCELLED: Status.CANCELLED,
}
_DENIALS = frozenset(
    {
        Reason.SUSPECTED_FRAUD,
        Reason.INSUF_VERIFICATION,
        Reason.NO_MATCH,
        Reason.CLAIM_NOT_COVERED,
        Reason.OUTSIDE_JURISDICTION,
        Reason.TOO_MANY_REQUESTS,
    }
)


def first_state(*, identity_clear: bool) -> State:
    """Where a request begins: with a person, when a proof leaves open who of several asks."""
    return State.RECEIVED if identity_clear else State.CHECKING_IDENTITY


def next_state(state: State, event: Event) -> State:
    """Where `event` leads from `state`.

    Raises NotPossibleNow.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise NotPossibleNow(f"{event} is not possible for a request that is {state}") from None


def status_of(state: State) -> Status:
    """What the customer sees of a state."""
    return _STATUS[state]


def drp_status(state: State, reason: Reason | None = None) -> DrpStatus:
    """The same in the Data Rights Protocol.

    Never `open`: who runs its own endpoint passes from `open` to `in_progress` immediately (section
    3.03, note 1), and our receipt is given in the same turn.
    """
    if state is State.DONE:
        return DrpStatus("fulfilled")
    if state is State.CANCELLED:
        return DrpStatus("revoked")
    if state is State.DECLINED:
        return DrpStatus("denied", reason if reason in _DENIALS else Reason.OTHER)
    if state is State.CHECKING_IDENTITY:
        return DrpStatus("in_progress", "need_user_verification")
    return DrpStatus("in_progress")

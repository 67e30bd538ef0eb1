"""The state machine: every pair of state and event, and what is seen from outside."""

from itertools import product

import pytest

from privacy.errors import NotPossibleNow
from privacy.requests import (
    CLOSED,
    TRANSITIONS,
    DrpStatus,
    Event,
    Reason,
    State,
    Status,
    drp_status,
    first_state,
    next_state,
    status_of,
)

# Written down a second time, by state, so that a slip in the table is seen.
EXPECTED = {
    State.RECEIVED: "doubted started asked scheduled committed declined cancelled",
    State.CHECKING_IDENTITY: "identity_settled declined cancelled",
    State.IN_PROGRESS: "doubted asked scheduled committed finished declined cancelled",
    State.WAITING_FOR_CUSTOMER: "doubted answered declined cancelled",
    State.SCHEDULED: "doubted time_came declined cancelled",
    State.COMMITTED: "finished",
    State.DONE: "",
    State.DECLINED: "",
    State.CANCELLED: "",
}
LEADS_TO = {
    "doubted": State.CHECKING_IDENTITY,
    "identity_settled": State.RECEIVED,
    "started": State.IN_PROGRESS,
    "asked": State.WAITING_FOR_CUSTOMER,
    "answered": State.IN_PROGRESS,
    "scheduled": State.SCHEDULED,
    "time_came": State.IN_PROGRESS,
    "committed": State.COMMITTED,
    "finished": State.DONE,
    "declined": State.DECLINED,
    "cancelled": State.CANCELLED,
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_pair(state: State, event: Event) -> None:
    if event.value in EXPECTED[state].split():
        assert next_state(state, event) is LEADS_TO[event.value]
    else:
        with pytest.raises(NotPossibleNow):
            next_state(state, event)


def test_no_event_leads_out_of_a_closed_request() -> None:
    assert not [state for state, _ in TRANSITIONS if state in CLOSED]


def test_every_state_can_be_reached_and_every_open_one_can_end() -> None:
    reached = {first_state(identity_clear=True), first_state(identity_clear=False)}
    while further := {to for (state, _), to in TRANSITIONS.items() if state in reached} - reached:
        reached |= further
    assert reached == set(State)
    ends = set(CLOSED)
    while further := {state for (state, _), to in TRANSITIONS.items() if to in ends} - ends:
        ends |= further
    assert ends == set(State)


def test_what_cannot_be_taken_back_cannot_be_cancelled() -> None:
    with pytest.raises(NotPossibleNow):
        next_state(State.COMMITTED, Event.CANCELLED)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.RECEIVED, "Received"),
        (State.CHECKING_IDENTITY, "Checking it's you"),
        (State.IN_PROGRESS, "In progress"),
        (State.COMMITTED, "In progress"),
        (State.WAITING_FOR_CUSTOMER, "Waiting for you"),
        (State.SCHEDULED, "Scheduled"),
        (State.DONE, "Done"),
        (State.DECLINED, "Declined"),
        (State.CANCELLED, "Cancelled"),
    ],
)
def test_the_customer_sees_a_word(state: State, word: str) -> None:
    assert status_of(state) == word
    assert isinstance(status_of(state), Status)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("reason", [None, *Reason])
def test_every_state_and_reason_has_a_data_rights_protocol_status(
    state: State, reason: Reason | None
) -> None:
    status = drp_status(state, reason)
    assert status.status in ("in_progress", "fulfilled", "revoked", "denied")
    assert (status.status == "in_progress") is (state not in CLOSED)
    if status.status == "denied":
        assert status.reason in (
            "suspected_fraud",
            "insuf_verification",
            "no_match",
            "claim_not_covered",
            "outside_jurisdiction",
            "too_many_requests",
            "other",
        )


@pytest.mark.parametrize(
    ("state", "reason", "status"),
    [
        (State.RECEIVED, None, DrpStatus("in_progress")),
        (State.CHECKING_IDENTITY, None, DrpStatus("in_progress", "need_user_verification")),
        (State.DONE, Reason.KEPT_IN_PART, DrpStatus("fulfilled")),
        (State.CANCELLED, Reason.BY_CUSTOMER, DrpStatus("revoked")),
        (State.DECLINED, Reason.NO_MATCH, DrpStatus("denied", "no_match")),
        (State.DECLINED, Reason.BY_CUSTOMER, DrpStatus("denied", "other")),
        (State.DECLINED, None, DrpStatus("denied", "other")),
    ],
)
def test_data_rights_protocol(state: State, reason: Reason | None, status: DrpStatus) -> None:
    assert drp_status(state, reason) == status

"""Which verbs the desk has for a request and its tasks, in which states each is possible, and for whom: one table.

Asked twice: by pages, which offer nothing else, and by every verb before it changes anything. Plain rules: the facts
are passed, and neither the database nor a clock is known here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from privacy.agents.roles import Act, Role, check_permitted, is_permitted
from privacy.decisions import Decision
from privacy.desk.errors import (
    BegunAlready,
    ExtendedAlready,
    NoExtension,
    NoProposal,
    NoReasonFits,
    NothingToTry,
    NotInThisState,
    NotYourProposal,
    OwnProposal,
    ProposalWaits,
    RequestClosed,
    TooLateToExtend,
)
from privacy.errors import Problem
from privacy.requests import CLOSED, State


class Verb(StrEnum):
    """What a person can do with a request or one of its tasks."""

    REFUSE = "refuse"
    EXTEND = "extend"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    WITHDRAW = "withdraw"
    SETTLE = "settle"  # who is asking
    TRY_AGAIN = "try_again"
    HOLD = "hold"
    LIFT = "lift"
    TAKE = "take"  # this and what follows: of a task
    RELEASE = "release"
    SNOOZE = "snooze"
    FINISH = "finish"


type How = Literal["do", "propose"]
"""Done by this person alone, or proposed to another one."""

_ANY: Final = frozenset(State)
_OPEN: Final = _ANY - CLOSED

STATES: Final[Mapping[Verb, frozenset[State]]] = {
    Verb.REFUSE: _OPEN - {State.COMMITTED},
    Verb.EXTEND: _OPEN,
    Verb.APPROVE: _OPEN,
    Verb.SEND_BACK: _OPEN,
    Verb.WITHDRAW: _OPEN,
    Verb.SETTLE: frozenset({State.CHECKING_IDENTITY}),
    Verb.TRY_AGAIN: frozenset({State.RECEIVED, State.IN_PROGRESS, State.COMMITTED}),
    # A hold is on the person, and also stops the timers of what a deletion left (GDPR Art. 17(3)(e)).
    Verb.HOLD: _ANY,
    Verb.LIFT: _ANY,
    # What has to be done although the request is over stays a task; all others end with their request.
    Verb.TAKE: _ANY,
    Verb.RELEASE: _ANY,
    Verb.SNOOZE: _ANY,
    Verb.FINISH: _ANY,
}

ACTS: Final[Mapping[Verb, Act]] = {
    Verb.REFUSE: Act.PROPOSE,
    Verb.EXTEND: Act.PROPOSE,
    Verb.APPROVE: Act.DECIDE,
    Verb.SEND_BACK: Act.DECIDE,
    Verb.WITHDRAW: Act.PROPOSE,
    Verb.SETTLE: Act.DECIDE,
    Verb.TRY_AGAIN: Act.DO_TASK,
    Verb.HOLD: Act.HOLD,
    Verb.LIFT: Act.HOLD,
    Verb.TAKE: Act.DO_TASK,
    Verb.RELEASE: Act.DO_TASK,
    Verb.SNOOZE: Act.DO_TASK,
    Verb.FINISH: Act.DO_TASK,
}
OF_REQUESTS: Final = (
    Verb.REFUSE, Verb.EXTEND, Verb.APPROVE, Verb.SEND_BACK, Verb.WITHDRAW, Verb.SETTLE, Verb.TRY_AGAIN, Verb.HOLD,
)  # fmt: skip
OF_TASKS: Final = (Verb.TAKE, Verb.RELEASE, Verb.SNOOZE, Verb.FINISH)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request when somebody wants to do something with it.

    `is_refusable`: the policy has a reason for its kind. `is_extendable`: every law in scope knows an extension of this
    right. `waits_until`: when work is tried next, where it waits for a system. `proposed_by`: whose proposal is open.
    """

    state: State
    due_at: datetime
    now: datetime
    is_refusable: bool = True
    is_extendable: bool = True
    is_extended: bool = False
    waits_until: datetime | None = None
    proposed_by: str | None = None
    four_eyes: frozenset[Decision] = frozenset()


def check(verb: Verb, facts: Facts, role: Role, who: str) -> How:
    """May `who` (an agent's id) of that role do it now, and alone?

    Raises NotAllowed, NotPossibleNow and its kin of `privacy.desk.errors`.
    """
    check_permitted(role, ACTS[verb])
    if facts.state not in STATES[verb]:
        if facts.state in CLOSED:
            raise RequestClosed(f"{verb}: the request is closed")
        if facts.state is State.COMMITTED:
            raise BegunAlready(f"{verb}: it cannot be taken back any more")
        raise NotInThisState(f"{verb} is not for a request that is {facts.state}")
    for problem, stands in _OBJECTIONS.get(verb, ()):
        if stands(facts, who):
            raise problem(f"{verb} is not possible")
    return how(verb, facts, role)


def how(verb: Verb, facts: Facts, role: Role) -> How:
    """Refusals and extensions are proposed by those who may not decide, and by all where the policy wants four eyes."""
    if verb not in (Verb.REFUSE, Verb.EXTEND):
        return "do"
    alone = is_permitted(role, Act.DECIDE) and verb.value not in facts.four_eyes
    return "do" if alone else "propose"


def allowed(facts: Facts, role: Role, who: str) -> dict[Verb, How]:
    """Every verb of a request that this person has now, and how."""
    found: dict[Verb, How] = {}
    for verb in OF_REQUESTS:
        try:
            found[verb] = check(verb, facts, role, who)
        except Problem:
            continue
    return found


type _Objection = tuple[type[Problem], Callable[[Facts, str], bool]]

_OBJECTIONS: Final[Mapping[Verb, tuple[_Objection, ...]]] = {
    Verb.REFUSE: (
        (NoReasonFits, lambda facts, _: not facts.is_refusable),
        (ProposalWaits, lambda facts, _: facts.proposed_by is not None),
    ),
    Verb.EXTEND: (
        (NoExtension, lambda facts, _: not facts.is_extendable),
        (ExtendedAlready, lambda facts, _: facts.is_extended),
        (TooLateToExtend, lambda facts, _: facts.now >= facts.due_at),
        (ProposalWaits, lambda facts, _: facts.proposed_by is not None),
    ),
    Verb.APPROVE: (
        (NoProposal, lambda facts, _: facts.proposed_by is None),
        (OwnProposal, lambda facts, who: facts.proposed_by == who),
    ),
    Verb.SEND_BACK: (
        (NoProposal, lambda facts, _: facts.proposed_by is None),
        (OwnProposal, lambda facts, who: facts.proposed_by == who),
    ),
    Verb.WITHDRAW: (
        (NoProposal, lambda facts, _: facts.proposed_by is None),
        (NotYourProposal, lambda facts, who: facts.proposed_by != who),
    ),
    Verb.TRY_AGAIN: (
        (
            NothingToTry,
            lambda facts, _: facts.waits_until is None or facts.waits_until <= facts.now,
        ),
    ),
}

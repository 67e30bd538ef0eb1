"""What can stand in the way of a verb at the desk: one class each, with a stable code and a sentence in `web/desk/wording`."""

from typing import ClassVar

from privacy.errors import NotPossibleNow, Problem
from privacy.handoff.hand_overs import TakenAlready


class RequestClosed(NotPossibleNow):
    """The request is closed: nothing is decided about it any more."""

    code: ClassVar[str] = "desk_request_closed"


class BegunAlready(NotPossibleNow):
    """Rows are gone already; a deletion that has begun only moves forward."""

    code: ClassVar[str] = "desk_begun_already"


class NotInThisState(NotPossibleNow):
    """The request is in a state in which this is not done."""

    code: ClassVar[str] = "desk_not_in_this_state"


class NoReasonFits(NotPossibleNow):
    """The policy has no reason for which a request of this kind could be refused."""

    code: ClassVar[str] = "desk_no_reason_fits"


class NoExtension(NotPossibleNow):
    """A law in scope knows no extension for this right, so nobody is offered one."""

    code: ClassVar[str] = "desk_no_extension"


class ExtendedAlready(NotPossibleNow):
    """A date is moved once."""

    code: ClassVar[str] = "desk_extended_already"


class TooLateToExtend(NotPossibleNow):
    """An extension is told before the first date has passed."""

    code: ClassVar[str] = "desk_too_late_to_extend"


class ProposalWaits(NotPossibleNow):
    """Something is proposed for this request already, and nobody has decided about it."""

    code: ClassVar[str] = "desk_proposal_waits"


class NoProposal(NotPossibleNow):
    """Nothing is proposed, or not any more."""

    code: ClassVar[str] = "desk_no_proposal"


class OwnProposal(Problem):
    """Nobody approves what they proposed."""

    code: ClassVar[str] = "desk_own_proposal"


class NotYourProposal(Problem):
    """Only whoever proposed something takes it back."""

    code: ClassVar[str] = "desk_not_your_proposal"


class NothingToTry(NotPossibleNow):
    """No later try is planned: the work runs, waits for a person, or is over."""

    code: ClassVar[str] = "desk_nothing_to_try"


class PersonHasOne(NotPossibleNow):
    """The person who was chosen has an open request of this kind already."""

    code: ClassVar[str] = "desk_person_has_one"


class NoSuchPerson(Problem):
    """Whoever was chosen is none of those to whom the contact belongs."""

    code: ClassVar[str] = "desk_no_such_person"


class ReasonMissing(Problem):
    """A reason of the list has to be picked, or written where there is no list."""

    code: ClassVar[str] = "desk_reason_missing"


class TaskDone(NotPossibleNow):
    """The task is done already."""

    code: ClassVar[str] = "desk_task_done"


class TaskNotYours(NotPossibleNow):
    """The task is taken by nobody, or by somebody else."""

    code: ClassVar[str] = "desk_task_not_yours"


class TaskTaken(TakenAlready):
    """Somebody else has the task."""

    code = "desk_task_taken"


class TaskUnknown(Problem):
    """There is no such task."""

    code: ClassVar[str] = "desk_task_unknown"


class HoldGone(NotPossibleNow):
    """No such hold is in force."""

    code: ClassVar[str] = "desk_hold_gone"


class SnoozeTooLong(Problem):
    """A task is put off until a moment after now and before it is due."""

    code: ClassVar[str] = "desk_snooze_too_long"

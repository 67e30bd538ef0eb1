"""All custom actions, made once with the house they act in."""

from rasa_sdk.interfaces import Action

from actions import correct, delete, everyday, handoff, object, requests, status, verify
from privacy.wiring import Vera

STEPS = (
    requests.BeginAccess,
    requests.BeginExport,
    requests.BeginRestrict,
    requests.CarryOut,
    requests.AskPart,
    requests.CheckPart,
    requests.AfterPart,
    delete.BeginDelete,
    delete.AskDelete,
    delete.AfterDelete,
    correct.BeginCorrect,
    correct.AskField,
    correct.CheckCorrect,
    correct.AfterCorrect,
    correct.AskRow,
    correct.AskValue,
    correct.AskConfirmed,
    correct.CheckValue,
    correct.AfterValue,
    correct.CheckNewContact,
    correct.AfterNewContact,
    verify.CheckVerify,
    verify.Resend,
    verify.PickUp,
    verify.LostContact,
    verify.NeverMind,
    object.BeginOptOut,
    object.CheckOptOut,
    object.AfterOptOut,
    status.BeginStatus,
    status.TellStatus,
    status.BeginCancel,
    status.ChooseRequest,
    status.AskChosen,
    status.AskCancelConfirmed,
    status.CheckCancel,
    status.AfterCancel,
    handoff.BeginHandoff,
    handoff.CheckHandoff,
    handoff.AfterHandoff,
    everyday.Yes,
    everyday.NotUnderstood,
    everyday.Why,
)


def all_actions(vera: Vera) -> list[Action]:
    """One instance of each."""
    return [step(vera) for step in STEPS]

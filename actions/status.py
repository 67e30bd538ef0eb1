"""How far is it? And: stop it. Both need one code in this conversation."""

from typing import Any

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.flow import begin, drop, end, proof_of_draft, prove
from actions.step import FormStep, Step, Turn, go, token_of
from privacy.conversations.placeholders import shown
from privacy.dates import long_date
from privacy.filing import RequestView
from privacy.requests import Status
from privacy.verification import Proof


class BeginStatus(Step):
    """ "Where is my request?" """

    called = "action_begin_status"

    async def take(self, turn: Turn) -> list[EventType]:
        events = await begin(turn, "status")
        if await proof_of_draft(turn) is None:
            turn.say("utter_begin_status")
        return [*events, *await prove(turn)]


class TellStatus(Step):
    """All requests of the person who proved to be it: open ones first, each with its date."""

    called = "action_tell_status"

    async def take(self, turn: Turn) -> list[EventType]:
        proof = await proof_of_draft(turn)
        if proof is None:
            turn.say("utter_not_proven")
            return end()
        views = await turn.do(turn.vera.filing.overview, proof.subjects)
        await turn.do(turn.vera.drafts.drop, turn.conversation)
        if not views:
            turn.say("utter_status_none")
            return end()
        lines = [_line(turn, view, await _planned_for(turn, view, proof)) for view in views[:10]]
        turn.say("utter_status", lines="\n\n".join(lines))
        return end()


class BeginCancel(Step):
    """ "Cancel my request." In the middle of asking, it ends the asking."""

    called = "action_begin_cancel"

    async def take(self, turn: Turn) -> list[EventType]:
        if turn.form is not None and turn.form != "cancel_form" and turn.entity("chosen") is None:
            await drop(turn)
            turn.say("utter_dropped_maybe_cancel")
            return end()
        events = await begin(turn, "cancel")
        if await proof_of_draft(turn) is None:
            turn.say("utter_begin_cancel")
        return [*events, *await prove(turn)]


class ChooseRequest(Step):
    """Find out which open request is meant."""

    called = "action_choose_request"

    async def take(self, turn: Turn) -> list[EventType]:
        open_ones = await open_requests(turn)
        if not open_ones:
            await drop(turn)
            turn.say("utter_nothing_to_cancel")
            return end()
        token = await turn.do(
            turn.vera.acts.keep_reference, turn.conversation, open_ones[0].reference
        )
        chosen = SlotSet("chosen", token if len(open_ones) == 1 else None)
        return [SlotSet("confirmed", None), chosen, go("cancel_form")]


class AskChosen(Step):
    """Offer the open requests as buttons."""

    called = "action_ask_cancel_form_chosen"

    async def take(self, turn: Turn) -> list[EventType]:
        buttons = []
        for view in await open_requests(turn):
            token = await turn.do(turn.vera.acts.keep_reference, turn.conversation, view.reference)
            wish = turn.vera.policy.kinds[view.kind].wish()
            buttons.append((f"{view.reference}: {wish}", f'/inform{{"chosen": "{token}"}}'))
        turn.offer("utter_ask_which_request", buttons)
        return []


class AskCancelConfirmed(Step):
    """Say what would be cancelled."""

    called = "action_ask_cancel_form_confirmed"

    async def take(self, turn: Turn) -> list[EventType]:
        turn.say("utter_ask_cancel_confirmed", reference=shown(turn.slot("chosen") or ""))
        return []


class CheckCancel(FormStep):
    """Takes the choice and the yes or no."""

    called = "validate_cancel_form"

    async def validate_chosen(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        token = token_of(value)
        if token is None:
            return {"chosen": None}
        reference = await turn.do(turn.vera.acts.reference_of, turn.conversation, token)
        known = {view.reference for view in await open_requests(turn)}
        if reference in known:
            return {"chosen": token}
        turn.say("utter_problem_request_not_found")
        return {"chosen": None}

    def validate_confirmed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        return {"confirmed": value}


class AfterCancel(Step):
    """Cancel it, or leave it as it is."""

    called = "action_after_cancel_form"

    async def take(self, turn: Turn) -> list[EventType]:
        vera = turn.vera
        reference = await turn.do(
            vera.acts.reference_of, turn.conversation, turn.slot("chosen") or ""
        )
        proof = await proof_of_draft(turn)
        await drop(turn)
        if turn.tracker.get_slot("confirmed") is not True or reference is None:
            turn.say("utter_not_cancelled")
            return end()
        if proof is None:
            turn.say("utter_not_proven")
            return end()
        view = await turn.do(vera.filing.cancel, reference, proof.subjects, turn.id)
        turn.say("utter_cancelled", reference=view.reference)
        return end()


async def open_requests(turn: Turn) -> list[RequestView]:
    """The open requests of the person who proved to be it."""
    proof = await proof_of_draft(turn)
    if proof is None:
        return []
    views = await turn.do(turn.vera.filing.overview, proof.subjects)
    return [view for view in views if view.closed_at is None]


async def _planned_for(turn: Turn, view: RequestView, proof: Proof) -> str:
    """The day on which a planned deletion happens; "" where none is planned, or it is about to begin."""
    if view.status is not Status.SCHEDULED:
        return ""
    until = await turn.do(turn.vera.fulfilment.undo_until, view.reference, proof.subjects)
    if until is None or until <= turn.vera.clock.now():
        return ""
    return long_date(until, turn.vera.settings.zone)


def _line(turn: Turn, view: RequestView, planned_for: str) -> str:
    zone = turn.vera.settings.zone
    wish = turn.vera.policy.kinds[view.kind].wish()
    if view.closed_at is not None:
        return (
            f"{view.reference}: {wish}. {view.status.value} on {long_date(view.closed_at, zone)}."
        )
    if planned_for:
        return f"{view.reference}: {wish}. Planned for {planned_for}. Until then you can undo it."
    since = f"received on {long_date(view.received_at, zone)}"
    how_far = (
        since[0].upper() + since[1:]
        if view.status is Status.RECEIVED
        else f"{view.status.value}, {since}"
    )
    return (
        f"{view.reference}: {wish}. {how_far}. "
        f"Done by {long_date(view.due_at, zone)} at the latest."
    )

"""Proving who asks: which contact, then the code. Codes themselves never come this far.

The service checked the code before Rasa heard of the message; what arrives is its outcome. Every sentence
is the same whether or not the contact is known to the company.
"""

from typing import Any

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.codes import is_of_another_code, no_code_awaited, say_outcome, say_sent
from actions.correct import ALL_ROWS
from actions.flow import (
    begin,
    begin_message,
    drop,
    end,
    go_on,
    operation_of,
    proof_of_draft,
    prove,
    to_person,
)
from actions.requests import say_filed
from actions.step import FormStep, Step, Turn, contact_token, go, leave_form, token_of
from privacy.conversations.placeholders import shown
from privacy.filing import StoredDraft

SHOWN_BEFORE = {
    ("delete_form", "confirmed"),
    ("value_form", "row"),
    ("value_form", "new_value"),
}
"""Questions about something that is shown first, and may have been lost together with the question."""


class CheckVerify(FormStep):
    """Takes the contact, sends the code to the one on file, and hears how the check went."""

    called = "validate_verify_form"

    async def validate_contact(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        token, contact = await contact_token(turn, value)
        draft = await turn.do(turn.vera.drafts.get, turn.conversation)
        if contact is None or draft is None or await self._may_be_new_value(turn, draft, token):
            return {"contact": None}
        await turn.do(
            turn.vera.verification.begin,
            turn.conversation,
            operation_of(draft),
            contact,
            draft.act_key,
            turn.id,
        )
        say_sent(turn, "utter_code_sent", token)
        return {"contact": token, "code": None}

    @staticmethod
    async def _may_be_new_value(turn: Turn, draft: StoredDraft, token: str | None) -> bool:
        """Whether an address came with the wish to correct one: Rasa fills a form that opens from that message, too."""
        if draft.kind != "correct" or turn.slot("requested_slot") is not None:
            return False
        if token != turn.entity("contact"):
            return False
        return token != await turn.do(turn.vera.acts.known_contact, turn.conversation)

    async def validate_code(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        outcome = token_of(value)
        if outcome is None or await is_of_another_code(turn, outcome):
            return {"code": None}
        if outcome in ("accepted", "locked"):
            return {"code": outcome}
        if outcome in ("none", "unread") and await no_code_awaited(turn):
            # The code was used, and the word of it was lost with a process: what is proven decides.
            return {"code": "accepted"}
        await say_outcome(turn, outcome)
        return {"code": None}


class Resend(Step):
    """ "No code came." """

    called = "action_resend_code"
    keeps_form = True

    async def take(self, turn: Turn) -> list[EventType]:
        await turn.do(turn.vera.verification.resend, turn.conversation, turn.id)
        say_sent(turn, "utter_code_resent", turn.slot("contact"))
        return []


class PickUp(Step):
    """A bare value outside its question: an address, a reference, a code, or a turn that was interrupted."""

    called = "action_pick_up"
    keeps_form = True

    async def take(self, turn: Turn) -> list[EventType]:
        draft = await turn.do(turn.vera.drafts.get, turn.conversation)
        outcome = turn.entity("code")
        if turn.entity("resume") is not None:
            return await resume(turn)
        act = turn.entity("act")
        if act == "leave_message":
            turn.say("utter_begin_handoff")
            return [*await begin_message(turn), go("handoff_form")]
        if act == "assistant":
            return await go_on(turn)
        if act == "delete_now":
            turn.say("utter_begin_delete_now")
            return [*await begin(turn, "delete_now"), *await prove(turn)]
        if act in ("part", "whole") and draft is not None:
            return await measure(turn, act)
        if outcome is not None and draft is not None and await proof_of_draft(turn) is not None:
            return [go("action_carry_out")]
        if outcome is not None and draft is not None and turn.form is None:
            # The form reads the outcome itself as soon as it is open again.
            return [go("new_contact_form" if "value" in draft.details else "verify_form")]
        if outcome is not None:
            turn.say("utter_code_not_awaited")
            return []
        if turn.entity("reference") is not None:
            events = await begin(turn, "status")
            turn.say("utter_begin_status_reference")
            return [*events, *await prove(turn)]
        contact = turn.entity("contact")
        if contact is not None and turn.form is None:
            turn.say("utter_contact_noted", contact=shown(contact, masked=True))
            return [SlotSet("contact", contact)]
        turn.say("utter_not_asked_for")
        return []


async def measure(turn: Turn, act: str) -> list[EventType]:
    """All of it, or a part: ask which, or look again."""
    if act == "part":
        return [*leave_form(), go("part_form")]
    await turn.do(lambda: turn.vera.drafts.put(turn.conversation, scope="", confirmed=""))
    return [*leave_form(), go("action_carry_out")]


async def resume(turn: Turn) -> list[EventType]:
    """A turn went through, and its answer was lost with a process: say its receipt again, or where we are."""
    filed = await turn.do(
        turn.vera.filing.filed_in, turn.conversation, turn.id.removesuffix("-resumed")
    )
    if filed is not None:
        await say_filed(turn, filed)
        return end()
    turn.say("utter_interrupted")
    if await turn.do(turn.vera.drafts.get, turn.conversation) is None:
        return []
    if _is_about_something_shown(turn):
        return [*leave_form(), go("action_carry_out")]
    if turn.form is None:
        return [go("action_carry_out" if await proof_of_draft(turn) else "verify_form")]
    return []


def _is_about_something_shown(turn: Turn) -> bool:
    question = (turn.form, turn.slot("requested_slot"))
    if question == ("value_form", "new_value") and turn.slot("row") != ALL_ROWS:
        return False  # of several entries one was chosen: by pressing its words, which stand there
    return question in SHOWN_BEFORE


class LostContact(Step):
    """ "I no longer have that address": a person takes over."""

    called = "action_lost_contact"

    async def take(self, turn: Turn) -> list[EventType]:
        return await to_person(turn, "unverified", "utter_lost_contact")


class NeverMind(Step):
    """ "Stop", "never mind", "start over": nothing is filed, nothing is kept."""

    called = "action_never_mind"

    async def take(self, turn: Turn) -> list[EventType]:
        turn.say("utter_dropped" if await drop(turn) else "utter_nothing_to_drop")
        return end()

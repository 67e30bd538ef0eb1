"""Saying no: opt-outs and withdrawn consent. They need no code, only the record they are about."""

from typing import Any

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.flow import begin, end
from actions.requests import say_filed, say_what_was_filed
from actions.step import FormStep, Step, Turn, contact_token, go


class BeginOptOut(Step):
    """ "Stop mailing me", "I take my consent back"."""

    called = "action_begin_opt_out"

    async def take(self, turn: Turn) -> list[EventType]:
        kind = "withdraw_consent" if turn.intent == "withdraw_consent" else "object"
        events = await begin(turn, kind)
        turn.say(f"utter_begin_{kind}")
        return [*events, go("opt_out_form")]


class CheckOptOut(FormStep):
    """Takes the contact that the opt-out is about."""

    called = "validate_opt_out_form"

    async def validate_contact(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        token, _ = await contact_token(self.turn(dispatcher, tracker), value)
        return {"contact": token}


class AfterOptOut(Step):
    """File it at once; the words are the same whether or not the contact is known."""

    called = "action_after_opt_out_form"

    async def take(self, turn: Turn) -> list[EventType]:
        filed = await turn.do(
            turn.vera.acts.file_opt_out, turn.conversation, turn.slot("contact") or "", turn.id
        )
        if filed is None:
            return await say_what_was_filed(turn)
        await say_filed(turn, filed)
        return end()

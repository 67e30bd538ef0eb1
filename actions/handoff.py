"""To a person: take a message and a way to answer, keep both, and mail them to the company."""

from typing import Any

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.flow import begin_message, drop, end
from actions.step import FormStep, Step, Turn, contact_token, go
from privacy.conversations.placeholders import shown


class BeginHandoff(Step):
    """ "A person, now", a complaint, or help that a bot cannot give."""

    called = "action_begin_handoff"

    async def take(self, turn: Turn) -> list[EventType]:
        turn.say("utter_begin_complaint" if turn.intent == "complaint" else "utter_begin_handoff")
        return [*await begin_message(turn), go("handoff_form")]


class CheckHandoff(FormStep):
    """Takes the message and the way to answer."""

    called = "validate_handoff_form"

    def validate_message(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        return {"message": value if isinstance(value, str) else None}

    async def validate_way_to_answer(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        token, _ = await contact_token(self.turn(dispatcher, tracker), value)
        return {"way_to_answer": token}


class AfterHandoff(Step):
    """Both are known: store them and send them on."""

    called = "action_after_handoff_form"

    async def take(self, turn: Turn) -> list[EventType]:
        message, way = turn.slot("message") or "", turn.slot("way_to_answer") or ""
        await turn.do(turn.vera.acts.leave_message, turn.conversation, message, way, turn.id)
        await drop(turn)
        turn.say("utter_message_left", way=shown(way))
        return end()

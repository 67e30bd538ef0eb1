"""To a person: into the queue while people are there; else a message and a way to answer, kept and mailed to the company."""

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.flow import drop, end, to_person
from actions.step import FormStep, Step, Turn, contact_token
from privacy.conversations.placeholders import shown
from privacy.handoff.hand_overs import Why

# What the button says of why it was offered.
_WHY: Mapping[str, Why] = {
    "misunderstood": "misunderstood",
    "only_person": "only_person",
    "unverified": "unverified",
}


class BeginHandoff(Step):
    """ "A person, now", a complaint, somebody in distress, or help that a bot cannot give."""

    called = "action_begin_handoff"

    async def take(self, turn: Turn) -> list[EventType]:
        if turn.intent == "complaint":
            return await to_person(turn, "complaint", "utter_begin_complaint")
        if turn.intent == "distress":
            return await to_person(turn, "distress", "utter_begin_distress")
        return await to_person(turn, _WHY.get(turn.entity("act") or "", "asked"))


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

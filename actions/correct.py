"""Correcting: which field, the new value, read back, confirmed; then the code.

The new value is sealed by the service; here it is `value_1` or a placeholder like it.
"""

from typing import Any

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.flow import begin, prove
from actions.step import FormStep, Step, Turn, go
from privacy.conversations.placeholders import shown


class BeginCorrect(Step):
    """ "That is wrong, change it." """

    called = "action_begin_correct"

    async def take(self, turn: Turn) -> list[EventType]:
        events = await begin(turn, "correct")
        field = turn.entity("field")
        if field is not None and field in turn.vera.correctable:
            events.append(SlotSet("field", field))
        # An address in this first message is as likely the new value as the one on file: ask.
        events.append(SlotSet("contact", None))
        return [*events, go("correct_form")]


class AskField(Step):
    """Offer what can be corrected, from the data map."""

    called = "action_ask_correct_form_field"

    async def take(self, turn: Turn) -> list[EventType]:
        buttons = [
            (capital(known.label), f'/inform{{"field": "{field}"}}')
            for field, known in turn.vera.correctable.items()
        ]
        turn.offer("utter_ask_field", [*buttons, ("Something else", "/human")])
        return []


class AskValue(Step):
    """Ask for the new value of the field that was chosen."""

    called = "action_ask_correct_form_new_value"

    async def take(self, turn: Turn) -> list[EventType]:
        turn.say("utter_ask_new_value", field=label_of(turn))
        return []


class AskConfirmed(Step):
    """Read the new value back before anything is filed."""

    called = "action_ask_correct_form_confirmed"

    async def take(self, turn: Turn) -> list[EventType]:
        turn.say("utter_read_back", field=label_of(turn), value=shown(turn.slot("new_value") or ""))
        return []


class CheckCorrect(FormStep):
    """Takes the answers of the correction form."""

    called = "validate_correct_form"

    def validate_field(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        if isinstance(value, list):
            value = value[-1]
        if value in turn.vera.correctable:
            return {"field": value}
        if turn.slot("requested_slot") == "field":
            # A word in the first message that names nothing of ours is simply not heard as an answer.
            turn.say("utter_unknown_field")
        return {"field": None}

    async def validate_new_value(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        if not isinstance(value, str):
            return {"new_value": None}
        problem = await turn.do(
            turn.vera.acts.wrong_with_value, turn.conversation, turn.slot("field") or "", value
        )
        if problem is not None:
            turn.say(problem)
            return {"new_value": None}
        return {"new_value": value}

    def validate_confirmed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        if value is False:
            # "No, that is not right": the same question again, not the end of the journey.
            return {"confirmed": None, "new_value": None}
        return {"confirmed": value}


class AfterCorrect(Step):
    """The value is right: keep it with the draft and prove who asks."""

    called = "action_after_correct_form"

    async def take(self, turn: Turn) -> list[EventType]:
        field, value = turn.slot("field") or "", turn.slot("new_value") or ""
        await turn.do(turn.vera.acts.put_correction, turn.conversation, field, value)
        return await prove(turn)


def label_of(turn: Turn) -> str:
    """The chosen field in the company's plain words, without "your"."""
    known = turn.vera.correctable.get(turn.slot("field") or "")
    return without_your(known.label) if known is not None else "entry"


def without_your(label: str) -> str:
    """ "your postal address" as it stands after "your"."""
    return label.removeprefix("your ")


def capital(label: str) -> str:
    """The same as a button."""
    bare = without_your(label)
    return bare[:1].upper() + bare[1:]

"""Correcting: which field, who asks, what stands there, the new value, read back; a new address proves itself.

Old and new values are sealed by the service; here they are `value_1` or a placeholder like it.
"""

from typing import Any

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.codes import is_of_another_code, say_outcome
from actions.flow import begin, not_proven, proof_of_draft, prove
from actions.step import FormStep, Step, Turn, go, token_of
from privacy.conversations.placeholders import shown
from privacy.filing import StoredDraft
from privacy.verification import Proof

ALL_ROWS = "row_all"


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
        turn.offer(
            "utter_ask_field", [*buttons, ("Something else", '/human{"act": "only_person"}')]
        )
        return []


class CheckCorrect(FormStep):
    """Takes the field."""

    called = "validate_correct_form"

    def validate_field(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        field = token_of(value)
        if field in turn.vera.correctable:
            return {"field": field}
        if turn.slot("requested_slot") == "field":
            # A word in the first message that names nothing of ours is simply not heard as an answer.
            turn.say("utter_unknown_field")
        return {"field": None}


class AfterCorrect(Step):
    """The field is known: who is asking?"""

    called = "action_after_correct_form"

    async def take(self, turn: Turn) -> list[EventType]:
        field = turn.slot("field") or ""
        await turn.do(lambda: turn.vera.drafts.put(turn.conversation, field=field))
        proving = await prove(turn)
        if proving[-1] != go("action_carry_out"):
            turn.say("utter_begin_correct")
        return proving


async def missing(turn: Turn, draft: StoredDraft, proof: Proof) -> list[EventType] | None:
    """What has to be asked before the correction can be filed; None when all is there."""
    if "field" not in draft.details:
        return [go("correct_form")]
    if "value" not in draft.details:
        return await show_what_stands(turn, draft, proof)
    if await turn.do(turn.vera.corrections.contact_to_prove, turn.conversation) is not None:
        return [go("new_contact_form")]
    return None


async def show_what_stands(turn: Turn, draft: StoredDraft, proof: Proof) -> list[EventType]:
    """Say what is on file and ask what it should be."""
    field = draft.details["field"]
    slots: list[EventType] = [SlotSet("field", field), SlotSet("row", ALL_ROWS)]
    if len(proof.subjects) == 1:
        standing = await turn.do(turn.vera.corrections.standing, turn.conversation, proof, field)
        if standing.offers:
            slots = [SlotSet("field", field), SlotSet("row", None)]
        elif standing.lines:
            turn.say("utter_stands_now", field=label_of(turn, field), values=standing.lines)
        else:
            turn.say("utter_stands_nowhere", field=label_of(turn, field))
    return [*slots, SlotSet("new_value", None), SlotSet("confirmed", None), go("value_form")]


class AskRow(Step):
    """Offer the entries among which one is meant."""

    called = "action_ask_value_form_row"

    async def take(self, turn: Turn) -> list[EventType]:
        rows = await turn.do(turn.vera.corrections.rows_offered, turn.conversation)
        buttons = [(shown(words), f'/inform{{"row": "{row}"}}') for row, words in rows.items()]
        turn.offer("utter_ask_row", buttons, field=label_of(turn))
        return []


class AskValue(Step):
    """Ask for the new value of the field that was chosen."""

    called = "action_ask_value_form_new_value"

    async def take(self, turn: Turn) -> list[EventType]:
        known = turn.vera.correctable.get(turn.slot("field") or "")
        is_address = known is not None and known.kind == "address"
        turn.say(
            "utter_ask_new_value_address" if is_address else "utter_ask_new_value",
            field=label_of(turn),
        )
        return []


class AskConfirmed(Step):
    """Read the new value back before anything is filed."""

    called = "action_ask_value_form_confirmed"

    async def take(self, turn: Turn) -> list[EventType]:
        token, field = turn.slot("new_value") or "", turn.slot("field") or ""
        read = await turn.do(turn.vera.corrections.as_read, turn.conversation, field, token)
        turn.say("utter_read_back", field=label_of(turn), value=shown(read))
        return []


class CheckValue(FormStep):
    """Takes the entry, the new value and the yes."""

    called = "validate_value_form"

    async def validate_row(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        token = token_of(value)
        known = {ALL_ROWS, *await turn.do(turn.vera.corrections.rows_offered, turn.conversation)}
        return {"row": token if token in known else None}

    async def validate_new_value(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        token = token_of(value)
        if token is None:
            return {"new_value": None}
        problem = await turn.do(
            turn.vera.corrections.wrong_with_value,
            turn.conversation,
            turn.slot("field") or "",
            turn.slot("row") or ALL_ROWS,
            token,
            await proof_of_draft(turn),
        )
        if problem is not None:
            turn.say(problem)
            return {"new_value": None}
        return {"new_value": token}

    async def validate_confirmed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        if value is False and not await turn.do(
            turn.vera.acts.is_leaving, turn.conversation, turn.id
        ):
            # "No, that is not right": the same question again, not the end of the journey.
            return {"confirmed": None, "new_value": None}
        return {"confirmed": value}


class AfterValue(Step):
    """The value is right: keep it with the draft; a new address or number gets a code of its own."""

    called = "action_after_value_form"

    async def take(self, turn: Turn) -> list[EventType]:
        if turn.tracker.get_slot("confirmed") is not True:
            return [go("action_never_mind")]
        corrections = turn.vera.corrections
        field, row = turn.slot("field") or "", turn.slot("row") or ALL_ROWS
        await turn.do(corrections.put, turn.conversation, field, row, turn.slot("new_value") or "")
        contact = await turn.do(corrections.contact_to_prove, turn.conversation)
        if contact is not None:
            await turn.do(corrections.send_code, turn.conversation, turn.id)
            is_number = turn.vera.correctable[field].kind == "phone"
            turn.say(
                "utter_new_number_code_sent" if is_number else "utter_new_contact_code_sent",
                contact=shown(contact),
                minutes=turn.vera.policy.codes.minutes,
            )
            return [SlotSet("code", None), go("new_contact_form")]
        return [go("action_carry_out")]


class CheckNewContact(FormStep):
    """Hears how the check of the code went that the new contact was sent."""

    called = "validate_new_contact_form"

    async def validate_code(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        outcome = token_of(value)
        proven = await turn.do(turn.vera.corrections.contact_to_prove, turn.conversation) is None
        if proven:
            return {"code": outcome or "accepted"}
        if outcome is None or await is_of_another_code(turn, outcome):
            return {"code": None}
        if outcome == "locked":
            return {"code": outcome}
        await say_outcome(turn, outcome)
        return {"code": None}


class AfterNewContact(Step):
    """Both contacts are proven, or the new one never will be."""

    called = "action_after_new_contact_form"

    async def take(self, turn: Turn) -> list[EventType]:
        if await turn.do(turn.vera.corrections.contact_to_prove, turn.conversation) is None:
            return [go("action_carry_out")]
        return await not_proven(turn)


def label_of(turn: Turn, field: str | None = None) -> str:
    """The chosen field in the company's plain words, without "your"."""
    known = turn.vera.correctable.get(field or turn.slot("field") or "")
    return without_your(known.label) if known is not None else "entry"


def without_your(label: str) -> str:
    """ "your postal address" as it stands after "your"."""
    return label.removeprefix("your ")


def capital(label: str) -> str:
    """The same as a button."""
    bare = without_your(label)
    return bare[:1].upper() + bare[1:]

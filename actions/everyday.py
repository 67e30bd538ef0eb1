"""The small things: yes, not understood, why do you ask."""

from rasa_sdk.events import EventType

from actions.flow import go_on
from actions.step import Step, Turn


class Yes(Step):
    """ "Yes", or "go on", to nothing in particular: what a person interrupted goes on."""

    called = "action_yes"
    keeps_form = True

    async def take(self, turn: Turn) -> list[EventType]:
        if turn.form is None:
            return await go_on(turn)
        turn.say("utter_menu")
        return []


class NotUnderstood(Step):
    """First other words, then the menu, then a person."""

    called = "action_not_understood"
    keeps_form = True

    async def take(self, turn: Turn) -> list[EventType]:
        times = await turn.do(turn.vera.acts.count_misunderstood, turn.conversation)
        turn.say(f"utter_not_understood_{min(times, 3)}")
        return []


class Why(Step):
    """ "Why do you ask?" in a form; "why do you have this?" outside of one."""

    called = "action_why"
    keeps_form = True

    async def take(self, turn: Turn) -> list[EventType]:
        asked = turn.slot("requested_slot")
        name = f"utter_why_{turn.form}_{asked}"
        asks_why = turn.form is not None and name in turn.vera.wording
        # In a form "why do you have my e-mail address?" asks why the form wants it; "who gets it?" never does.
        answer = await turn.do(
            lambda: turn.vera.own_data.about(
                turn.conversation, turn.id, apart_from=("why", "all") if asks_why else ()
            )
        )
        if answer is None and asks_why:
            turn.say(name)
        elif answer is not None:
            turn.say("utter_why_answer", answer=answer)
        else:
            turn.say("utter_why_data")
        return []

"""What every custom action is: one step of a journey that cannot fall silent.

An action reads what Rasa hands it, calls one verb of `privacy/`, and says the result. Whatever goes wrong
becomes a sentence for the customer and a class name in the log; Rasa itself would say nothing at all.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from anyio import to_thread
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Action, Tracker

from privacy.contacts import Contact
from privacy.errors import Problem
from privacy.wiring import Vera

log = structlog.get_logger()

FORM_SLOTS = (
    "contact",
    "code",
    "field",
    "row",
    "new_value",
    "parts",
    "confirmed",
    "message",
    "way_to_answer",
    "chosen",
)
"""Slots carry placeholders and words of ours; none of them grants anything (DESIGN §3)."""


class Turn:
    """One call of one action: what was understood, and a way to answer."""

    def __init__(self, vera: Vera, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self.vera = vera
        self.conversation: str = tracker.sender_id
        self.tracker = tracker
        self._dispatcher = dispatcher
        metadata = tracker.latest_message.get("metadata") or {}
        self.id: str = str(metadata.get("turn", ""))
        self.intent: str = (tracker.latest_message.get("intent") or {}).get("name") or ""

    def say(self, response: str, **values: object) -> None:
        """Say a wording of `data/`."""
        self._dispatcher.utter_message(response=response, **_texts(values))

    def ask(self, response: str, expects: str, **values: object) -> None:
        """Say a wording that asks for free text, and of which kind (`privacy.conversations.values`)."""
        self._dispatcher.utter_message(
            response=response, json_message={"expects": expects}, **_texts(values)
        )

    def offer(self, response: str, buttons: list[tuple[str, str]], **values: object) -> None:
        """Say a wording with buttons that were made just now."""
        self._dispatcher.utter_message(
            response=response,
            buttons=[{"title": title, "payload": payload} for title, payload in buttons],
            **_texts(values),
        )

    def entity(self, name: str) -> str | None:
        """The last value of an entity in the newest message."""
        values = [v for v in self.tracker.get_latest_entity_values(name) if isinstance(v, str)]
        return values[-1] if values else None

    def slot(self, name: str) -> str | None:
        value = self.tracker.get_slot(name)
        return value if isinstance(value, str) else None

    @property
    def form(self) -> str | None:
        """The form that is being filled."""
        name = (self.tracker.active_loop or {}).get("name")
        return str(name) if name else None

    async def do[T](self, verb: Callable[..., T], *arguments: Any) -> T:
        """Call a verb that works with the database, off the event loop."""
        return await to_thread.run_sync(lambda: verb(*arguments))


class Step(Action):
    """A custom action with its name in the class."""

    called: str
    keeps_form = False
    """Whether the question that is open stays open when this step fails."""

    def __init__(self, vera: Vera) -> None:
        self._vera = vera

    def name(self) -> str:
        return self.called

    @abstractmethod
    async def take(self, turn: Turn) -> list[EventType]:
        """Do the step; may raise any Problem."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[EventType]:
        turn = Turn(self._vera, dispatcher, tracker)
        try:
            return await self.take(turn)
        except Problem as problem:
            log.info(
                "problem told", name=self.called, code=problem.code, conversation=turn.conversation
            )
            turn.say(wording_of(problem, self._vera))
        except Exception:
            log.exception("action failed", name=self.called, conversation=turn.conversation)
            turn.say("utter_problem_unexpected")
        return [] if self.keeps_form else [*leave_form(), done()]


class FormStep(FormValidationAction):
    """Checks what a form collected; an answer that cannot be checked is asked for again, not taken."""

    called: str

    def __init__(self, vera: Vera) -> None:
        self._vera = vera

    def name(self) -> str:
        return self.called

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[EventType]:
        turn = Turn(self._vera, dispatcher, tracker)
        try:
            events: list[EventType] = await super().run(dispatcher, tracker, domain)  # type: ignore[arg-type]
            return events
        except Problem as problem:
            log.info(
                "problem told", name=self.called, code=problem.code, conversation=turn.conversation
            )
            turn.say(wording_of(problem, self._vera))
        except Exception:
            log.exception("form check failed", name=self.called, conversation=turn.conversation)
            turn.say("utter_problem_unexpected")
        return [SlotSet(slot, None) for slot in tracker.slots_to_validate()]

    def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Turn:
        return Turn(self._vera, dispatcher, tracker)


def wording_of(problem: Problem, vera: Vera) -> str:
    """The wording for a problem, or the general one where it has none."""
    name = f"utter_problem_{problem.code}"
    return name if name in vera.wording else "utter_problem_unexpected"


def leave_form() -> list[EventType]:
    """Close whatever form is open and forget its answers; the draft in our database is another matter."""
    return [
        ActiveLoop(None),
        SlotSet("requested_slot", None),
        *(SlotSet(slot, None) for slot in FORM_SLOTS),
    ]


def go(action: str) -> EventType:
    """Let `action` (an action or a form) come next."""
    event: EventType = FollowupAction(action)
    return event


def done() -> EventType:
    """Nothing more to say: wait for the customer."""
    return go("action_listen")


async def contact_token(turn: Turn, value: Any) -> tuple[str | None, Contact | None]:
    """The token that a slot was filled with and the contact behind it; twice None where it stands for none."""
    token = token_of(value)
    contact = await turn.do(turn.vera.acts.contact_of, turn.conversation, token) if token else None
    return (token, contact) if contact is not None else (None, None)


def token_of(value: Any) -> str | None:
    """What a slot was filled with: the last word of ours, should Rasa hand over several."""
    last = value[-1] if isinstance(value, list) and value else value
    return last if isinstance(last, str) else None


def _texts(values: Mapping[str, object]) -> dict[str, Any]:
    return {key: str(value) for key, value in values.items()}

"""Calls of actions as Rasa 3.6.21 makes them, from one that was recorded.

`rasa_3_6_21_call.json` is what the real Rasa sent when a customer had given an address in `verify_form`. Slots and
forms are today's, out of `domain.yml`; the rest of the domain in it is left out, since no action looks there.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from privacy.settings import ROOT

RECORDED: dict[str, Any] = json.loads(
    Path(__file__).with_name("rasa_3_6_21_call.json").read_text(encoding="utf-8")
)
TODAY: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
DOMAIN: dict[str, Any] = {
    **RECORDED["domain"],
    "slots": TODAY["slots"],
    "forms": TODAY["forms"],
}
NO_SLOTS: dict[str, Any] = dict.fromkeys([*RECORDED["tracker"]["slots"], *TODAY["slots"]])
FORMS: dict[str, list[str]] = {
    name: form["required_slots"] for name, form in DOMAIN["forms"].items()
}


@dataclass
class Call:
    """What an action is called with; the slots in `fresh` were filled just now and wait for their check."""

    action: str
    conversation: str = "web:recorded"
    turn: str = "5"
    intent: str = "inform"
    entities: Mapping[str, Any] = field(default_factory=dict)
    slots: Mapping[str, Any] = field(default_factory=dict)
    form: str | None = None
    requested: str | None = None
    fresh: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """The body of the request."""
        call = copy.deepcopy(RECORDED)
        tracker = call["tracker"]
        call["next_action"] = self.action
        call["domain"] = DOMAIN
        call["sender_id"] = tracker["sender_id"] = self.conversation
        tracker["slots"] = {
            **NO_SLOTS,
            **self.slots,
            **self.fresh,
            "requested_slot": self.requested,
        }
        tracker["latest_message"].update(
            intent={"name": self.intent, "confidence": 1.0},
            entities=[{"entity": k, "value": v} for k, v in self.entities.items()],
            text=self.text,
            message_id=self.turn,
            metadata={"turn": self.turn},
        )
        tracker["active_loop"] = {"name": self.form} if self.form else {}
        events = tracker["events"][:-1]  # without the slot that was filled in the recording
        tracker["events"] = events + [
            {"event": "slot", "timestamp": None, "name": name, "value": value}
            for name, value in self.fresh.items()
        ]
        return call

    def tracker(self) -> Tracker:
        return Tracker.from_dict(self.as_json()["tracker"])


@dataclass
class Answer:
    """What an action answered."""

    events: list[dict[str, Any]]
    said: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        """The wordings that were said."""
        return [said["response"] for said in self.said]

    @property
    def slots(self) -> dict[str, Any]:
        """What the slots are set to."""
        return {e["name"]: e["value"] for e in self.events if e["event"] == "slot"}

    @property
    def next(self) -> str | None:
        """The action that is to come next."""
        return next((e["name"] for e in reversed(self.events) if e["event"] == "followup"), None)

    @property
    def leaves_form(self) -> bool:
        return any(e["event"] == "active_loop" and e["name"] is None for e in self.events)


async def run(step: Any, call: Call) -> Answer:
    """Run an action as `ActionExecutor` does."""
    dispatcher = CollectingDispatcher()
    events = await step.run(dispatcher, call.tracker(), DOMAIN)
    return Answer([dict(event) for event in events], list(dispatcher.messages))

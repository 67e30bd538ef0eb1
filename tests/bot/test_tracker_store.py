"""Trackers stay short, hold no word of a customer, and the dialogue goes on as if they were whole."""

import copy
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    FollowupAction,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.tracker_store import KEPT_TURNS, ShortTrackerStore, shorten
from tools.model import path_of

ROOT = Path(__file__).resolve().parents[2]
CANARIES = ("jane.miller@example.com", "847261", "Neue Gasse 12", "+493023125101")


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


@pytest.fixture
def store(domain: Domain, tmp_path: Path) -> ShortTrackerStore:
    return ShortTrackerStore(domain, f"sqlite:///{tmp_path / 'rasa.db'}")


def turn(number: int, intent: str = "greet", *after: Event, **entities: Any) -> list[Event]:
    """What a turn leaves in a tracker."""
    said = UserUttered(
        f"text {number} {CANARIES[number % 4]}",
        {"name": intent, "confidence": 0.9},
        [{"entity": name, "value": value} for name, value in entities.items()],
        message_id=str(number),
        input_channel="vera",
        metadata={"turn": str(number), "note": CANARIES[0]},
    )
    answer = BotUttered(
        f"Hello {CANARIES[1]}",
        {"buttons": [{"title": CANARIES[2], "payload": "/affirm"}]},
        {"utter_action": "utter_greet"},
    )
    return [said, *after, ActionExecuted("utter_greet"), answer, ActionExecuted("action_listen")]


def tracker_of(domain: Domain, events: list[Event], name: str = "web:1") -> DialogueStateTracker:
    return DialogueStateTracker.from_events(name, events, domain.slots)


def start() -> list[Event]:
    return [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
    ]


def raw(store: ShortTrackerStore) -> str:
    with store._engine.connect() as connection:
        return str(connection.execute(sa.text("SELECT events FROM tracker")).scalar())


def without_times(written: str) -> str:
    """The digits of a time of day may spell anything, a canary's too."""
    return re.sub(r'"timestamp": [\d.]+', '"timestamp": 0', written)


# ---- Short -----------------------------------------------------------------------------------------


async def test_a_row_is_as_long_after_a_thousand_turns_as_after_ten(
    domain: Domain, store: ShortTrackerStore
) -> None:
    """As Rasa does it: load, add a turn, save."""
    lengths = []
    await store.save(tracker_of(domain, start()))
    for number in range(1_000):
        tracker = await store.retrieve("web:1")
        assert tracker is not None
        tracker.update_with_events(
            turn(number, "inform", SlotSet("contact", f"email_{number % 9 + 1}")), domain
        )
        await store.save(tracker)
        lengths.append(len(raw(store)))
    assert max(lengths[10:]) - min(lengths[10:]) < 100
    with store._engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM tracker")).scalar() == 1


def test_a_whole_history_handed_over_at_once_is_cut_too() -> None:
    events = [event for number in range(1_000) for event in turn(number)]
    short = shorten(events)
    assert [event["event"] for event in short].count("user") == KEPT_TURNS
    assert [event.get("message_id") for event in short if event["event"] == "user"] == [
        "996",
        "997",
        "998",
        "999",
    ]


async def test_slots_and_the_open_form_from_before_the_window_are_kept(
    domain: Domain, store: ShortTrackerStore
) -> None:
    events = [
        *start(),
        *turn(0, "correct", ActiveLoop("correct_form"), SlotSet("field", "address")),
        *turn(1, "inform", SlotSet("new_value", "value_1"), SlotSet("requested_slot", "new_value")),
        *turn(2, "inform", SlotSet("requested_slot", "confirmed")),
        *(event for number in range(3, 3 + KEPT_TURNS * 2) for event in turn(number, "why_data")),
    ]
    before = after = tracker_of(domain, events)
    for _ in range(3):  # loaded and saved again, as in later turns
        await store.save(after)
        loaded = await store.retrieve("web:1")
        assert loaded is not None
        after = loaded
    assert after.active_loop_name == before.active_loop_name == "correct_form"
    assert after.current_slot_values() == before.current_slot_values()
    assert after.get_slot("new_value") == "value_1"
    assert after.latest_action_name == before.latest_action_name


async def test_a_slot_that_was_emptied_before_the_window_stays_empty(
    domain: Domain, store: ShortTrackerStore
) -> None:
    events = [
        *start(),
        *turn(0, "inform", SlotSet("contact", "email_1"), ActiveLoop("verify_form")),
        *turn(1, "deny", SlotSet("contact", None), ActiveLoop(None)),
        *(event for number in range(2, 12) for event in turn(number)),
    ]
    await store.save(tracker_of(domain, events))
    after = await store.retrieve("web:1")
    assert after is not None
    assert after.get_slot("contact") is None
    assert after.active_loop_name is None


async def test_a_new_session_forgets_what_was_before_it(
    domain: Domain, store: ShortTrackerStore
) -> None:
    events = [
        *start(),
        *turn(0, "inform", SlotSet("contact", "email_1"), ActiveLoop("verify_form")),
        *start(),
        *(event for number in range(1, 8) for event in turn(number)),
    ]
    before = tracker_of(domain, events)
    await store.save(before)
    after = await store.retrieve("web:1")
    assert after is not None
    assert after.current_slot_values() == before.current_slot_values()
    assert after.active_loop_name == before.active_loop_name


# ---- Nothing of a customer -------------------------------------------------------------------------


async def test_nothing_that_was_typed_is_kept(domain: Domain, store: ShortTrackerStore) -> None:
    hostile = [
        *CANARIES,
        "Jane",
        "jane miller",
        "847 261",
        "email_1 jane",
        "email_12345",
        "EMAIL_1",
        {"email": CANARIES[0]},
        [CANARIES[0]],
        847261,
        8.47261,
    ]
    events = start()
    for number, value in enumerate(hostile):
        events += turn(number, "inform", SlotSet("contact", value), contact=value)
    for kept in (events, events[-len(turn(0)) :]):
        written = without_times(json.dumps(shorten(kept)))
        for value in (*CANARIES, "Jane", "jane", "847", "EMAIL", "12345"):
            assert value not in written
    await store.save(tracker_of(domain, events))
    assert not any(canary in without_times(raw(store)) for canary in CANARIES)


@pytest.mark.parametrize(
    "value", ["email_1", "phone_12", "value_3", "accepted", "birth_date", True, False, None]
)
async def test_placeholders_and_words_of_ours_are_kept(
    domain: Domain, store: ShortTrackerStore, value: Any
) -> None:
    await store.save(
        tracker_of(domain, [*start(), *turn(0, "inform", SlotSet("contact", value), contact=value)])
    )
    after = await store.retrieve("web:1")
    assert after is not None
    assert after.get_slot("contact") == value
    assert after.latest_message is not None
    assert [entity["value"] for entity in after.latest_message.entities] == [value]


async def test_every_kind_of_event_survives_the_round_trip(
    domain: Domain, store: ShortTrackerStore
) -> None:
    events = [
        *start(),
        *turn(0, "inform", ActiveLoop("verify_form"), FollowupAction("verify_form")),
        *turn(1, "inform", SlotSet("requested_slot", "code")),
    ]
    before = tracker_of(domain, events)
    await store.save(before)
    after = await store.retrieve("web:1")
    assert after is not None
    assert [event.type_name for event in after.events] == [
        event.type_name for event in before.events
    ]
    latest = after.latest_message
    assert latest is not None and before.latest_message is not None
    assert latest.intent == before.latest_message.intent
    assert latest.message_id == "1"


async def test_another_conversation_and_a_deleted_one_are_nobody(
    domain: Domain, store: ShortTrackerStore
) -> None:
    await store.save(tracker_of(domain, [*start(), *turn(0)]))
    assert await store.retrieve("web:2") is None
    await store.delete("web:1")
    assert await store.retrieve("web:1") is None
    assert list(await store.keys()) == []


# ---- The same behaviour ----------------------------------------------------------------------------

FORMS = {
    "action_begin_access": "verify_form",
    "action_begin_export": "verify_form",
    "action_begin_restrict": "verify_form",
    "action_begin_delete": "delete_form",
    "action_begin_correct": "correct_form",
    "action_begin_opt_out": "opt_out_form",
    "action_begin_status": "verify_form",
    "action_begin_cancel": "verify_form",
    "action_begin_handoff": "handoff_form",
    "action_lost_contact": "handoff_form",
    "action_choose_request": "cancel_form",
}
SLOTS = (
    "contact",
    "code",
    "field",
    "new_value",
    "confirmed",
    "message",
    "way_to_answer",
    "chosen",
)
INTENTS = [
    "access",
    "correct",
    "export",
    "delete",
    "restrict",
    "object",
    "withdraw_consent",
    "status",
    "cancel_request",
    "resend_code",
    "lost_contact",
    "human",
    "why_data",
    "how_it_works",
    "help",
    "greet",
    "thank",
    "affirm",
    "deny",
    "nlu_fallback",
]
VALUES: tuple[dict[str, str], ...] = (
    {"contact": "email_1"},
    {"code": "accepted"},
    {"code": "wrong", "tries": "3"},
    {"value": "value_1"},
    {"field": "name"},
    {"chosen": "reference_1"},
    {"resume": "yes"},
)


async def act(
    self: RemoteAction, channel: Any, nlg: Any, tracker: DialogueStateTracker, domain: Domain
) -> list[Event]:
    """What Vera's actions answer, as far as the dialogue is concerned."""
    await channel.send_response(tracker.sender_id, {"text": self.name()})
    leave = [ActiveLoop(None), SlotSet("requested_slot", None), *(SlotSet(s, None) for s in SLOTS)]
    name = self.name()
    if name in FORMS:
        return [*leave, FollowupAction(FORMS[name])]
    if name.startswith("validate_"):
        # Every third value is not taken, as a wrong code is not.
        given: dict[str, Any] = {}
        for event in reversed(tracker.events):
            if not isinstance(event, SlotSet):
                break
            given.setdefault(event.key, event.value)
        turns = int(tracker.latest_message.message_id or 0) if tracker.latest_message else 0
        return [SlotSet(slot, None if turns % 3 == 0 else given[slot]) for slot in given]
    if name.startswith("action_ask_") or name in (
        "action_why",
        "action_not_understood",
        "action_resend_code",
    ):
        return []
    if name == "action_pick_up":
        return []
    return [*leave, FollowupAction("action_listen")]


@pytest.fixture
def own_actions() -> Iterator[None]:
    kept = RemoteAction.run
    RemoteAction.run = act
    yield
    RemoteAction.run = kept


@pytest.mark.filterwarnings("ignore")
async def test_a_dialogue_on_short_trackers_goes_as_on_whole_ones(
    own_actions: None, domain: Domain, tmp_path: Path
) -> None:
    """The real model, rules and forms: 80 turns of chance, the same answers and the same place after each."""
    model = path_of(ROOT)
    assert model.exists(), "run `make train`"
    short = _processor(model, lambda d: ShortTrackerStore(d, f"sqlite:///{tmp_path / 'rasa.db'}"))
    whole = copy.copy(short)
    whole.tracker_store = InMemoryTrackerStore(short.domain)
    chance = random.Random(3621)
    forms: set[str] = set()
    for number in range(1, 81):
        if chance.random() < 0.5:
            reading = _reading("inform", chance.choice(VALUES))
        else:
            reading = _reading(chance.choice(INTENTS), {})
        heard = []
        for processor in (short, whole):
            output = CollectingOutputChannel()
            await processor.handle_message(
                UserMessage("", output, "web:1", parse_data=dict(reading), message_id=str(number))
            )
            heard.append([message.get("text") for message in output.messages])
        assert heard[0] == heard[1], (number, reading["intent"])
        one, other = [await p.get_tracker("web:1") for p in (short, whole)]
        assert one.current_slot_values() == other.current_slot_values(), number
        assert one.active_loop_name == other.active_loop_name, number
        assert one.latest_action_name == other.latest_action_name
        forms.add(one.active_loop_name or "")
    assert len(list(other.events)) > 400
    assert len(list(one.events)) < 150
    assert len(forms) > 5, "the dialogue went through too few forms to show anything"


def _reading(intent: str, entities: dict[str, str]) -> dict[str, Any]:
    return {
        "text": "",
        "intent": {"name": intent, "confidence": 1.0},
        "intent_ranking": [],
        "entities": [{"entity": name, "value": value} for name, value in entities.items()],
    }


def _processor(model: Path, make_store: Any) -> MessageProcessor:
    """Rasa's processor with the real model."""
    processor = MessageProcessor(
        str(model),
        InMemoryTrackerStore(Domain.empty()),
        InMemoryLockStore(),
        TemplatedNaturalLanguageGenerator({}),
        EndpointConfig("http://127.0.0.1:1/"),
    )
    processor.tracker_store = make_store(processor.domain)
    processor.nlg = TemplatedNaturalLanguageGenerator(processor.domain.responses)
    return processor

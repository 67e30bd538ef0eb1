"""What goes to Rasa and comes from it: never a contact, never a code, whenever it is typed."""

import json
import re
from typing import Any

import httpx
import pytest
from rasa_sdk.executor import ActionExecutor

from tests.driving.inside import JANE, Talk, newest_code

PHONE = "+49 30 23125101"


class Wire:
    """Every body that the service and Rasa sent each other."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.readings: list[str] = []
        self.actions: list[str] = []

    async def asked(self, request: httpx.Request) -> None:
        to = self.readings if request.url.path.endswith("/parse") else self.turns
        to.append(json.dumps(json.loads(request.content), ensure_ascii=False))

    @property
    def everything(self) -> str:
        return "\n".join([*self.turns, *self.readings, *self.actions])


@pytest.fixture
def wire(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    talk.vera.brain._client.event_hooks["request"] = [wire.asked]
    run = ActionExecutor.run

    async def recorded(self: ActionExecutor, call: dict[str, Any]) -> Any:
        result = await run(self, call)
        wire.actions.append(json.dumps(call["tracker"], ensure_ascii=False))
        wire.actions.append("" if result is None else result.model_dump_json())
        return result

    monkeypatch.setattr(ActionExecutor, "run", recorded)
    return wire


def assert_absent(wire: Wire, *values: str) -> None:
    assert wire.turns and wire.actions
    for value in values:
        assert value.lower() not in wire.everything.lower(), value
        digits = re.sub(r"\D", "", value)
        if len(digits) >= 6:
            # Times are the only numbers of that length on this wire.
            others = re.sub(r'"(?:latest_event_time|timestamp)": ?[\d.]+', "", wire.everything)
            assert digits not in re.sub(r"[\s-]", "", others), value


async def test_a_whole_journey_shows_rasa_neither_contact_nor_code(talk: Talk, wire: Wire) -> None:
    await talk.say(f"show me what you have on {JANE} and {PHONE}")
    await talk.press("I no longer have it") if "I no longer have it" in talk.labels else None
    await talk.say("never mind")
    await talk.say("see my data")
    await talk.say(JANE.upper())
    code = newest_code(talk.vera)
    wrong = f"{(int(code) + 7) % 1_000_000:06d}"
    await talk.say(wrong)
    await talk.say(f"/{code[:5]}")
    await talk.say(f"the code {code} does not work, why?")
    assert "Your reference is PR-" in await talk.say(f"{code[:3]} {code[3:]}")
    await talk.say(code)
    await talk.say(PHONE)
    assert_absent(wire, JANE, PHONE, "23125101", code, wrong, f"{code[:3]} {code[3:]}")


@pytest.mark.parametrize(
    "typed",
    [
        "847261",
        "/847261",
        '/inform{"code": "847261"}',
        "my code is 847-261",
        "８４７２６１",
        "your mail says 847261 but I asked for nothing",
        "847261 847262",
    ],
)
async def test_a_code_at_the_wrong_moment_goes_no_further(
    talk: Talk, wire: Wire, typed: str
) -> None:
    assert await talk.say(typed)
    await talk.press("Talk to a person") if "Talk to a person" in talk.labels else None
    await talk.say("hello")
    sent = "\n".join([*wire.turns, *wire.readings])
    assert not re.search(r"8\D?4\D?7\D?2\D?6\D?1|８４７", sent)


async def test_a_new_value_is_shown_to_rasa_for_reading_only(talk: Talk, wire: Wire) -> None:
    """The dialogue itself (turns, trackers, actions) has its placeholder."""
    value = "Zebedäus Quastenflosser"
    await talk.press("Correct my data")
    await talk.press("Name")
    await talk.say(JANE)
    assert "Jane Miller" in await talk.say(newest_code(talk.vera))
    assert value in await talk.say(value)
    await talk.press("Yes, that's right")
    kept = "\n".join([*wire.turns, *wire.actions])
    assert value not in kept
    assert "value_1" in kept
    assert value in "\n".join(wire.readings), "the control: this is where it is read"


async def test_what_stands_in_the_systems_goes_to_customers_and_never_to_rasa(
    talk: Talk, wire: Wire
) -> None:
    """Old values, entries to choose from, a deletion's plan, the size of a copy."""
    await talk.press("Correct my data")
    await talk.press("Name")
    await talk.say(JANE)
    assert "Jane Miller" in await talk.say(newest_code(talk.vera))
    await talk.say("never mind")
    await talk.say("my address is wrong")
    await talk.say(JANE)
    await talk.say(newest_code(talk.vera))
    assert any("Gartenstraße 14" in label for label in talk.labels)
    await talk.press(talk.labels[0])
    await talk.say("never mind")
    await talk.say("delete my data")
    if "Shall I delete it?" not in "\n".join(line.text for line in talk.lines):
        await talk.say(JANE)
        assert "7 invoices" in await talk.say(newest_code(talk.vera))
    await talk.press("Get a copy first")
    assert_absent(wire, "Jane Miller", "Gartenstraße 14", "10115 Berlin", JANE, "AF-1001")


async def test_a_reference_that_is_typed_goes_as_a_placeholder(talk: Talk, wire: Wire) -> None:
    assert "I have the reference" in await talk.say("PR-TR66-R0E3")
    assert "TR66" not in wire.everything
    assert "reference_1" in wire.everything

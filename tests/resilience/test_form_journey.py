"""Rasa 3.6.21 and rasa-sdk 3.21 carry whole form journeys between them, and no failure between them is silent.

Rasa is the real process with the real model; the actions run in this process behind the real action door, so
that a test can let any of them fail.
"""

import json
from typing import Any

import pytest
from rasa_sdk.interfaces import Action, ActionExecutionRejection

import actions.server
from actions.registry import all_actions
from privacy.wiring import Vera
from tests.driving.inside import JANE, Door, Talk, newest_code, running
from tests.driving.rasa_alone import RasaAlone

FAILED = "Something on our side failed just now."
FILED = "Your reference is PR-"


class Boom(Exception):
    """A mistake of ours whose text quotes a customer."""


def boom(*_arguments: Any) -> Any:
    raise Boom(JANE)


async def prove(talk: Talk) -> str:
    await talk.say(JANE)
    return await talk.say(newest_code(talk.vera))


async def test_whole_forms_with_a_refused_answer_buttons_and_two_codes(talk: Talk) -> None:
    """Four forms one after the other: which field, who asks, which value, and the new address's own code."""
    await talk.press("Correct my data")
    assert "Which e-mail address or phone number" in await talk.press("E-mail address")
    stands = await prove(talk)
    assert f"Your e-mail address stands with us as:\n\n{JANE}" in stands
    assert "What should your e-mail address be" in stands
    refused = await talk.say("somewhere")
    assert "doesn't read like an e-mail address" in refused
    assert "What should your e-mail address be" in refused
    assert "would become:\n\njane.new@example.com" in await talk.say("jane.new@example.com")
    assert "What should your e-mail address be" in await talk.press("No, type it again")
    assert "would become:\n\nj.new@example.com" in await talk.say("j.new@example.com")
    assert "j.new@example.com" in await talk.press("Yes, that's right")
    filed = await talk.say(newest_code(talk.vera))
    assert "I'm changing it now" in filed
    assert FILED in filed


async def test_a_failing_check_of_an_answer_is_told_and_the_answer_is_not_kept(
    talk: Talk, rasa: RasaAlone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.press("See my data")
    with monkeypatch.context() as broken:
        broken.setattr(talk.vera.verification, "begin", boom)
        heard = await talk.say(JANE)
    assert heard.startswith(FAILED)
    assert heard.endswith("Which e-mail address or phone number do we have for you?")
    assert slots_of(rasa, talk)["contact"] is None
    assert "is on its way" in await talk.say(JANE)
    assert FILED in await talk.say(newest_code(talk.vera))


async def test_a_failing_step_is_told_and_the_next_message_works(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(talk.vera.drafts, "begin", boom)
        heard = await talk.press("See my data")
    assert heard.startswith(FAILED)
    assert talk.labels == ["Talk to a person"]
    await talk.say("show me my data")
    assert FILED in await prove(talk)


async def test_a_failure_while_filing_is_told_and_the_wish_can_be_told_again(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.press("See my data")
    await talk.say(JANE)
    with monkeypatch.context() as broken:
        broken.setattr(talk.vera.filing, "file", boom)
        assert (await talk.say(newest_code(talk.vera))).startswith(FAILED)
    await talk.say("show me my data")
    assert FILED in await prove(talk)


async def test_with_the_action_door_closed_the_customer_hears_of_it_and_nothing_half_happens(
    talk: Talk, door: Door, rasa: RasaAlone
) -> None:
    await talk.press("See my data")
    before = rasa.tracker(talk.conversation)
    await door.close()
    assert (await talk.say(JANE)).startswith(FAILED)
    assert (await talk.say("delete everything")).startswith(FAILED)
    assert rasa.tracker(talk.conversation) == before, "a turn that could not run left something"
    await door.open()
    assert "is on its way" in await talk.say(JANE)
    assert FILED in await talk.say(newest_code(talk.vera))


@pytest.mark.parametrize("what", ["the door", "the filing"])
async def test_a_code_whose_turn_failed_is_good_when_it_is_typed_again(
    talk: Talk, door: Door, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """It was checked and used before Rasa heard of it; what is proven stays proven."""
    await talk.press("See my data")
    await talk.say(JANE)
    code = newest_code(talk.vera)
    with monkeypatch.context() as broken:
        broken.setattr(talk.vera.filing, "file", boom)
        if what == "the door":
            await door.close()
        assert (await talk.say(code)).startswith(FAILED)
    if what == "the door":
        await door.open()
    assert FILED in await talk.say(code)


async def test_an_action_that_rejects_is_never_silent_and_what_it_did_not_check_is_not_taken(
    vera: Vera, rasa: RasaAlone, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rejecting(Action):
        def name(self) -> str:
            return "validate_verify_form"

        async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
            raise ActionExecutionRejection(self.name())

    def with_rejection(vera: Vera) -> list[Action]:
        return [*(a for a in all_actions(vera) if a.name() != Rejecting().name()), Rejecting()]

    async with running(vera, rasa.actions_port, rasa.secret) as door:
        talk = Talk(vera)
        await talk.press("See my data")
        await door.close()
        with monkeypatch.context() as broken:
            broken.setattr(actions.server, "all_actions", with_rejection)
            await door.open()
            heard = await talk.say(JANE)
            await door.close()
        assert heard
        assert "is on its way" not in heard, "no code was sent, so none may be promised"
        assert "Type the 6 digits" not in heard
        await door.open()
        assert "is on its way" in await talk.say(JANE)


@pytest.mark.parametrize(
    "answer",
    [
        {"events": "none", "responses": []},
        {"events": [{"event": "no such event"}], "responses": []},
        {"events": [], "responses": [{"response": "utter_that_does_not_exist"}]},
        {"nothing": JANE},
    ],
)
async def test_an_answer_of_the_wrong_shape_is_never_silent(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    from rasa_sdk.executor import ActionExecutor

    class Wrong:
        def model_dump(self) -> dict[str, Any]:
            return answer

    async def run(*_: Any) -> Wrong:
        return Wrong()

    with monkeypatch.context() as broken:
        broken.setattr(ActionExecutor, "run", run)
        heard = await talk.press("Delete my data")
    assert heard
    assert "I'll show you first what would go" in await talk.say("delete my data")


async def test_a_stopped_action_door_does_not_stop_the_second_message(
    talk: Talk, door: Door
) -> None:
    """Two messages, the first of which fails: both are answered, in order."""
    await door.close()
    await talk.vera.conversations.accept(
        talk.conversation, talk.token, "delete my data", "client-1"
    )
    heard = await talk.say("thanks a lot")
    assert "You're welcome" in heard
    said = "\n".join(line.text for line in talk.lines if line.author == "bot")
    assert said.index(FAILED) < said.index("You're welcome")


def test_no_failure_wrote_a_customer_into_the_log_of_rasa(rasa: RasaAlone) -> None:
    """Runs last: the log of all the failures above."""
    assert "jane" not in rasa.log.lower()


def slots_of(rasa: RasaAlone, talk: Talk) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    for event in json.loads(rasa.tracker(talk.conversation)):
        if event["event"] == "slot":
            slots[event["name"]] = event["value"]
    return slots

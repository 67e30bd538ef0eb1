"""The compiled validator says the same as Rasa's own, and never quotes what it refuses."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import rasa
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain

from bot.response_validator import UnknownRasa, compile_response_validator

SLOT = {"event": "slot", "name": "contact", "value": "email_1", "timestamp": None}
CANARY = "jane.miller@example.com"


@pytest.fixture
def action() -> Iterator[RemoteAction]:
    """An action with the compiled validator, which is taken out again afterwards."""
    kept = RemoteAction._validate_action_result
    compile_response_validator()
    assert RemoteAction._validate_action_result is not kept
    yield RemoteAction("action_x", None)
    RemoteAction._validate_action_result = kept


@pytest.mark.parametrize(
    "answer",
    [
        {"events": [], "responses": []},
        {"events": [SLOT], "responses": [{"text": "hi"}]},
        {"events": [SLOT], "responses": [{"text": None, "buttons": [], "response": "utter_x"}]},
        {"events": [{"event": "followup", "name": "x", "timestamp": 1.0}]},
        {"responses": []},
        {},
        [],
        None,
        "text",
        3,
        {"events": {}, "responses": []},
        {"events": [SLOT], "responses": {}},
        {"events": ["slot"], "responses": []},
        {"events": [{"name": "no kind"}], "responses": []},
        {"events": [{"event": 5}], "responses": []},
        {"events": [], "responses": ["text"]},
        {"events": [], "responses": [3]},
        {"events": None, "responses": None},
    ],
)
def test_its_verdict_is_that_of_jsonschema(action: RemoteAction, answer: Any) -> None:
    try:
        jsonschema.validate(answer, RemoteAction.action_response_format_spec())
        expected = True
    except jsonschema.ValidationError:
        expected = False
    try:
        got = action._validate_action_result(answer)
    except jsonschema.ValidationError:
        got = False
    assert got is expected


def test_both_verdicts_occur(action: RemoteAction) -> None:
    assert action._validate_action_result({"events": [SLOT], "responses": []})
    with pytest.raises(jsonschema.ValidationError):
        action._validate_action_result({"events": {}, "responses": []})


def test_a_refusal_names_the_place_and_not_the_value(action: RemoteAction) -> None:
    with pytest.raises(jsonschema.ValidationError) as refused:
        action._validate_action_result({"events": [CANARY], "responses": []})
    assert CANARY not in str(refused.value)
    assert "['events', 0]" in str(refused.value)


def test_another_rasa_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa, "__version__", "3.7.0")
    with pytest.raises(UnknownRasa, match=r"3\.6\.21.*3\.7\.0"):
        compile_response_validator()


def test_rasa_still_validates_where_the_patch_is_put(action: RemoteAction) -> None:
    """The name that is replaced is the one that `RemoteAction.run` calls."""
    import inspect

    assert "self._validate_action_result(response)" in inspect.getsource(
        getattr(RemoteAction.run, "__wrapped__", RemoteAction.run)
    )
    assert Domain.empty() is not None

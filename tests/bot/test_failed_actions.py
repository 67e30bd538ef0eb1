"""An action that cannot be run ends its turn before anything of it is kept."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import rasa
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction

from bot.failed_actions import TurnAbandoned, abandon_turns_of_failed_actions
from bot.response_validator import UnknownRasa

CANARY = "jane.miller@example.com"


@pytest.fixture
def patched() -> Iterator[Any]:
    """Rasa's own `run`, to be replaced by a test, under the patch."""
    kept = RemoteAction.run
    yield kept
    RemoteAction.run = kept


def failing(error: Exception) -> Any:
    async def run(self: RemoteAction, *_: Any, **__: Any) -> Any:
        raise error

    return run


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(CANARY),
        asyncio.TimeoutError(),
        ActionExecutionRejection("validate_verify_form", CANARY),
        ValueError(CANARY),
    ],
)
async def test_every_failure_ends_the_turn(
    patched: Any, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    RemoteAction.run = failing(error)
    abandon_turns_of_failed_actions()
    with pytest.raises(TurnAbandoned) as abandoned:
        await RemoteAction("validate_verify_form", None).run(None, None, None, None)
    assert str(abandoned.value) == type(error).__name__
    assert f"action validate_verify_form could not be run: {type(error).__name__}" in caplog.text
    assert CANARY not in caplog.text


async def test_an_action_that_runs_is_left_alone(patched: Any) -> None:
    async def run(self: RemoteAction, *arguments: Any, **named: Any) -> Any:
        return [arguments, named]

    RemoteAction.run = run
    abandon_turns_of_failed_actions()
    action = RemoteAction("x", None)
    assert await action.run(1, 2, tracker=3, domain=4) == [(1, 2), {"tracker": 3, "domain": 4}]


def test_rasas_processor_does_not_swallow_it() -> None:
    """`MessageProcessor._run_action` catches `Exception` and goes on as if nothing were."""
    assert not issubclass(TurnAbandoned, Exception)


def test_patching_twice_is_patching_once(patched: Any) -> None:
    abandon_turns_of_failed_actions()
    once = RemoteAction.run
    abandon_turns_of_failed_actions()
    assert RemoteAction.run is once


def test_another_rasa_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa, "__version__", "3.7.0")
    with pytest.raises(UnknownRasa):
        abandon_turns_of_failed_actions()

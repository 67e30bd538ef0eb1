"""A turn in which an action could not be run did not happen.

Rasa 3.6 goes on when an action fails: the form's answer stays in its slot although nobody checked it, and the
customer hears nothing. Here such a failure ends the turn before the tracker is saved; the service tells the
customer, and the same message said again starts from the same place. Our own actions never fail this way (they
answer with a sentence), so what is caught is a closed action door, an answer of the wrong shape, a rejection.
"""

import logging
from typing import Any, List

import rasa
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event

from bot.response_validator import KNOWN_RASA, UnknownRasa

logger = logging.getLogger(__name__)


class TurnAbandoned(BaseException):
    """An action could not be run. Not an `Exception`: Rasa's processor would swallow it and go on."""


def abandon_turns_of_failed_actions() -> None:
    """Let a failing `RemoteAction` end its turn.

    Raises UnknownRasa when another version of Rasa is installed.
    """
    if rasa.__version__ != KNOWN_RASA:
        raise UnknownRasa(f"bot/failed_actions.py knows Rasa {KNOWN_RASA}, not {rasa.__version__}")
    run_once = RemoteAction.run
    if getattr(run_once, "abandons", False):
        return

    async def run(self: RemoteAction, *arguments: Any, **named: Any) -> List[Event]:
        try:
            return await run_once(self, *arguments, **named)
        except Exception as error:
            # The texts of these exceptions may quote what was sent.
            logger.error("action %s could not be run: %s", self.name(), type(error).__name__)
            raise TurnAbandoned(type(error).__name__) from None

    run.abandons = True
    RemoteAction.run = run

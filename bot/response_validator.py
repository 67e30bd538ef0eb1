"""Check the answers of custom actions with a schema that is compiled once.

Rasa 3.6 calls `jsonschema.validate` for each action, which checks the constant schema against its
meta-schema every time: 72 % of a turn's time where it was measured. The schema cannot change while the
process runs, so its validator is built once. The patch refuses any other Rasa than the one it was read in.
"""

from typing import Any, Dict

import rasa
from jsonschema import Draft202012Validator, ValidationError
from rasa.core.actions.action import RemoteAction

KNOWN_RASA = "3.6.21"


class UnknownRasa(Exception):
    """This patch was not read against the Rasa that is installed."""


def compile_response_validator() -> None:
    """Replace the per-call validation of `RemoteAction`.

    Raises UnknownRasa when another version of Rasa is installed.
    """
    if rasa.__version__ != KNOWN_RASA:
        raise UnknownRasa(
            f"bot/response_validator.py knows Rasa {KNOWN_RASA}, not {rasa.__version__}"
        )
    schema = RemoteAction.action_response_format_spec()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    def validate(self: RemoteAction, result: Dict[str, Any]) -> bool:
        for error in validator.iter_errors(result):
            # The message of jsonschema quotes the value; the path is enough to find the mistake.
            raise ValidationError(
                f"answer of {self.name()} has the wrong shape at {list(error.absolute_path)}"
            )
        return True

    RemoteAction._validate_action_result = validate

"""Buttons' payloads, as responses.yml writes them: `/intent` or `/intent{"entity": "value"}`.

Only our own wordings reach this: customers' texts never do.
"""

import json
import re

from privacy.conversations.brain import Reading

_PAYLOAD = re.compile(r"/([a-z_]+)(\{.*\})?", re.DOTALL)


def read_payload(payload: str) -> Reading:
    """The reading that a button stands for.

    Raises ValueError for a payload that no wording should hold.
    """
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        raise ValueError("a button's payload is /intent or /intent{...}")
    entities = json.loads(match.group(2)) if match.group(2) else {}
    return Reading(match.group(1), {str(key): str(value) for key, value in entities.items()})

"""What may stand in the audit: names of acts, and data that cannot be personal.

A word that is not on the list is a mistake of the caller and raises: the list is how the house
knows that nobody's name, address or number gets into rows that are never changed.
"""

import re
from collections.abc import Mapping
from typing import Final

from privacy.requests import Event

ACTS: Final = frozenset(
    {
        "request.filed", "request.joined", "request.extended", *(f"request.{event.value}" for event in Event),
        "proof.sent", "proof.accepted", "proof.wrong", "proof.locked",
        "data.shown", "package.made", "package.downloaded", "package.removed", "package.expired",
        "system.read", "system.corrected", "system.erased", "system.stopped", "system.down",
        "recipient.told", "kept.erased", "tombstone.replayed", "hold.placed", "hold.lifted",
        "task.asked", "task.done", "task.taken", "task.released", "task.snoozed", "work.hastened", "contact.changed", "contact.objected",
        "conversation.queued", "conversation.taken", "conversation.assigned", "conversation.released",
        "conversation.returned", "data.revealed",
        "desk.saved_reply_written", "desk.saved_reply_removed",
        "agent.added", "agent.reset", "agent.disabled", "agent.changed", "agent.set_up", "agent.signed_in", "agent.signed_out",
        "decision.proposed", "decision.approved", "decision.sent_back", "decision.withdrawn",
        "records.retired", "audit.forgotten", "datamap.changed",
    }
)  # fmt: skip
KEYS: Final = frozenset(
    {
        "kind", "reason", "state", "system", "systems", "table", "field", "count", "rows", "erased", "blanked", "left",
        "changed", "already", "level", "purpose", "operation", "channel", "method", "attempts", "run", "until", "since",
        "recipient", "hold", "task", "package", "version", "size", "outcome", "seq", "law", "language", "why", "people",
        "agent", "role",
    }
)  # fmt: skip
# What the data map calls things: any words of the company's, reviewed like code.
_OF_THE_MAP: Final = frozenset({"table", "field"})
_IDS: Final = frozenset({"hold", "task", "package"})
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
# Names and dates of the house. Six digits in a row may be a code or a phone number.
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGITS: Final = re.compile(r"[0-9]{6}")
_ACTOR: Final = re.compile(r"customer|service|system|agent:[A-Za-z0-9_.-]{1,70}")


def check_act(act: str) -> str:
    """Raises ValueError for what is no act."""
    if act not in ACTS:
        raise ValueError("this act is not on the list of privacy/audit/words.py")
    return act


def is_actor(actor: str) -> bool:
    """Does the name of who acted tell nothing more?"""
    name = actor.removeprefix("agent:")
    return _ACTOR.fullmatch(actor) is not None and bool(
        _UUID.fullmatch(name) or not _DIGITS.search(name)
    )


def check_data(data: Mapping[str, str | int]) -> dict[str, str | int]:
    """Raises ValueError for a key that is not on the list, and for a value that could be personal."""
    for key, value in data.items():
        if key not in KEYS:
            raise ValueError(f"the key {key} is not on the list of privacy/audit/words.py")
        if isinstance(value, str) and not _is_fine(key, value):
            raise ValueError(f"the value of {key} is no plain word")
    return dict(data)


def _is_fine(key: str, value: str) -> bool:
    if key in _OF_THE_MAP:
        return value.isprintable() and len(value) <= 200
    if key in _IDS:
        return _ID.fullmatch(value) is not None
    return value == "" or bool(
        _UUID.fullmatch(value) or (_WORD.fullmatch(value) and not _DIGITS.search(value))
    )

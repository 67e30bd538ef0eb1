"""Chatwoot's webhook as a bell: it says that there is news of a conversation, and what news is read from the API.

So a webhook that is forged, repeated or made up puts no word into a conversation; it is checked all the same, so that
nobody rings who is not Chatwoot. Signing: `X-Chatwoot-Signature: sha256=HMAC-SHA256(secret, timestamp.body)`, by API
inboxes since Chatwoot 4.13; older ones are known by a secret in the address.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, Final

from privacy.chatwoot.links import Links
from privacy.clock import Clock

AS_OLD_AS: Final = 300
"""Seconds that a signed call may be old, or ahead of us."""

_EVENTS: Final = frozenset(
    {"message_created", "message_updated", "conversation_status_changed", "conversation_updated"}
)


class NotFromChatwoot(Exception):
    """The call is not signed with our secret, or was signed too long ago."""


class Unreadable(Exception):
    """The call is signed and is none that can be read."""


class Bell:
    """Hears Chatwoot ring."""

    def __init__(self, secret: str, links: Links, clock: Clock, wake: Callable[[], None]) -> None:
        self._secret = secret.encode()
        self._links = links
        self._clock = clock
        self._wake = wake

    def ring(self, body: bytes, *, signature: str, timestamp: str) -> bool:
        """A signed call. False where it is no news for us. Raises NotFromChatwoot, Unreadable."""
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
            raise NotFromChatwoot
        signed = hmac.new(self._secret, timestamp.encode() + b"." + body, hashlib.sha256)
        expected = f"sha256={signed.hexdigest()}".encode()
        if not hmac.compare_digest(expected, signature.encode()):
            raise NotFromChatwoot
        if abs(self._clock.now().timestamp() - int(timestamp)) > AS_OLD_AS:
            raise NotFromChatwoot
        return self._heard(body)

    def ring_by_secret(self, body: bytes, secret: str) -> bool:
        """A call without a signature, by its address. Raises NotFromChatwoot, Unreadable."""
        if not hmac.compare_digest(self._secret, secret.encode()):
            raise NotFromChatwoot
        return self._heard(body)

    def _heard(self, body: bytes) -> bool:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise Unreadable from None
        if not isinstance(told, dict):
            raise Unreadable
        event = told.get("event")
        if not isinstance(event, str) or event not in _EVENTS:
            return False
        number, before = _about(event, told)
        if number is None:
            raise Unreadable
        known = self._links.ring(number, before)
        if known:
            self._wake()
        return known


def _about(event: str, told: dict[str, Any]) -> tuple[int | None, int | None]:
    """The number of the conversation, and of the message that an agent wrote."""
    if not event.startswith("message_"):
        return _number(told.get("id")), None
    conversation = told.get("conversation")
    number = _number(conversation.get("id")) if isinstance(conversation, dict) else None
    is_agents = told.get("message_type") == "outgoing" and event == "message_created"
    return number, _number(told.get("id")) if is_agents and not told.get("private") else None


def _number(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value < 2**63 else None

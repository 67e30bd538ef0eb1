"""What can go wrong for a person: one class each, with a stable code.

Every code has a wording `utter_problem_<code>` in `data/`; a test keeps the two in step. The text of an
exception never holds personal data: it is a sentence for the log, not for the customer.
"""

from typing import ClassVar


class Problem(Exception):
    """Something went wrong that a person must be told about."""

    code: ClassVar[str] = "unexpected"


class MessageEmpty(Problem):
    """The message holds nothing to read."""

    code = "message_empty"


class MessageTooLong(Problem):
    """The message is longer than the limit."""

    code = "message_too_long"


class TooManyMessages(Problem):
    """The customer, or somebody at the same address, writes faster than the limit."""

    code = "too_many_messages"


class ConversationGone(Problem):
    """The conversation does not exist, has ended, or this session may not see it."""

    code = "conversation_gone"


class AssistantAway(Problem):
    """The part that understands messages cannot be reached now; the message is kept."""

    code = "assistant_away"


class TooManyCodes(Problem):
    """As many codes were sent as the limit allows for now."""

    code = "too_many_codes"


class ResendTooSoon(Problem):
    """A code was sent a moment ago."""

    code = "resend_too_soon"


class NothingToResend(Problem):
    """No code is awaited in this conversation."""

    code = "nothing_to_resend"


class NotProven(Problem):
    """The database holds no proof of identity that is good enough for this act now."""

    code = "not_proven"


class RequestNotFound(Problem):
    """No request with this reference belongs to the person who asks."""

    code = "request_not_found"


class NotPossibleNow(Problem):
    """The request is in a state that does not allow this act."""

    code = "not_possible_now"


class NotAllowed(Problem):
    """The role of whoever asks does not include this act."""

    code = "not_allowed"


class SystemDown(Problem):
    """One of the company's systems cannot be reached."""

    code = "system_down"

    def __init__(self, system: str) -> None:
        super().__init__(f"system {system} cannot be reached")
        self.system = system

"""Free text that is itself the answer: the new value of a correction, a message for a person.

Such a text may say anything, and "why do you ask?" must still be a question. The rule: while free text is
awaited, Rasa only reads it (nothing is kept there); if it is clearly a detour it goes the usual way, else
the service seals it and Rasa gets "value_1". Whatever is taken as a value is read back before it counts, so
a wrong guess costs one answer and never a wrong correction. See docs/decisions.
"""

import re
from collections.abc import Mapping

from privacy.conversations.brain import Brain
from privacy.conversations.placeholders import Redacted

DETOURS: Mapping[str, float] = {
    # intent → how sure Rasa must be before the text is not taken as the value
    "why_data": 0.5,
    "how_it_works": 0.6,
    "deny": 0.5,
    "cancel_request": 0.6,
    "human": 0.6,
    "help": 0.6,
    "bot_challenge": 0.6,
    "lost_contact": 0.7,
    "delete": 0.7,
    "access": 0.7,
    "export": 0.7,
    "status": 0.7,
    "complaint": 0.7,
    "abuse": 0.7,
}
_DIGIT = re.compile(r"\d")
_LONGEST_DETOUR = 120


def is_free_text_wanted(expects: str | None) -> bool:
    """Whether the bot's last words asked for a value or a message."""
    return expects in ("value", "message")


class Detours:
    """Tells a detour from a value."""

    async def is_detour(self, redacted: Redacted, expects: str | None, brain: Brain) -> bool:
        """Whether this text leaves the question instead of answering it.

        Raises BrainAway when Rasa cannot be asked.
        """
        text = redacted.text.strip()
        if redacted.only_token is not None or len(text) > _LONGEST_DETOUR:
            return False
        if _DIGIT.search(re.sub(r"[a-z]+_\d+", "", text)) and expects == "value":
            # Addresses, numbers and dates: nobody asks "why" in digits.
            return False
        understood = (await brain.understand([text]))[0]
        needed = DETOURS.get(understood.intent or "")
        if needed is None:
            return False
        if expects == "message" and understood.intent not in ("deny", "why_data", "how_it_works"):
            # A message for a person may well say "delete my data".
            return False
        return understood.confidence >= needed

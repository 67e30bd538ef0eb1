"""Free text that is itself the answer: the new value of a correction, a part of the data, a message for a person.

Such a text may say anything, and "why do you ask?" must still be a question. The rule: while free text is
awaited, Rasa only reads it (nothing is kept there); if it is clearly a detour it goes the usual way, else
the service seals it and Rasa gets "value_1". Whatever is taken as a value is read back before it counts, so
a wrong guess costs one answer and never a wrong correction. See docs/decisions.

Rasa reads by pieces of words, too, and hears a "no" in Neumann and in Ngo. So a detour needs words, not only
pieces: most of them have to stand in the examples from which Rasa learned what it hears.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

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
    "distress": 0.7,
    "abuse": 0.7,
}
_ASIDE = frozenset({"deny", "why_data", "how_it_works", "human", "distress"})
"""Detours of a question that names rights in its answers: "only my orders" is no wish to see them."""
_FROM_MESSAGES = frozenset({"deny", "why_data", "how_it_works"})
"""Detours of a message for a person: it may well say "delete my data", or "I want to talk to somebody"."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_EXAMPLE = re.compile(r"^\s*- (.*)$", re.MULTILINE)
_MARK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
_DIGIT = re.compile(r"\d")
_LONGEST_DETOUR = 120


_LEAVING = re.compile(
    r"\b(?:never ?mind|stop|cancel|abort|quit|start (?:over|again)|restart|reset|forget it|drop it|skip"
    r"|leave it|(?:go )?back|(?:changed|change) my mind|later|abbrechen|vergiss es)\b",
    re.IGNORECASE,
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # thousands of lines: libyaml, where it is


def is_leaving(text: str) -> bool:
    """Whether a "no" ends what was begun ("never mind"), instead of answering "Is that right?"."""
    return _LEAVING.search(text) is not None


def is_free_text_wanted(expects: str | None) -> bool:
    """Whether the bot's last words asked for a value, a part or a message."""
    return expects in ("value", "part", "message")


class Detours:
    """Tells a detour from an answer. `words` are those of the examples of each intent."""

    def __init__(self, words: Mapping[str, frozenset[str]]) -> None:
        self._words = words

    @classmethod
    def load(cls, folder: Path) -> "Detours":
        """With the examples of every nlu.yml below `folder`."""
        words: dict[str, frozenset[str]] = {}
        for path in sorted(folder.glob("*/nlu.yml")):
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
            for taught in content.get("nlu") or ():
                if taught.get("intent") in DETOURS:
                    said = {
                        word
                        for example in _EXAMPLE.findall(taught.get("examples") or "")
                        for word in _words(_MARK.sub(r"\1", example))
                    }
                    name = str(taught["intent"])
                    words[name] = words.get(name, frozenset()) | said
        return cls(words)

    async def is_detour(self, redacted: Redacted, expects: str | None, brain: Brain) -> bool:
        """Whether this text leaves the question instead of answering it.

        Raises BrainAway when Rasa cannot be asked.
        """
        text = redacted.text.strip()
        if redacted.only_token is not None or len(text) > _LONGEST_DETOUR:
            return False
        if _DIGIT.search(re.sub(r"[a-z]+_\d+", "", text)) and expects != "message":
            # Addresses, numbers and dates: nobody asks "why" in digits.
            return False
        understood = (await brain.understand([text]))[0]
        intent = understood.intent or ""
        if understood.confidence < DETOURS.get(intent, 2.0) or not self._is_said(intent, text):
            return False
        if expects == "message":
            return intent in _FROM_MESSAGES
        return expects != "part" or intent in _ASIDE

    def _is_said(self, intent: str, text: str) -> bool:
        """Whether most words of the text are words in which somebody says this."""
        words = _words(text)
        known = self._words.get(intent, frozenset())
        return 2 * sum(word in known for word in words) > len(words)


def _words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]

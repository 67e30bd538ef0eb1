"""What the bot says, read from `data/<journey>/responses.yml`: the same file that Rasa speaks from.

The service needs it for the lines that must be said when Rasa cannot: problems, notices, proactive news.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

_PLACE = re.compile(r"\{(\w+)\}")


class WordingMissing(Exception):
    """A wording that the code names does not exist in `data/`."""


@dataclass(frozen=True)
class Utterance:
    """One thing the bot says: text, buttons as (label, payload), and what it expects next."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Utterance":
        """From the form that responses.yml and Rasa's answers share."""
        buttons = tuple((str(b["title"]), str(b["payload"])) for b in said.get("buttons") or ())
        return cls(str(said.get("text") or ""), buttons, dict(said.get("custom") or {}))


class Wording:
    """Utterances by name; the first variation is the one without conditions."""

    def __init__(self, utterances: Mapping[str, Utterance]) -> None:
        self._utterances = dict(utterances)

    @classmethod
    def load(cls, folder: Path) -> "Wording":
        """Read every responses.yml below `folder`."""
        found: dict[str, Utterance] = {}
        for path in sorted(folder.glob("*/responses.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            for name, variations in (content.get("responses") or {}).items():
                found[name] = Utterance.read(variations[0])
        return cls(found)

    def __contains__(self, name: str) -> bool:
        return name in self._utterances

    def utterance(self, name: str, /, **values: object) -> Utterance:
        """The utterance of `name` with its values filled in.

        Raises WordingMissing.
        """
        if name not in self._utterances:
            raise WordingMissing(name)
        said = self._utterances[name]
        # In one go: what stands in a value is never a place for another value.
        text = _PLACE.sub(lambda place: str(values.get(place[1], place[0])), said.text)
        return replace(said, text=text)

    def say(self, name: str, /, **values: object) -> str:
        """The text alone."""
        return self.utterance(name, **values).text

    def problem(self, code: str, **values: object) -> Utterance:
        """The sentence for a problem's code; the general one where a code has none of its own."""
        name = f"utter_problem_{code}"
        return self.utterance(
            name if name in self._utterances else "utter_problem_unexpected", **values
        )

"""Words of a door's pages, one file a language."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

DEFAULT = "en"
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


class Words:
    """The words in a folder; what is not translated yet is English."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.languages = tuple(sorted(path.stem for path in folder.glob("*.yml")))
        self.of = cache(self._of)

    def _of(self, language: str) -> Mapping[str, str]:
        english: dict[str, str] = yaml.safe_load((self._folder / f"{DEFAULT}.yml").read_text())
        if language == DEFAULT or language not in self.languages:
            return english
        return {**english, **yaml.safe_load((self._folder / f"{language}.yml").read_text())}

    def preferred(self, accept_language: str) -> str:
        """The language that we speak and the browser likes best."""
        liked: list[tuple[float, str]] = []
        for part in accept_language.split(",")[:20]:
            name, _, weight = part.partition(";q=")
            try:
                liked.append((float(weight or 1), name.strip().split("-")[0].lower()))
            except ValueError:
                continue
        for _, language in sorted(liked, key=lambda entry: -entry[0]):
            if language in self.languages:
                return language
        return DEFAULT


def direction(language: str) -> str:
    """The value of `dir`."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"

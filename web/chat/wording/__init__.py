"""Words of the page itself, one file a language; what the bot says lives in `data/`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

DEFAULT = "en"
_FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.yml")))
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@cache
def words(language: str) -> Mapping[str, str]:
    """All words of the page in a language; what is not translated yet is English."""
    english: dict[str, str] = yaml.safe_load((_FOLDER / f"{DEFAULT}.yml").read_text())
    if language == DEFAULT or language not in LANGUAGES:
        return english
    return {**english, **yaml.safe_load((_FOLDER / f"{language}.yml").read_text())}


def direction(language: str) -> str:
    """The value of `dir`."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def preferred(accept_language: str) -> str:
    """The language that we speak and the browser likes best."""
    liked: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        name, _, weight = part.partition(";q=")
        try:
            liked.append((float(weight or 1), name.strip().split("-")[0].lower()))
        except ValueError:
            continue
    for _, language in sorted(liked, key=lambda entry: -entry[0]):
        if language in LANGUAGES:
            return language
    return DEFAULT

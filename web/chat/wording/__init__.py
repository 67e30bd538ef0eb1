"""Words of the chat's pages; what the bot says lives in `data/`."""

from pathlib import Path

from web.words import DEFAULT, Words, direction

_own = Words(Path(__file__).parent)
LANGUAGES = _own.languages
words = _own.of
preferred = _own.preferred

__all__ = ["DEFAULT", "LANGUAGES", "direction", "preferred", "words"]

"""Text into parts: plain pieces and links, so that no door ever handles HTML that came from a message.

Only `https:` addresses become links, and their host is what the reader sees first. The pages of a request at our own
address become links, too, with words instead of the address.
"""

import re
from collections.abc import Iterator
from typing import NotRequired, TypedDict
from urllib.parse import urlsplit

from web.chat import wording

_ADDRESS = re.compile(
    r"https://[^\s<>\"'`\u0000-\u0020\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
)
_TRAILING = ".,;:!?)]}…"
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


class Part(TypedDict):
    """A piece of a message; with `href` it is a link."""

    text: str
    href: NotRequired[str]


class OwnPages:
    """The pages that we link to ourselves: their addresses begin with our own, and words stand for them."""

    def __init__(self, origin: str, language: str = wording.DEFAULT) -> None:
        self._words = wording.words(language)
        self._pattern = re.compile(
            re.escape(origin)
            + r"/requests(/PR-[0-9A-Z]{4}-[0-9A-Z]{4}(?:/([a-z-]{1,20}))?)?(?![\w/?#&=%@-])"
        )

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where such an address stands, and the words for it."""
        for match in self._pattern.finditer(text):
            page = (match[2] or "request").replace("-", "_") if match[1] else "requests"
            words = self._words.get(f"link_{page}")
            if words is not None:
                yield match.start(), match.end(), words


def split_parts(text: str, own_pages: OwnPages | None = None) -> list[Part]:
    """The pieces in order; joined, their texts are the text again, but for the words of links to our own pages."""
    links = {
        start: (end, Part(text=words, href=text[start:end]))
        for start, end, words in (own_pages.find(text) if own_pages else ())
    }
    for match in _ADDRESS.finditer(text):
        address = match.group().rstrip(_TRAILING)
        if match.start() not in links and _is_plain_host(address):
            links[match.start()] = match.start() + len(address), Part(text=address, href=address)
    parts: list[Part] = []
    done = 0
    for start, (end, link) in sorted(links.items()):
        if start < done:  # inside the address before it
            continue
        if start > done:
            parts.append({"text": text[done:start]})
        parts.append(link)
        done = end
    if done < len(text) or not parts:
        parts.append({"text": text[done:]})
    return parts


def _is_plain_host(address: str) -> bool:
    # "https://bank.example@evil.example" and look-alike letters stay text: the host must be what it seems.
    try:
        return bool(_HOST.fullmatch(urlsplit(address).netloc))
    except ValueError:
        return False

"""Text into parts: plain pieces and links, so that no door ever handles HTML that came from a message.

Only `https:` addresses become links, and their host is what the reader sees first.
"""

import re
from typing import NotRequired, TypedDict
from urllib.parse import urlsplit

_ADDRESS = re.compile(
    r"https://[^\s<>\"'`\u0000-\u0020\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
)
_TRAILING = ".,;:!?)]}…"
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


class Part(TypedDict):
    """A piece of a message; with `href` it is a link."""

    text: str
    href: NotRequired[str]


def split_parts(text: str) -> list[Part]:
    """The pieces in order; joined, their texts are the text again."""
    parts: list[Part] = []
    done = 0
    for match in _ADDRESS.finditer(text):
        address = match.group().rstrip(_TRAILING)
        if not _is_plain_host(address):
            continue
        if match.start() > done:
            parts.append({"text": text[done : match.start()]})
        parts.append({"text": address, "href": address})
        done = match.start() + len(address)
    if done < len(text) or not parts:
        parts.append({"text": text[done:]})
    return parts


def _is_plain_host(address: str) -> bool:
    # "https://bank.example@evil.example" and look-alike letters stay text: the host must be what it seems.
    try:
        return bool(_HOST.fullmatch(urlsplit(address).netloc))
    except ValueError:
        return False

"""Fills the secrets of HTTP systems in from the environment: no password stands in a file under
review.

It changes the plain values of the file before they become a map, and says what is missing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from privacy.datamap.source import Place

_NAME: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRETS: Final = ("token", "value", "password", "client_secret")
_OPEN: Final = ("username", "client_id", "token_url")


def fill_http(
    place: Place, system: dict[Any, Any], environment: Mapping[str, str]
) -> Iterator[tuple[Place, str]]:
    """Complete the address and the secrets of one HTTP system in place."""
    yield from _fill(place, system, "base_url", environment)
    auth = system.get("auth")
    if not isinstance(auth, dict):
        return
    for key in _OPEN:
        yield from _fill((*place, "auth"), auth, key, environment)
    for key in _SECRETS:
        if isinstance(auth.get(key), str) and not _NAME.search(auth[key]):
            yield (
                (*place, "auth", key),
                "a secret stands in this file. Write ${NAME} instead and set NAME in the environment.",
            )
        yield from _fill((*place, "auth"), auth, key, environment)


def _fill(
    place: Place, values: dict[Any, Any], key: str, environment: Mapping[str, str]
) -> Iterator[tuple[Place, str]]:
    written = values.get(key)
    if not isinstance(written, str):
        return
    for name in _NAME.findall(written):
        if name not in environment:
            yield (*place, key), f"{name} is not set. Set it in the environment of Vera."
        elif not environment[name].strip().isascii() or not environment[name].strip().isprintable():
            yield (
                (*place, key),
                f"{name} holds signs that no header can carry. Look for line breaks and letters like ü.",
            )
    values[key] = _NAME.sub(lambda found: environment.get(found[1], "").strip(), written)

"""Fills placeholders in: values become parts of an address or of a body, and never more than that.

In an address every sign outside RFC 3986's "unreserved" is written as %XX. A value that a server
might still read as a way elsewhere is refused, strictly so where something is changed.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from pydantic import JsonValue

from privacy.datamap.http_parts import PLACEHOLDER, Call
from privacy.systems.http.exchange import Question

_RISKY: Final = frozenset("/\\%;?#")


class CannotStand(Exception):
    """A value cannot stand in an address. The text holds no value."""


def question(
    call: Call,
    base_path: str,
    values: Mapping[str, Any],
    *,
    fine: frozenset[int] = frozenset(),
    wants_json: bool = True,
    extra: Mapping[str, str] | None = None,
    body: JsonValue = None,
) -> Question:
    """The call with its values; `extra` is more query (paging), `body` what is sent where the call describes
    none.

    Raises CannotStand.
    """
    changes = call.method != "GET" and not wants_json

    def segment(name: str) -> str:
        return _segment(values.get(name), changes)

    path = base_path + PLACEHOLDER.sub(lambda found: segment(found[1]), call.path)
    query = {name: _text(_filled(text, values)) for name, text in call.query.items()}
    query |= extra or {}
    written = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in query.items())
    described = _filled(call.body, values) if call.body is not None else body
    sent = None
    if described is not None:
        try:
            sent = json.dumps(described, ensure_ascii=True, allow_nan=False).encode()
        except (TypeError, ValueError):
            raise CannotStand from None
    return Question(call.method, f"{path}?{written}" if written else path, sent, fine, wants_json)


def _segment(value: Any, changes: bool) -> str:
    text = _text(value)
    # "" would ask for the list, "." and ".." for what is around it (RFC 3986, 5.2.4).
    if not text.strip(". ") or (changes and (set(text) & _RISKY or not text.isprintable())):
        raise CannotStand
    return _quoted(text)


def _filled(template: JsonValue, values: Mapping[str, Any]) -> Any:
    """A placeholder that is the whole text becomes the value with its type; within a text it becomes text."""
    if isinstance(template, str):
        if (alone := PLACEHOLDER.fullmatch(template)) is not None:
            return values.get(alone[1])
        return PLACEHOLDER.sub(lambda found: _text(values.get(found[1])), template)
    if isinstance(template, dict):
        return {name: _filled(inner, values) for name, inner in template.items()}
    if isinstance(template, list):
        return [_filled(inner, values) for inner in template]
    return template


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _quoted(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:  # a lone surrogate
        raise CannotStand from None

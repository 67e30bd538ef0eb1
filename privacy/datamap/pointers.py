"""JSON pointers (RFC 6901): where a value stands in a document, to read it there and to write it
there.

A missing value is None, like a JSON null: who reads a service's answer treats both alike.
"""

import re
from typing import Any, Final

from pydantic import JsonValue

PATTERN: Final = r"^(/([^~/]|~[01])*)*$"
_INDEX: Final = re.compile(r"0|[1-9][0-9]*")


def pointer_to(name: str) -> str:
    """The pointer to a member of the outermost object."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def read_at(document: Any, pointer: str) -> Any:
    """What stands there, None where nothing does; "" is the whole document."""
    value, _ = _step(document, pointer)
    return value


def stands_at(document: Any, pointer: str) -> bool:
    """Does the document say anything there, be it null?"""
    return _step(document, pointer)[1]


def write_at(document: dict[str, JsonValue], pointer: str, value: JsonValue) -> None:
    """Put a value there, making the objects around it.

    Raises ValueError where something that is no object stands in the way, or for the pointer "".
    """
    *around, last = _steps(pointer) or [""]
    if not pointer:
        raise ValueError("the whole document cannot be written")
    inner: JsonValue = document
    for step in around:
        if isinstance(inner, list):
            inner = _of_list(inner, step)
            continue
        if not isinstance(inner, dict):
            raise ValueError("no object stands there")
        if inner.get(step) is None:
            inner[step] = {}
        inner = inner[step]
    if isinstance(inner, list):
        _of_list(inner, last)
        inner[int(last)] = value
    elif isinstance(inner, dict):
        inner[last] = value
    else:
        raise ValueError("no object stands there")


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _step(document: Any, pointer: str) -> tuple[Any, bool]:
    value = document
    for step in _steps(pointer):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and _INDEX.fullmatch(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return None, False
    return value, True


def _of_list(values: list[JsonValue], step: str) -> JsonValue:
    if not _INDEX.fullmatch(step) or int(step) >= len(values):
        raise ValueError("the list has no such place")
    return values[int(step)]

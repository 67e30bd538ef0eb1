"""A YAML file as plain values that remember their lines, so that mistakes can be told by them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

Place = tuple[str, ...]

_TEXT: Final = "tag:yaml.org,2002:str"
_MERGE: Final = "tag:yaml.org,2002:merge"
_DEEPEST: Final = 40  # a map is ten levels deep; an alias that contains itself would never end


class Unreadable(Exception):
    """The file holds no map; the text says why and what to do."""


@dataclass
class Source:
    """The plain values of a file, the line of each place, and the keys that stand twice."""

    tree: dict[Any, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    twice: list[tuple[Place, int]] = field(default_factory=list)

    def line(self, place: Place) -> int | None:
        """The line of this place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)


def read(path: Path) -> Source:
    """The values in a file.

    Raises Unreadable.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Unreadable(f"{path}: this is not a UTF-8 text file. Save it as UTF-8.") from None
    except OSError:
        raise Unreadable(
            f"{path}: there is no file to read here. "
            "Set VERA_DATAMAP to the data map of your company."
        ) from None
    source = Source()
    try:
        loader = yaml.CSafeLoader(text) if yaml.__with_libyaml__ else yaml.SafeLoader(text)
        node = loader.get_single_node()
        _walk(node, (), source)
        tree = loader.construct_document(node) if node is not None else None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise Unreadable(
            f"{path}{where}: this is not YAML. Look at the indentation and the quotes."
        ) from None
    if not isinstance(tree, dict):
        raise Unreadable(
            f"{path}: this file is empty or a list. A data map begins with version: 1."
        )
    source.tree = tree
    return source


def _walk(node: Any, place: Place, source: Source) -> None:
    if len(place) > _DEEPEST:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                key.tag = _TEXT  # YAML 1.1 reads the key "on" as true
            inner = (*place, str(key.value))
            if inner in source.lines:
                source.twice.append((inner, key.start_mark.line + 1))
                continue
            source.lines[inner] = key.start_mark.line + 1
            _walk(value, inner, source)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            source.lines[*place, str(index)] = value.start_mark.line + 1
            _walk(value, (*place, str(index)), source)

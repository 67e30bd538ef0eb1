"""Reads a data map from its YAML file and says, in sentences with line numbers, what is wrong with
it.

It fills in where things are (`{data_dir}`) and what must not stand in a file under review
(`${NAME}`, from the environment that the caller passes). It opens no system.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from privacy.datamap.consistency import Finding, findings
from privacy.datamap.http_check import http_findings
from privacy.datamap.http_secrets import fill_http
from privacy.datamap.model import DataMap
from privacy.datamap.source import Place, Source, Unreadable, read
from privacy.datamap.wording import mistakes

TODO: Final = "TODO"
_NAME: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PASSWORD: Final = re.compile(r"://[^/@]*:(?!\$\{)[^/@]+@")


class DataMapWrong(Exception):
    """The data map cannot be used; `sentences` says why, one mistake each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


def load_datamap(
    path: Path, data_dir: Path, environment: Mapping[str, str] | None = None
) -> DataMap:
    """The data map in `path`, ready for use.

    Raises DataMapWrong with every mistake that was found.
    """
    try:
        source = read(path)
    except Unreadable as error:
        raise DataMapWrong([str(error)]) from None
    undone = list(_undone(source.tree, ()))
    wrong = [
        *_written_twice(source),
        *undone,
        *_fill_in(source.tree, data_dir, environment or {}),
    ]
    try:
        datamap = DataMap.model_validate(source.tree)
    except ValidationError as error:
        waiting = {place for place, _ in undone}
        wrong += [found for found in mistakes(error) if found[0] not in waiting]
    else:
        wrong += [*findings(datamap), *http_findings(datamap)]
    if wrong:
        raise DataMapWrong([_sentence(path, source, finding) for finding in wrong])
    return datamap


def _undone(value: object, place: Place) -> Iterator[Finding]:
    """Values that `vera datamap draft` left to a person."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _undone(inner, (*place, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _undone(inner, (*place, str(index)))
    elif isinstance(value, str) and value.startswith(TODO):
        hint = value.removeprefix(TODO).strip(" :()")
        yield place, f"this waits for your decision{f' ({hint})' if hint else ''}. Write it here."


def _written_twice(source: Source) -> Iterator[Finding]:
    for place, line in source.twice:
        yield place, f"this is written a second time in line {line}. Keep one of the two."


def _fill_in(
    tree: dict[Any, Any], data_dir: Path, environment: Mapping[str, str]
) -> Iterator[Finding]:
    """Complete the address of each system in place."""
    systems = tree.get("systems")
    for name, system in systems.items() if isinstance(systems, dict) else ():
        if isinstance(system, dict) and system.get("kind") == "http":
            yield from fill_http(("systems", str(name)), system, environment)
        if not isinstance(system, dict) or not isinstance(system.get("url"), str):
            continue
        place = ("systems", str(name), "url")
        url: str = system["url"]
        system["url"] = _filled(url, data_dir, environment)
        if _PASSWORD.search(url):
            yield (
                place,
                "a password stands in this file. "
                "Write ${NAME} instead and set NAME in the environment.",
            )
        missing = [key for key in _NAME.findall(url) if key not in environment]
        for key in missing:
            yield place, f"{key} is not set. Set it in the environment of Vera."
        if not missing and (trouble := _address_trouble(system["url"])) is not None:
            yield place, trouble


def _filled(url: str, data_dir: Path, environment: Mapping[str, str]) -> str:
    if (alone := _NAME.fullmatch(url)) is not None:
        return environment.get(alone[1], "")
    named = _NAME.sub(lambda name: quote(environment.get(name[1], ""), safe=""), url)
    return named.replace("{data_dir}", str(data_dir.resolve()))


def _address_trouble(url: str) -> str | None:
    try:
        make_url(url).get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ValueError):
        return (
            "this is not a database address. Write one such as "
            "sqlite:///{data_dir}/shop.db or postgresql://user:${NAME}@host/shop."
        )
    except ImportError as error:
        return (
            "the driver for this kind of database is not installed. "
            f"Add {error.name} to Vera's environment."
        )
    return None


def _sentence(path: Path, source: Source, finding: Finding) -> str:
    place, text = finding
    line = source.line(place)
    where = f", line {line}" if line else ""
    return f"{path}{where}: {' → '.join(place) or 'the map'}: {text}"

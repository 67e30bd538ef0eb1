"""Whether a data map is complete and true: the map alone, then the live databases that it
describes.

It reads schemas, never rows, and says what it finds in sentences for the map's author. An address
or a password is in none of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from privacy.datamap.linking import likely_personal
from privacy.datamap.load import DataMapWrong, load_datamap
from privacy.datamap.model import DataMap
from privacy.datamap.parts import System
from privacy.errors import SystemDown
from privacy.systems.fit import misfits
from privacy.systems.sql import SqlSystem


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: what it is about, where, and what to do.

    map: the file itself; database: file and database do not fit; unreachable: nobody answered, so
    nothing is known about that system.
    """

    about: Literal["map", "database", "unreachable"]
    place: str
    text: str

    def sentence(self) -> str:
        """The finding on one line."""
        return f"{self.place}: {self.text}" if self.place else self.text


def inspect_map(path: Path, data_dir: Path, environment: Mapping[str, str]) -> list[Found]:
    """Everything that is to be done before the map can be relied on; empty if nothing is."""
    try:
        datamap = load_datamap(path, data_dir, environment)
    except DataMapWrong as wrong:
        return [_split("map", sentence) for sentence in wrong.sentences]
    return [found for name in datamap.systems for found in _live(datamap, name)]


def _live(datamap: DataMap, name: str) -> Iterator[Found]:
    described = datamap.systems[name]
    if not isinstance(described, System):
        return
    alone = datamap.model_copy(update={"systems": {name: described}})
    try:
        for sentence in misfits(alone):
            yield _split("database", sentence)
        yield from _overlooked(datamap, name, described)
    except SystemDown:
        yield Found(
            "unreachable",
            name,
            "the database cannot be reached, so nothing could be compared. "
            "Look at the address under url, and whether it may be read from here.",
        )


def _overlooked(datamap: DataMap, name: str, described: System) -> Iterator[Found]:
    """Tables that are said to hold nothing personal, and whose columns say otherwise."""
    system = SqlSystem(name, described, datamap.region, leading=False)
    try:
        live, views = system.columns(), system.views()
    finally:
        system.close()
    for table, words in described.not_personal.items():
        if table in views:
            continue
        # A column that is named in the description has been thought about.
        suspicious = [
            column
            for column in likely_personal(live.get(table, []), table)
            if column.casefold() not in words.casefold()
        ]
        if suspicious:
            yield Found(
                "database",
                f"{name} → {table}",
                f"the table stands under not_personal, but {', '.join(suspicious)} may be about a person. "
                "Describe it under tables, or say under not_personal whose it is, naming the column.",
            )


def _split(about: Literal["map", "database"], sentence: str) -> Found:
    place, colon, text = sentence.rpartition(": ") if about == "map" else sentence.partition(": ")
    if about == "map" and colon:
        # The sentences of the loader are "file, line 3: systems → shop: what is wrong."
        head, mark, rest = sentence.partition(": ")
        middle, second, last = rest.partition(": ")
        place, text = (f"{head}: {middle}", last) if second else (head, rest)
    return Found(about, place, text) if colon else Found(about, "", sentence)

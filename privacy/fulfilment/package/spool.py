"""Where rows wait, encrypted, until all systems have given theirs: `work/<request>/` in the vault (S-66).

A system is finished in one step: its rows lie in files of their own, and only then its mark is written, with
how many there are. Keys lie beside the files, sealed with the house's own; without it both are noise.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from privacy.fulfilment.package.names import slug
from privacy.fulfilment.package.records import Record, from_line, to_line
from privacy.fulfilment.vault.vault import FileGone, FileUnreadable, Vault
from privacy.redaction import STATEMENT_ENDS
from privacy.store.keyring import Keyring, SealBroken

_ROWS: Final = "package.spool"


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a table's rows together: how many, how many files, which never-shown columns hold
    something, and whether something was taken out of a text."""

    rows: int
    files: int
    held: frozenset[str]
    cleaned: bool


class Spool:
    """The rows of one request."""

    def __init__(self, vault: Vault, keyring: Keyring, request: str) -> None:
        self._vault = vault
        self._keyring = keyring
        self._request = request
        self._folder = f"work/{request}"

    def finished(self, system: str) -> dict[str, int] | None:
        """How many rows each table of a system gave; None while it is not finished."""
        mark = self._mark(system)
        return None if mark is None else {table: one["rows"] for table, one in mark.items()}

    def traits(self, system: str, table: str) -> Traits:
        """What is known of a finished table's rows.

        Raises FileGone.
        """
        one = (self._mark(system) or {}).get(table)
        if one is None:
            raise FileGone(f"{system}.{table}")
        return Traits(one["rows"], one["files"], frozenset(one["held"]), one["cleaned"])

    def collect(
        self, system: str, tables: Iterable[tuple[str, Iterable[Record]]]
    ) -> dict[str, int]:
        """Take in a system's tables, streamed; once this returns, the system is finished."""
        mark: dict[str, dict[str, Any]] = {}
        for table, records in tables:
            count = files = 0
            held: set[str] = set()
            cleaned = False
            with self._vault.write(self._name(system, table)) as file:
                for record in records:
                    file.stream.write(to_line(record))
                    count += 1
                    files += sum(isinstance(value, bytes) for value in record.values.values())
                    held.update(record.held)
                    cleaned = cleaned or any(map(_was_cleaned, record.values.values()))
            mark[table] = {
                "rows": count, "files": files, "held": sorted(held), "cleaned": cleaned, "key": file.key,
            }  # fmt: skip
        self.note(f"{slug(system)}.done", mark)
        return {table: one["rows"] for table, one in mark.items()}

    def records(self, system: str, table: str) -> Iterator[Record]:
        """The rows of a table, as often as wanted.

        Raises FileGone, FileUnreadable.
        """
        mark = self._mark(system)
        if mark is None or table not in mark:
            raise FileGone(f"{system}.{table}")
        begun: list[bytes] = []  # of a line that goes on: a large file may be one line
        for piece in self._vault.read(self._name(system, table), mark[table]["key"]):
            first, *others = piece.split(b"\n")
            begun.append(first)
            if others:
                yield from_line(b"".join(begun))
                yield from map(from_line, others[:-1])
                begun = others[-1:]

    def note(self, name: str, content: Any) -> None:
        """Keep something small of this request, sealed: a mark, a key."""
        sealed = self._keyring.seal(json.dumps(content), self._place(name))
        self._vault.keep(f"{self._folder}/{name}", sealed)

    def noted(self, name: str) -> Any:
        """What `note` kept; None where there is nothing, or it does not open any more."""
        try:
            sealed = self._vault.kept(f"{self._folder}/{name}")
            return json.loads(self._keyring.open(sealed, self._place(name)))
        except (FileGone, SealBroken):
            return None

    def forget(self) -> None:
        """Take everything away."""
        for name in self._vault.names():
            if name.startswith(f"{self._folder}/"):
                self._vault.shred(name)

    def _mark(self, system: str) -> dict[str, dict[str, Any]] | None:
        mark: dict[str, dict[str, Any]] | None = self.noted(f"{slug(system)}.done")
        return mark

    def _name(self, system: str, table: str) -> str:
        return f"{self._folder}/{slug(system)}.{slug(table)}"

    def _place(self, name: str) -> str:
        return f"{_ROWS}:{self._request}:{name}"


def _was_cleaned(value: object) -> bool:
    return isinstance(value, str) and STATEMENT_ENDS in value


__all__ = ["FileGone", "FileUnreadable", "Spool", "Traits"]

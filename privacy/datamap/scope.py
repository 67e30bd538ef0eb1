"""Which part of what is held a wish is about: all of it, some fields, a range of days.

A rule on names of the data map. Which words of a customer mean which fields is not its business.
"""

import json
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Scope:
    """`fields` are ids "system.table.column", None for all; the days are both included."""

    fields: frozenset[str] | None = None
    since: date | None = None
    until: date | None = None

    @property
    def is_all(self) -> bool:
        return self.fields is None and self.since is None and self.until is None

    def covers(self, field_id: str) -> bool:
        """Is this field part of the wish?"""
        return self.fields is None or field_id in self.fields

    def covers_table(self, system: str, table: str) -> bool:
        """Is any field of this table part of the wish?"""
        prefix = f"{system}.{table}."
        return self.fields is None or any(field.startswith(prefix) for field in self.fields)

    def as_text(self) -> str:
        """For a draft's details; "" for all."""
        if self.is_all:
            return ""
        return json.dumps(
            {
                "fields": sorted(self.fields) if self.fields is not None else None,
                "since": self.since.isoformat() if self.since else None,
                "until": self.until.isoformat() if self.until else None,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "Scope":
        """What `as_text` wrote. Raises ValueError for anything else."""
        if not text:
            return cls()
        read = json.loads(text)
        return cls(
            fields=frozenset(read["fields"]) if read["fields"] is not None else None,
            since=date.fromisoformat(read["since"]) if read["since"] else None,
            until=date.fromisoformat(read["until"]) if read["until"] else None,
        )


EVERYTHING = Scope()

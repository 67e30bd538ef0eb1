"""What a correction comes to: the checked value, the rows that are meant, and whether a person looks first.

Pure, and the same in every run of a request: made of what was asked for, the data map and what was noted before
the first change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from privacy.contacts import Contact
from privacy.datamap.model import DataMap
from privacy.fulfilment.correct.correctable import PER_ROW, TableFields, fields_of
from privacy.fulfilment.correct.frozen import FrozenRow, frozen_rows
from privacy.fulfilment.correct.new_contact import PROVEN
from privacy.fulfilment.correct.rewriting import Which, is_wrong
from privacy.fulfilment.job import Job, Json
from privacy.fulfilment.values.checked import WHOLE, Checked, check
from privacy.fulfilment.values.spelling import shown_text
from privacy.systems.port import Row


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a person is needed: to say yes before it is written ("check"), or to write it ("by_hand")."""

    kind: Literal["check", "by_hand"]
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One correction, ready to be written. Personal."""

    label: str
    kind: str
    checked: Checked
    fields: tuple[TableFields, ...]
    rows: tuple[FrozenRow, ...]
    like: FrozenRow | None
    """Of kinds that a person may have several of: the entry that is meant."""
    is_chosen: bool
    is_readable: bool
    is_complete: bool
    """Whether every row was kept as it was: then the way back is, too."""
    doubt: Doubt | None
    check_first: Doubt | None
    here: frozenset[str]

    def __repr__(self) -> str:
        return f"Plan({self.kind}, {len(self.rows)} rows)"

    @property
    def one_of_several(self) -> bool:
        return self.kind in PER_ROW

    @property
    def new_contact(self) -> Contact | None:
        """The contact that the value is, where it is one."""
        if not self.is_readable:
            return None
        value = self.checked.values[WHOLE]
        if self.kind == "email":
            return Contact("email", value.lower())
        return Contact("phone", value) if self.kind == "phone" else None

    def systems(self, datamap: DataMap) -> list[str]:
        """Where it has to be written: the leading system last."""
        named = dict.fromkeys(f.system for f in self.fields)
        mine = [name for name in named if datamap.is_manual(name) or name in self.here]
        return sorted(mine, key=lambda name: name == datamap.leading)

    def of(self, system: str) -> list[TableFields]:
        return [f for f in self.fields if f.system == system]

    def which(self, fields: TableFields) -> Which:
        """The rows of a table that are meant: where a person has several, the chosen one and its copies."""
        like = self.like
        if not self.one_of_several or like is None:
            return lambda _row: True
        if self.is_chosen and (fields.system, fields.table) == (like.system, like.table):
            return lambda row: row.key == like.key
        said = self._parts(like)
        return lambda row: _is_copy(_plain_parts(fields, row), said)

    def wrong(self, fields: TableFields) -> list[FrozenRow]:
        """The rows of a table, as they were, that the correction changes."""
        which = self.which(fields)
        return [
            one
            for one in self.rows
            if (one.system, one.table) == (fields.system, fields.table)
            and is_wrong(fields, one.row(), self.checked)
            and which(one.row())
        ]

    def count(self, fields: TableFields) -> int:
        return len(self.wrong(fields))

    def _parts(self, one: FrozenRow) -> dict[str, str]:
        fields = next(f for f in self.fields if (f.system, f.table) == (one.system, one.table))
        return _plain_parts(fields, one.row())


def plan_of(job: Job, datamap: DataMap, notes: Mapping[str, Json]) -> Plan:
    """The plan of a request whose field the map knows."""
    name, text = job.details["field"], job.details.get("value", "")
    correction = datamap.corrections[name]
    fields = tuple(fields_of(datamap, name))
    parts = frozenset(part for f in fields for part in f.columns.values())
    read = check(
        correction.kind,
        text,
        region=datamap.region,
        today=job.received_at.date(),
        parts=parts,
    )
    rows = tuple(frozen_rows(notes))
    chosen = FrozenRow.from_json(notes["chosen"]) if notes.get("chosen") else None
    plan = Plan(
        label=correction.label,
        kind=correction.kind,
        checked=read if isinstance(read, Checked) else Checked({WHOLE: text}, text),
        fields=fields,
        rows=rows,
        like=chosen or _only_one(fields, rows),
        is_chosen=chosen is not None,
        is_readable=isinstance(read, Checked),
        is_complete=not any(kept for name, kept in notes.items() if name.startswith("many:")),
        doubt=None,
        check_first=None,
        here=frozenset(name for name, places in job.places.items() if places),
    )
    doubt = _by_hand(job, plan, datamap, bool(notes.get("conflict")))
    first = None
    if correction.needs == "person":
        first = Doubt("check", "A person confirms this change before it is made.")
    elif (
        correction.needs == "new_code" and correction.kind != "email" and not _is_proven(job, plan)
    ):
        first = Doubt("check", "No code was sent to the new number: nobody has proven it yet.")
    return replace(plan, doubt=doubt, check_first=first)


def _is_proven(job: Job, plan: Plan) -> bool:
    """Whether this very contact proved itself before the request was filed."""
    new = plan.new_contact
    return new is not None and job.details.get(PROVEN) == new.value


def _by_hand(job: Job, plan: Plan, datamap: DataMap, conflict: bool) -> Doubt | None:
    """Why Vera does not write it, if so."""
    for holds, why in (
        (len(job.subjects) != 1, "It is not clear which of several persons asks."),
        (not plan.is_readable, "The new value cannot be read as what it should be."),
        (
            conflict,
            "The new contact stands in the data of another person already. Two accounts are never made one by "
            "this: find out whether both belong to the same person.",
        ),
        (
            not plan.rows and not any(datamap.is_manual(f.system) for f in plan.fields),
            "No system that knows this person holds such an entry.",
        ),
        (
            plan.one_of_several
            and not plan.is_chosen
            and (
                plan.like is None
                and bool(plan.rows)
                or job.details.get("row", "row_all") != "row_all"
            ),
            "There are several such entries, and it is not clear which one is meant.",
        ),
    ):
        if holds:
            return Doubt("by_hand", why)
    return None


def _only_one(fields: Iterable[TableFields], rows: Iterable[FrozenRow]) -> FrozenRow | None:
    """The entry that all rows say alike."""
    by_table = {(f.system, f.table): f for f in fields}
    first: FrozenRow | None = None
    said: dict[str, str] = {}
    for one in rows:
        parts = _plain_parts(by_table[one.system, one.table], one.row())
        if not any(parts.values()):
            continue
        if first is None:
            first, said = one, parts
        elif not _is_copy(parts, said):
            return None
    return first


def _plain_parts(fields: TableFields, row: Row) -> dict[str, str]:
    """The parts that a row holds, without what spelling adds."""
    return {
        part: "".join(c for c in shown_text(row.values.get(column)).casefold() if c.isalnum())
        for column, part in fields.columns.items()
    }


def _is_copy(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    common = [part for part in one.keys() & other.keys() if one[part] or other[part]]
    return bool(common) and all(one[part] == other[part] for part in common)

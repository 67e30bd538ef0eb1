"""Erased stays erased: after a restore from a backup, rows that the ledger knows are erased again, before
anybody is answered (S-58).

Only the very row is meant: a person who came back has a new one. Where identity rows stay by the map or by
the wish ("only my orders"), the same row proves nothing by itself: then rows dated before the wish prove that
a backup came back, and only what was dated before it is erased.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

import structlog

from privacy import audit
from privacy.contacts import Contact
from privacy.datamap.deletion import date_source, deletions, emptied, erasures
from privacy.datamap.model import DataMap
from privacy.errors import SystemDown
from privacy.fulfilment.delete.holds import Holds
from privacy.fulfilment.delete.kept import Keeping, Kept
from privacy.fulfilment.delete.tombstones import Graves, Tombstone, Tombstones
from privacy.store.database import Database
from privacy.systems.port import Mark, Place, System, SystemRefused, TableErasure

log = structlog.get_logger()


class Company(Protocol):
    """The company's systems (`CompanyDirectory`)."""

    @property
    def datamap(self) -> DataMap: ...
    def system(self, name: str) -> System: ...


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one system: rows that were back, rows erased again, and what could not be done."""

    system: str
    back: int = 0
    erased_again: int = 0
    held: int = 0
    left: int = 0
    unreachable: bool = False
    refused: bool = False

    @property
    def is_clean(self) -> bool:
        """May this system be answered from?"""
        return not (self.left or self.unreachable or self.refused)


@dataclass(frozen=True, slots=True)
class _Found:
    """A row of the system that the ledger knows."""

    stone: Tombstone
    mark: Mark


@dataclass(slots=True)
class _Sum:
    back: int = 0
    erased: int = 0
    held: int = 0
    left: int = 0
    proof: list[date] = field(default_factory=list)


class Replay:
    """Compares systems with the ledger, and erases again what came back."""

    def __init__(
        self, company: Company, ledger: Tombstones, database: Database, kept: Kept, holds: Holds
    ) -> None:
        self._company = company
        self._ledger = ledger
        self._database = database
        self._kept = kept
        self._holds = holds

    def run(self, only: frozenset[str] = frozenset()) -> list[Replayed]:
        """Go through every system with tombstones (or those in `only`), the leading one last.

        A system that cannot be reached is reported, not raised: ask
        again with `only` before anything is answered from it.
        """
        graves = self._ledger.read()
        datamap = self._company.datamap
        order = [n for n in datamap.systems if n != datamap.leading] + [datamap.leading]
        done = []
        for name in order:
            if name in graves and (not only or name in only):
                done.append(self._system(name, graves[name]))
        for one in done:
            if one.back or not one.is_clean:
                log.warning(
                    "erased_again",
                    system=one.system,
                    count=one.erased_again,
                    outcome="clean" if one.is_clean else "not_clean",
                )
        return done

    def _system(self, name: str, graves: Graves) -> Replayed:
        system = self._company.system(name)
        if system.is_manual:
            return Replayed(name)
        try:
            found = list(self._known(system, graves))
            whole, part = self._sorted(name, found)
            total = _Sum()
            for one in whole:
                self._erase_again(system, one, total)
            for one in part:
                self._erase_part_again(system, one, total)
            if total.back:
                with self._database.write() as tx:
                    self._kept.look_again(tx, name)
                    told: dict[str, str | int] = {
                        "system": name,
                        "rows": total.back,
                        "left": total.left,
                    }
                    audit.note(tx, actor="service", act="tombstone.replayed", data=told)
                for one in whole:
                    self._keep_again(name, one)
        except SystemDown:
            return Replayed(name, unreachable=True)
        except SystemRefused as refusal:
            log.error("replay_refused", system=refusal.system, error=type(refusal).__name__)
            return Replayed(name, refused=True)
        return Replayed(name, total.back, total.erased, total.held, total.left)

    def _known(self, system: System, graves: Graves) -> Iterator[_Found]:
        """Rows that are in the ledger. All rows are looked at, and next to nothing is done for each."""
        prints, by_key = self._ledger.fingerprints, graves.by_key
        for mark in system.marks():
            stones = by_key.get(prints.key(system.name, mark))
            if stones is None:
                continue
            rows = prints.rows(system.name, mark)
            # A wish that was repeated counts once.
            same = {(s.scope, s.reference): s for s in stones if s.rows & rows}
            yield from (_Found(stone, mark) for stone in same.values())

    def _sorted(self, name: str, found: list[_Found]) -> tuple[list[_Found], list[_Found]]:
        """Rows that cannot be there unless a backup came back; rows that may."""
        gone: dict[object, Mapping[str, frozenset[str]]] = {}
        whole: list[_Found] = []
        part: list[_Found] = []
        for one in found:
            scope = one.stone.scope
            if scope not in gone:
                gone[scope] = emptied(self._company.datamap, scope, name)
            (whole if one.mark.table in gone[scope] and one.mark.contacts else part).append(one)
        return whole, part

    def _erase_again(self, system: System, one: _Found, total: _Sum) -> None:
        total.back += 1
        if self._is_held(one.mark):
            total.held += 1
            return
        acts = erasures(self._company.datamap, one.stone.scope).get(system.name, ())
        total.proof.append(one.stone.on)
        self._do(system, system.place_of(one.mark), acts, total)

    def _erase_part_again(self, system: System, one: _Found, total: _Sum) -> None:
        """A part of somebody's data, and they may be a customer still: only what is older than the wish."""
        datamap, stone = self._company.datamap, one.stone
        acts = erasures(datamap, stone.scope).get(system.name, ())
        dated = [
            replace(act, until=min(act.until or stone.on, stone.on))
            for act in acts
            if act.rows == "erase"
            and date_source(datamap.systems[system.name], act.table, born=True)
        ]
        place = system.place_of(one.mark)
        if self._is_held(one.mark):
            total.held += 1
            return
        if dated and sum(system.left([place], dated).values()):
            total.back += 1
            total.proof.append(stone.on)
            self._do(system, place, dated, total)
        if any(day <= stone.on for day in total.proof):
            # A backup from before that day came back for certain: what has no date goes as well.
            undated = [act for act in acts if all(act.table != other.table for other in dated)]
            self._do(system, place, undated, total)

    def _do(
        self, system: System, place: Place, acts: list[TableErasure] | tuple[TableErasure, ...],
        total: _Sum,
    ) -> None:  # fmt: skip
        if not acts:
            return
        total.erased += sum(one.erased + one.blanked for one in system.erase([place], acts))
        total.left += sum(system.left([place], acts).values())

    def _keep_again(self, name: str, one: _Found) -> None:
        """What a law keeps of it ends by the timers again, also where their record was lost."""
        stone, datamap = one.stone, self._company.datamap
        tables = deletions(datamap, stone.scope).get(name, ())
        ends = tuple(end for table in tables for end in table.ends)
        if ends and not self._is_held(one.mark):
            place = self._company.system(name).place_of(one.mark)
            keeping = Keeping((place,), ends, stone.on, stone.scope, self._indexes(one.mark))
            with self._database.write() as tx:
                self._kept.add(tx, stone.reference, name, keeping)

    def _is_held(self, mark: Mark) -> bool:
        with self._database.read() as tx:
            return self._holds.is_held(tx, self._indexes(mark))

    def _indexes(self, mark: Mark) -> tuple[str, ...]:
        return self._holds.indexes(
            Contact("email" if "@" in contact else "phone", contact) for contact in mark.contacts
        )

"""How far each system is with a request: what the customer sees while it is carried out, and what a later run
need not do again. Numbers by table; nothing personal.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, case, delete, select, update

from privacy.store.tables.fulfilment import progress as table
from privacy.store.upserts import insert_into

type ProgressState = Literal["waiting", "working", "done", "down", "for_person"]


@dataclass(frozen=True, slots=True)
class SystemProgress:
    """How far one system is; `since` is when it came to this state, `attempts` how often in a row it was down."""

    system: str
    state: ProgressState
    attempts: int
    counts: Mapping[str, int]
    since: datetime
    updated_at: datetime


class Progress:
    """Remembers how far each system is, inside the caller's transaction."""

    def note(
        self,
        tx: Connection,
        request: str,
        system: str,
        state: ProgressState,
        counts: Mapping[str, int] | None,
        now: datetime,
    ) -> None:
        """Say how far a system is; `counts` None leaves the numbers as they are.

        A system that is tried again is away until it has answered: that work on it begins ends no outage.
        """
        down = state == "down"
        goes_on: ColumnElement[bool] = table.c.state == state
        attempts: ColumnElement[int] | int = 0
        if state in ("down", "working"):
            goes_on |= table.c.attempts > 0
            attempts = table.c.attempts + int(down)
        fresh: dict[str, object] = {"state": state, "updated_at": now}
        if counts is not None:
            fresh["counts"] = dict(counts)
        tx.execute(
            insert_into(tx, table)
            .values(
                request=request,
                system=system,
                attempts=int(down),
                since=now,
                **{"counts": {}, **fresh},
            )
            .on_conflict_do_update(
                index_elements=["request", "system"],
                set_={
                    **fresh,
                    "attempts": attempts,
                    "since": case((goes_on, table.c.since), else_=now),
                },
            )
        )

    def expect(self, tx: Connection, request: str, systems: Iterable[str], now: datetime) -> None:
        """These systems are part of it; those that have begun are left alone."""
        for system in systems:
            tx.execute(
                insert_into(tx, table)
                .values(
                    request=request,
                    system=system,
                    state="waiting",
                    attempts=0,
                    counts={},
                    since=now,
                    updated_at=now,
                )
                .on_conflict_do_nothing()
            )

    def back(self, tx: Connection, request: str, now: datetime, but: Collection[str] = ()) -> None:
        """No system is down any more, but these."""
        tx.execute(
            update(table)
            .where(
                table.c.request == request,
                table.c.attempts > 0,
                table.c.system.not_in(list(but)),
            )
            .values(state="waiting", attempts=0, since=now, updated_at=now)
        )

    def finish(self, tx: Connection, request: str, now: datetime) -> None:
        """The request is done, and every system with it: one that had nothing to do has waited until now."""
        tx.execute(
            update(table)
            .where(table.c.request == request, table.c.state != "done")
            .values(state="done", attempts=0, since=now, updated_at=now)
        )

    def of(self, tx: Connection, request: str) -> list[SystemProgress]:
        """Every system of a request, by name."""
        rows = tx.execute(
            select(table).where(table.c.request == request).order_by(table.c.system)
        ).mappings()
        return [
            SystemProgress(
                row["system"],
                row["state"],
                row["attempts"],
                row["counts"],
                row["since"],
                row["updated_at"],
            )
            for row in rows
        ]

    def forget(self, tx: Connection, requests: Sequence[str]) -> None:
        """Delete what is remembered of requests whose records are about to go."""
        tx.execute(delete(table).where(table.c.request.in_(requests)))

    def is_done(self, tx: Connection, request: str, system: str) -> bool:
        """Has this system done all that the request asks of it?"""
        state = tx.execute(
            select(table.c.state).where(table.c.request == request, table.c.system == system)
        ).scalar()
        return state == "done"

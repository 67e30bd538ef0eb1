"""What can honestly be said about how long somebody in the queue will wait: counted, never guessed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, func, or_, select

from privacy.store.tables.handoff import hand_over as table

_RECENT: Final = timedelta(hours=2)
_ENOUGH: Final = 5  # waits, before anything is said about the next one


@dataclass(frozen=True, slots=True)
class Wait:
    """How many are before somebody in the queue, and how long the wait was lately; None where too few waited."""

    ahead: int
    minutes: int | None


def wait_of(tx: Connection, hand_over: str, asked_at: datetime, now: datetime) -> Wait:
    """The wait of whoever asked at a moment; `hand_over` decides between two of the same one."""
    ahead = tx.execute(
        select(func.count())
        .select_from(table)
        .where(
            table.c.ended_at.is_(None),
            table.c.agent.is_(None),
            table.c.mode == "live",
            or_(
                table.c.asked_at < asked_at,
                and_(table.c.asked_at == asked_at, table.c.id < hand_over),
            ),
        )
    ).scalar_one()
    return Wait(int(ahead), _minutes(tx, now))


def _minutes(tx: Connection, now: datetime) -> int | None:
    """How long half of those waited at the most who were taken lately."""
    taken = tx.execute(
        select(table.c.asked_at, table.c.claimed_at).where(
            table.c.claimed_at > now - _RECENT, table.c.mode == "live"
        )
    ).all()
    waits = sorted((row.claimed_at - row.asked_at).total_seconds() for row in taken)
    if len(waits) < _ENOUGH:
        return None
    median: float = waits[len(waits) // 2]
    return max(1, round(median / 60))

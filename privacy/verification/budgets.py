"""Limits that outlive a challenge and a conversation: so many in a window of time, charged before the act.

A charge is one statement that cannot pass the limit, however many come at once. Windows begin at the full
hour and at midnight UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, delete, select, update

from privacy.policy import Codes
from privacy.store.tables.challenges import budget
from privacy.store.upserts import insert_into

type Kind = Literal["send", "number_hour", "failure_hour", "failure_day", "failure_mailbox"]

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WINDOW: dict[Kind, timedelta] = {
    "send": _HOUR,
    "number_hour": _HOUR,
    "failure_hour": _HOUR,
    "failure_day": _DAY,
    "failure_mailbox": _DAY,
}


@dataclass(frozen=True)
class Budget:
    """So many of `kind` for `key` in the window that `now` lies in."""

    kind: Kind
    key: str
    limit: int
    now: datetime

    @property
    def window_start(self) -> datetime:
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + (self.now - midnight) // _WINDOW[self.kind] * _WINDOW[self.kind]

    @property
    def window_end(self) -> datetime:
        return self.window_start + _WINDOW[self.kind]


def sends(codes: Codes, contact: str, now: datetime) -> Budget:
    """How many codes a contact, known or not, is sent."""
    return Budget("send", contact, codes.sends_per_hour, now)


def numbers(codes: Codes, mailbox: str, now: datetime) -> Budget:
    """How many new phone numbers are sent a code for one proven mailbox: text messages cost money (S-10)."""
    return Budget("number_hour", mailbox, codes.new_numbers_per_hour, now)


def failures(codes: Codes, contact: str, now: datetime) -> tuple[Budget, Budget]:
    """How many wrong codes are compared for a contact as typed, in all conversations."""
    return (
        Budget("failure_hour", contact, codes.failures_per_hour, now),
        Budget("failure_day", contact, codes.failures_per_day, now),
    )


def failures_at(codes: Codes, mailbox: str, now: datetime) -> Budget:
    """How many wrong codes are compared for a mailbox, whichever of its owner's contacts was typed.

    That it is spent is told only to who has the right code: else it would tell that two contacts belong together.
    """
    return Budget("failure_mailbox", mailbox, codes.failures_per_day, now)


def charge(tx: Connection, one: Budget) -> bool:
    """Take one from the budget; False where nothing is left."""
    insert = insert_into(tx, budget)
    statement = (
        insert.values(kind=one.kind, key=one.key, window_start=one.window_start, count=1)
        .on_conflict_do_update(
            index_elements=[budget.c.kind, budget.c.key, budget.c.window_start],
            set_={"count": budget.c.count + 1},
            where=budget.c.count < one.limit,
        )
        .returning(budget.c.count)
    )
    return tx.execute(statement).first() is not None


def give_back(tx: Connection, one: Budget) -> None:
    """Undo one charge: it turned out not to be a failure."""
    tx.execute(update(budget).where(*_is(one), budget.c.count > 0).values(count=budget.c.count - 1))


def is_spent(tx: Connection, one: Budget) -> bool:
    count = tx.execute(select(budget.c.count).where(*_is(one))).scalar()
    return count is not None and count >= one.limit


def drop_old(tx: Connection, now: datetime) -> int:
    return tx.execute(delete(budget).where(budget.c.window_start < now - 2 * _DAY)).rowcount


def _is(one: Budget) -> tuple[ColumnElement[bool], ...]:
    return (
        budget.c.kind == one.kind,
        budget.c.key == one.key,
        budget.c.window_start == one.window_start,
    )

"""The rows of challenges: every step from open to tried to used is one conditional statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from privacy.store.tables.challenges import challenge as table

type State = Literal["live", "expired", "locked"]

# Places of sealed values.
TYPED, DESTINATION, SUBJECTS = "challenge.contact", "challenge.destination", "challenge.subjects"


@dataclass(frozen=True)
class Challenge:
    """One row, as far as the verbs need it."""

    id: str
    conversation: str
    resend_turn: str | None
    purpose: str
    act_key: str
    language: str
    contact: bytes
    budget_index: str
    destination: bytes | None
    destination_index: str
    subjects: bytes
    level: int
    code_hmac: str
    attempts: int
    max_attempts: int
    sends: int
    sent_at: datetime
    expires_at: datetime

    @property
    def tries_left(self) -> int:
        return self.max_attempts - self.attempts

    def state(self, now: datetime) -> State:
        if self.tries_left == 0:
            return "locked"
        return "expired" if self.expires_at <= now else "live"


_COLUMNS = tuple(table.c[name] for name in Challenge.__dataclass_fields__)


def add(tx: Connection, made: Challenge, turn: str) -> None:
    values = {name: getattr(made, name) for name in Challenge.__dataclass_fields__}
    tx.execute(insert(table).values(turn=turn, created_at=made.sent_at, **values))


def of_turn(tx: Connection, conversation: str, turn: str) -> Challenge | None:
    """The challenge that this turn began."""
    return _one(
        tx.execute(
            select(*_COLUMNS).where(table.c.conversation == conversation, table.c.turn == turn)
        ).first()
    )


def open_one(tx: Connection, conversation: str) -> Challenge | None:
    """The challenge that is neither used nor replaced, even if it is expired or locked."""
    return _one(tx.execute(select(*_COLUMNS).where(*_is_open(conversation))).first())


def charge_attempt(tx: Connection, conversation: str, now: datetime) -> Challenge | None:
    """Count an attempt before anything is compared; None where no challenge may be tried."""
    statement = (
        update(table)
        .where(
            *_is_open(conversation),
            table.c.attempts < table.c.max_attempts,
            table.c.expires_at > now,
        )
        .values(attempts=table.c.attempts + 1)
        .returning(*_COLUMNS)
    )
    return _one(tx.execute(statement).first())


def burn(tx: Connection, tried: Challenge, now: datetime) -> bool:
    """Use the challenge up; False where it was used, replaced or given another code in the meantime."""
    statement = (
        update(table)
        .where(
            table.c.id == tried.id,
            table.c.used_at.is_(None),
            table.c.replaced_at.is_(None),
            table.c.code_hmac == tried.code_hmac,
        )
        .values(used_at=now)
        .returning(table.c.id)
    )
    return tx.execute(statement).first() is not None


def give_new_code(
    tx: Connection, seen: Challenge, *, code_hmac: str, turn: str, now: datetime, until: datetime
) -> Challenge | None:
    """Replace the code, keeping the count of attempts; None where the challenge changed since it was seen."""
    statement = (
        update(table)
        .where(
            table.c.id == seen.id,
            table.c.sends == seen.sends,
            table.c.used_at.is_(None),
            table.c.replaced_at.is_(None),
            table.c.attempts < table.c.max_attempts,
        )
        .values(
            code_hmac=code_hmac,
            resend_turn=turn,
            sends=table.c.sends + 1,
            sent_at=now,
            expires_at=until,
        )
        .returning(*_COLUMNS)
    )
    return _one(tx.execute(statement).first())


def replace_open(tx: Connection, conversation: str, now: datetime) -> None:
    tx.execute(update(table).where(*_is_open(conversation)).values(replaced_at=now))


def drop_ended(tx: Connection, before: datetime) -> int:
    ended_at = func.coalesce(table.c.used_at, table.c.replaced_at, table.c.expires_at)
    return tx.execute(delete(table).where(ended_at < before)).rowcount


def _is_open(conversation: str) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.conversation == conversation,
        table.c.used_at.is_(None),
        table.c.replaced_at.is_(None),
    )


def _one(row: Row[tuple[object, ...]] | None) -> Challenge | None:
    return None if row is None else Challenge(**row._asdict())

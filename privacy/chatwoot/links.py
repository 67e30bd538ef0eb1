"""Which conversation is which at Chatwoot, in rows: what is due, who has it in hand, how far each side has been told.

A row is taken by one conditional update and held by a lease, so that of several processes one tells a thing, and one
that dies holds nothing up for long.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    literal,
    or_,
    select,
    update,
)

from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.chatwoot import chatwoot_conversation as table
from privacy.store.tables.conversations import left_message, message
from privacy.store.tables.handoff import hand_over
from privacy.store.upserts import insert_into

SOURCE: Final = "chatwoot_conversation.sealed_source"
LEASE: Final = timedelta(minutes=2)
_AT_ONCE: Final = 100
CARRIED: Final = ("customer", "bot", "agent")
"""Whose words are told there."""


class LeaseLost(Exception):
    """Somebody else has the conversation in hand now."""


@dataclass(frozen=True, slots=True)
class Link:
    """A conversation in hand."""

    conversation: str
    source: str
    number: int | None
    hand_over: str | None
    told_to: int
    left_told: datetime | None
    heard_to: int
    assignee: int | None
    is_resolved: bool
    failures: int
    lease: str

    def with_(self, **changes: Any) -> "Link":
        """As it is after a change."""
        return replace(self, **changes)

    def __repr__(self) -> str:
        return f"Link({self.conversation!r}, {self.number})"


class Links:
    """All rows."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    def due(self) -> list[str]:
        """Conversations that have something to tell or to hear, some of many."""
        now = self._clock.now()
        free = or_(table.c.leased_until.is_(None), table.c.leased_until <= now)
        time_to_look = table.c.look_at <= now
        with self._database.read() as tx:
            waiting = tx.execute(
                select(hand_over.c.conversation)
                .outerjoin(table, table.c.conversation == hand_over.c.conversation)
                .where(
                    hand_over.c.ended_at.is_(None),
                    or_(
                        table.c.conversation.is_(None),
                        and_(free, or_(time_to_look, and_(table.c.failures == 0, _has_news()))),
                    ),
                )
                .order_by(hand_over.c.asked_at)
                .limit(_AT_ONCE)
            ).scalars()
            others = tx.execute(
                select(table.c.conversation)
                .where(free, or_(time_to_look, and_(table.c.failures == 0, _is_over())))
                .order_by(table.c.look_at)
                .limit(_AT_ONCE)
            ).scalars()
            return list(dict.fromkeys([*waiting, *others]))

    def take(self, conversation: str) -> Link | None:
        """Take one in hand; None where somebody else has it."""
        now, lease = self._clock.now(), str(uuid.uuid4())
        with self._database.write() as tx:
            tx.execute(
                insert_into(tx, table).values(self._fresh(conversation)).on_conflict_do_nothing()
            )
            row = tx.execute(
                update(table)
                .where(
                    table.c.conversation == conversation,
                    or_(table.c.leased_until.is_(None), table.c.leased_until <= now),
                )
                .values(lease=lease, leased_until=now + LEASE, look_at=now + LEASE)
                .returning(table)
            ).one_or_none()
        if row is None:
            return None
        return Link(
            conversation=conversation,
            source=self._keyring.open(row.sealed_source, SOURCE),
            number=row.number,
            hand_over=row.hand_over,
            told_to=row.told_to,
            left_told=row.left_told,
            heard_to=row.heard_to,
            assignee=row.assignee,
            is_resolved=row.is_resolved,
            failures=row.failures,
            lease=lease,
        )

    def keep(self, link: Link, **changes: Any) -> None:
        """Write down how far things are; the lease begins anew. Raises LeaseLost."""
        changes["leased_until"] = self._clock.now() + LEASE
        if "heard_to" in changes:
            # Where it rang while it was in hand, what rang may have come after we looked: read it again.
            rang = table.c.look_at <= self._clock.now()
            changes["heard_to"] = case((rang, table.c.heard_to), else_=changes["heard_to"])
        with self._database.write() as tx:
            self._change(tx, link, **changes)

    def let_go(self, link: Link, look_in: timedelta | None, *, failures: int = 0) -> None:
        """Out of hand; to be looked at again after a while, or (None) when it rings. Nothing where it was lost."""
        now = self._clock.now()
        mine = and_(table.c.conversation == link.conversation, table.c.lease == link.lease)
        later = None if look_in is None else now + look_in
        planned = literal(later, table.c.look_at.type)
        # It may have rung while it was in hand, and what rang may have come after we looked.
        rang = case((table.c.look_at <= now, table.c.look_at), else_=planned)
        with self._database.write() as tx:
            tx.execute(
                update(table)
                .where(mine)
                .values(
                    lease=None,
                    leased_until=None,
                    failures=failures,
                    look_at=planned if failures else rang,
                )
            )

    def start_anew(self, link: Link) -> None:
        """Their conversation is gone: whatever is said from now on goes into a new one. Raises LeaseLost."""
        fresh = self._fresh(link.conversation)
        del fresh["conversation"]
        with self._database.write() as tx:
            self._change(tx, link, **fresh)

    def ring(self, number: int, before: int | None) -> bool:
        """There is news of their conversation with this number; `before`: of one message there, to be read (again).

        False where the conversation is none of ours.
        """
        ours = table.c.number == number
        with self._database.write() as tx:
            if before is not None:
                older = and_(ours, table.c.heard_to >= before)
                tx.execute(update(table).where(older).values(heard_to=before - 1))
            rung = update(table).where(ours).values(look_at=self._clock.now())
            return bool(tx.execute(rung).rowcount)

    # ---- Inside ----------------------------------------------------------------------------------------

    def _fresh(self, conversation: str) -> dict[str, Any]:
        return {
            "conversation": conversation,
            "sealed_source": self._keyring.seal(str(uuid.uuid4()), SOURCE),
            "number": None,
            "hand_over": None,
            "told_to": 0,
            "left_told": None,
            "heard_to": 0,
            "assignee": None,
            "is_resolved": False,
            "failures": 0,
            "look_at": self._clock.now(),
        }

    @staticmethod
    def _change(tx: Connection, link: Link, **changes: Any) -> None:
        kept = tx.execute(
            update(table)
            .where(table.c.conversation == link.conversation, table.c.lease == link.lease)
            .values(**changes)
        ).rowcount
        if not kept:
            raise LeaseLost


def _has_news() -> ColumnElement[bool]:
    """Of an open hand-over: it is not known there, or something was said that they have not been told."""
    said = exists().where(
        message.c.conversation == table.c.conversation,
        message.c.id > table.c.told_to,
        message.c.author.in_(CARRIED),
    )
    left = exists().where(
        left_message.c.conversation == table.c.conversation,
        or_(table.c.left_told.is_(None), left_message.c.created_at > table.c.left_told),
    )
    return or_(
        table.c.hand_over.is_distinct_from(hand_over.c.id),
        and_(is_listened_to(), said),
        left,
    )


def is_listened_to() -> ColumnElement[bool]:
    """What somebody says to the bot after they left a message is between them until a person takes it."""
    return or_(hand_over.c.mode == "live", hand_over.c.agent.is_not(None))


def _is_over() -> ColumnElement[bool]:
    """It is open there for a hand-over that has ended here."""
    return and_(
        table.c.hand_over.is_not(None),
        ~exists().where(hand_over.c.id == table.c.hand_over, hand_over.c.ended_at.is_(None)),
    )

"""The queue of conversations, a page at a time: who waits for a person, longest first or by the clock of the law.

Pages begin after a position and not after a number of rows, so a page deep in ten thousand costs what the first one does
(and nobody is skipped while the queue moves).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, literal, or_, select

from privacy.clock import Clock
from privacy.conversations.sessions import channel_of
from privacy.handoff.hand_overs import Mode, Why
from privacy.store.database import Database
from privacy.store.tables.agents import agent as agents
from privacy.store.tables.handoff import hand_over as table
from privacy.store.tables.requests import request

type View = Literal["waiting", "mine", "others", "left", "snoozed"]
type Order = Literal["wait", "clock"]

VIEWS: Final[tuple[View, ...]] = ("waiting", "mine", "others", "left", "snoozed")
PAGE: Final = 50
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in the queue; nothing in it is personal."""

    conversation: str
    channel: str
    reason: Why
    mode: Mode
    agent: str | None
    agent_name: str
    asked_at: datetime
    waiting_since: datetime | None
    snoozed_until: datetime | None
    due_at: datetime | None
    """When the first open request of this conversation is due by the strictest law."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where the next page begins; "" where there is none."""

    rows: tuple[Row, ...]
    next: str


class Queue:
    """Reads the queue."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def page(self, view: View, who: str, order: Order = "wait", after: str = "") -> Page:
        """One page of a view as it looks for one agent. A position that cannot be read begins at the front."""
        now = self._clock.now()
        with self._database.read() as tx:
            rows = self._rows(tx, view, who, order, _position(after), now)
        more = len(rows) > PAGE
        shown = rows[:PAGE]
        return Page(
            tuple(_row(row) for row in shown),
            _written(shown[-1]) if more else "",
        )

    def counts(self, who: str) -> Mapping[View, int]:
        """How many are in each view."""
        now = self._clock.now()
        with self._database.read() as tx:
            return {
                view: int(
                    tx.execute(
                        select(func.count()).select_from(table).where(_in_view(view, who, now))
                    ).scalar_one()
                )
                for view in VIEWS
            }

    @staticmethod
    def _rows(
        tx: Connection,
        view: View,
        who: str,
        order: Order,
        after: tuple[datetime, str] | None,
        now: datetime,
    ) -> list[RowMapping]:
        due = (
            select(func.min(request.c.due_at))
            .where(request.c.conversation == table.c.conversation, request.c.closed_at.is_(None))
            .scalar_subquery()
        )
        wait = func.coalesce(table.c.waiting_since, table.c.asked_at, type_=table.c.asked_at.type)
        last = literal(_LAST, table.c.asked_at.type)
        place = wait if order == "wait" else func.coalesce(due, last, type_=table.c.asked_at.type)
        found = (
            select(
                table,
                agents.c.name.label("agent_name"),
                due.label("due_at"),
                place.label("place"),
            )
            .outerjoin(agents, agents.c.id == table.c.agent)
            .where(_in_view(view, who, now))
            .order_by(place, table.c.id)
            .limit(PAGE + 1)
        )
        if after is not None:
            at, key = after
            found = found.where(or_(place > at, and_(place == at, table.c.id > key)))
        return list(tx.execute(found).mappings())


def _in_view(view: View, who: str, now: datetime) -> ColumnElement[bool]:
    is_open = table.c.ended_at.is_(None)
    snoozed = table.c.snoozed_until > now
    awake = or_(table.c.snoozed_until.is_(None), table.c.snoozed_until <= now)
    if view == "waiting":
        return and_(is_open, table.c.agent.is_(None), table.c.mode == "live")
    if view == "left":
        return and_(is_open, table.c.agent.is_(None), table.c.mode == "left")
    if view == "mine":
        return and_(is_open, table.c.agent == who, awake)
    if view == "snoozed":
        return and_(is_open, table.c.agent == who, snoozed)
    return and_(is_open, table.c.agent.is_not(None), table.c.agent != who)


def _row(row: RowMapping) -> Row:
    due = row["due_at"]
    return Row(
        conversation=row["conversation"],
        channel=channel_of(row["conversation"]),
        reason=row["reason"],
        mode=row["mode"],
        agent=row["agent"],
        agent_name=row["agent_name"] or "",
        asked_at=row["asked_at"],
        waiting_since=row["waiting_since"],
        snoozed_until=row["snoozed_until"],
        due_at=due,
    )


def _written(row: RowMapping) -> str:
    return f"{row['place'].timestamp():.6f}~{row['id']}"


def _position(text: str) -> tuple[datetime, str] | None:
    at, _, key = text.partition("~")
    try:
        return datetime.fromtimestamp(float(at), UTC), key
    except (ValueError, OverflowError, OSError):
        return None

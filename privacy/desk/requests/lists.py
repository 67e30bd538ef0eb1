"""Requests and tasks of the desk, a page at a time: by the clock of the law, by waiting time, by state, by who has them.

Pages begin after a position, as in `privacy.desk.queue`. What is counted is counted up to a hundred and no further, so a
page costs the same with a hundred requests and with a hundred thousand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    RowMapping,
    Select,
    Tuple,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union,
)

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, check_permitted
from privacy.clock import Clock
from privacy.desk.errors import TaskUnknown
from privacy.fulfilment.tasks.tasks import KINDS, OUTLIVING
from privacy.requests import Reason, State, Status, status_of
from privacy.store.database import Database
from privacy.store.tables.agents import agent
from privacy.store.tables.decisions import proposal
from privacy.store.tables.fulfilment import task
from privacy.store.tables.requests import request

type View = Literal[
    "open", "overdue", "person", "proposals", "mine", "snoozed", "checking_identity", "in_progress",
    "waiting_for_customer", "scheduled", "decided", "all",
]  # fmt: skip
type Order = Literal["clock", "wait"]
type TaskView = Literal["waiting", "mine", "others", "snoozed"]

VIEWS: Final[tuple[View, ...]] = (
    "open", "overdue", "person", "proposals", "mine", "snoozed", "checking_identity", "in_progress",
    "waiting_for_customer", "scheduled", "decided", "all",
)  # fmt: skip
TASK_VIEWS: Final[tuple[TaskView, ...]] = ("waiting", "mine", "others", "snoozed")
PAGE: Final = 50
MOST: Final = 100  # a count that says "99+" costs no more than a page
_STATES: Final[Mapping[str, tuple[State, ...]]] = {
    "checking_identity": (State.CHECKING_IDENTITY,),
    "in_progress": (State.RECEIVED, State.IN_PROGRESS, State.COMMITTED),
    "waiting_for_customer": (State.WAITING_FOR_CUSTOMER,),
    "scheduled": (State.SCHEDULED,),
}
_UNCOUNTED: Final = frozenset({"decided", "all"})


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request in a list; nothing in it is personal."""

    reference: str
    kind: str
    status: Status
    reason: Reason | None
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None
    open_tasks: int
    is_proposed: bool
    """Something waits for a second person."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task in a list; what it says is read by whoever has it."""

    id: str
    kind: str
    why: str
    system: str | None
    reference: str
    request_kind: str
    created_at: datetime
    due_at: datetime
    taken_by: str | None
    taken_by_name: str
    snoozed_until: datetime | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Page[Row]:
    """Some rows, and where the next page begins; "" where there is none."""

    rows: tuple[Row, ...]
    next: str


class Lists:
    """Reads lists."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def requests(
        self, view: View, who: Agent, order: Order = "clock", after: str = ""
    ) -> Page[RequestRow]:
        """One page of a view as it looks for one person. A position that cannot be read begins at the front.

        What is decided, and all of it, begins with the newest. Raises NotAllowed.
        """
        check_permitted(who.role, Act.READ_REQUESTS)
        place, falls = _place(view, order)
        found = select(request, place.label("place")).where(self._in_view(view, who))
        found = found.order_by(
            *((place.desc(), request.c.id.desc()) if falls else (place, request.c.id))
        )
        if begin := _position(after):
            here, there = tuple_(place, request.c.id), _bound(begin)
            found = found.where(here < there if falls else here > there)
        with self._database.read() as tx:
            rows = list(tx.execute(found.limit(PAGE + 1)).mappings())
            shown = rows[:PAGE]
            open_tasks, proposed = _marks(tx, [row["id"] for row in shown])
        return Page(
            tuple(
                _request_row(row, open_tasks.get(row["id"], 0), row["id"] in proposed)
                for row in shown
            ),
            _written(shown[-1]) if len(rows) > PAGE else "",
        )

    def tasks(self, view: TaskView, who: Agent, after: str = "") -> Page[TaskRow]:
        """One page of tasks, what is due first comes first. Raises NotAllowed."""
        check_permitted(who.role, Act.READ_REQUESTS)
        found = _task_rows().where(self._tasks_in(view, who)).order_by(task.c.due_at, task.c.id)
        if begin := _position(after):
            found = found.where(tuple_(task.c.due_at, task.c.id) > _bound(begin))
        with self._database.read() as tx:
            rows = list(tx.execute(found.limit(PAGE + 1)).mappings())
        shown = rows[:PAGE]
        return Page(
            tuple(task_row(row) for row in shown), _written(shown[-1]) if len(rows) > PAGE else ""
        )

    def task(self, task_id: str, who: Agent) -> TaskRow:
        """One task as it stands in a list. Raises NotAllowed, TaskUnknown."""
        check_permitted(who.role, Act.READ_REQUESTS)
        with self._database.read() as tx:
            found = _task_rows().where(task.c.id == task_id)
            row = tx.execute(found).mappings().one_or_none()
        if row is None:
            raise TaskUnknown("no such task")
        return task_row(row)

    def counts(self, who: Agent) -> Mapping[str, int]:
        """How many requests are in each view, up to MOST; not of those that only grow. Raises NotAllowed."""
        check_permitted(who.role, Act.READ_REQUESTS)
        with self._database.read() as tx:
            return {
                view: _bounded(tx, request, self._in_view(view, who))
                for view in VIEWS
                if view not in _UNCOUNTED
            }

    def task_counts(self, who: Agent) -> Mapping[TaskView, int]:
        """How many tasks are in each view, up to MOST. Raises NotAllowed."""
        check_permitted(who.role, Act.READ_REQUESTS)
        joined = task.join(request)
        with self._database.read() as tx:
            return {view: _bounded(tx, joined, self._tasks_in(view, who)) for view in TASK_VIEWS}

    # ---- Inside ----------------------------------------------------------------------------------------

    def _in_view(self, view: View, who: Agent) -> ColumnElement[bool]:
        is_open = request.c.closed_at.is_(None)
        now = self._clock.now()
        if view == "all":
            return request.c.retired_at.is_(None)
        if view == "decided":
            return request.c.closed_at.is_not(None)
        if view == "overdue":
            return and_(is_open, request.c.due_at < now)
        if view == "person":
            return and_(is_open, request.c.id.in_(_waiting_for_person()))
        if view == "proposals":
            waiting = select(proposal.c.request).where(proposal.c.state == "open")
            return and_(is_open, request.c.id.in_(waiting))
        if view in ("mine", "snoozed"):
            own = select(task.c.request).where(
                task.c.taken_by == who.id, task.c.state == "open", _sleeps(view == "snoozed", now)
            )
            return and_(is_open, request.c.id.in_(own))
        if states := _STATES.get(view):
            return and_(is_open, request.c.state.in_([state.value for state in states]))
        return is_open

    def _tasks_in(self, view: TaskView, who: Agent) -> ColumnElement[bool]:
        wanted = and_(
            task.c.state == "open",
            or_(request.c.closed_at.is_(None), task.c.kind.in_(OUTLIVING)),
        )
        now = self._clock.now()
        if view == "waiting":
            return and_(wanted, task.c.taken_by.is_(None))
        if view == "others":
            return and_(wanted, task.c.taken_by.is_not(None), task.c.taken_by != who.id)
        return and_(wanted, task.c.taken_by == who.id, _sleeps(view == "snoozed", now))


def tasks_of(tx: Connection, request_id: str) -> list[TaskRow]:
    """The open tasks of one request, as in a list."""
    found = _task_rows().where(task.c.request == request_id, task.c.state == "open")
    return [task_row(row) for row in tx.execute(found.order_by(task.c.due_at)).mappings()]


def task_row(row: RowMapping) -> TaskRow:
    """A task as it stands in a list."""
    return TaskRow(
        id=row["id"],
        kind=row["kind"],
        why=KINDS.get(row["kind"], row["kind"].replace("_", " ")),
        system=row["system"],
        reference=row["reference"],
        request_kind=row["request_kind"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        taken_by=row["taken_by"],
        taken_by_name=row["taken_by_name"] or "",
        snoozed_until=row["snoozed_until"],
        is_open=row["state"] == "open" and (row["closed_at"] is None or row["kind"] in OUTLIVING),
    )


def _task_rows() -> Select[tuple[object, ...]]:
    return (
        select(
            task,
            task.c.due_at.label("place"),
            request.c.reference,
            request.c.closed_at,
            request.c.kind.label("request_kind"),
            agent.c.name.label("taken_by_name"),
        )
        .join(request, request.c.id == task.c.request)
        .outerjoin(agent, agent.c.id == task.c.taken_by)
    )


def _waiting_for_person() -> CompoundSelect[tuple[str]]:
    """Requests with a task that holds them up, those of which nobody knows who asks, and those with a proposal."""
    return union(
        select(task.c.request).where(task.c.state == "open", task.c.kind.not_in(OUTLIVING)),
        select(request.c.id).where(
            request.c.closed_at.is_(None), request.c.state == State.CHECKING_IDENTITY.value
        ),
        select(proposal.c.request).where(proposal.c.state == "open"),
    )


def _sleeps(is_asleep: bool, now: datetime) -> ColumnElement[bool]:
    if is_asleep:
        return task.c.snoozed_until > now
    return or_(task.c.snoozed_until.is_(None), task.c.snoozed_until <= now)


def _place(view: View, order: Order) -> tuple[Column[datetime], bool]:
    """By which moment a view is ordered, and whether it falls."""
    if view == "decided":
        return request.c.closed_at, True
    if view == "all":
        return request.c.received_at, True
    return (request.c.due_at if order == "clock" else request.c.received_at), False


def _bounded(tx: Connection, source: FromClause, condition: ColumnElement[bool]) -> int:
    some = select(literal_column("1")).select_from(source).where(condition).limit(MOST).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one())


def _marks(tx: Connection, ids: Sequence[str]) -> tuple[dict[str, int], set[str]]:
    """How many tasks each of these requests has open, and for which something is proposed."""
    counted = tx.execute(
        select(task.c.request, func.count())
        .where(task.c.request.in_(ids), task.c.state == "open")
        .group_by(task.c.request)
    )
    proposed = tx.execute(
        select(proposal.c.request).where(proposal.c.request.in_(ids), proposal.c.state == "open")
    )
    return {row[0]: row[1] for row in counted}, set(proposed.scalars())


def _request_row(row: RowMapping, open_tasks: int, is_proposed: bool) -> RequestRow:
    return RequestRow(
        reference=row["reference"],
        kind=row["kind"],
        status=status_of(State(row["state"])),
        reason=Reason(row["reason"]) if row["reason"] else None,
        received_at=row["received_at"],
        due_at=row["due_at"],
        closed_at=row["closed_at"],
        open_tasks=open_tasks,
        is_proposed=is_proposed,
    )


_MOMENT: Final = "%Y%m%dT%H%M%S%f"


def _written(row: RowMapping) -> str:
    at: datetime = row["place"]
    return f"{at.astimezone(UTC).strftime(_MOMENT)}~{row['id']}"


def _bound(position: tuple[datetime, str]) -> Tuple:
    """Compared as one: along an index, which two comparisons joined by "or" would not be."""
    at, key = position
    return tuple_(literal(at, request.c.due_at.type), literal(key))


def _position(text: str) -> tuple[datetime, str] | None:
    at, _, key = text.partition("~")
    try:
        return datetime.strptime(at, _MOMENT).replace(tzinfo=UTC), key
    except ValueError:
        return None

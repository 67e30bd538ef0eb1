"""What filing tells its callers: what was filed, and how a request stands."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping

from privacy.requests import Reason, State, Status, status_of


@dataclass(frozen=True, slots=True)
class Filed:
    """What filing led to.

    `already_open`: there was one, and it is shown. `differs`: it has other details than asked for
    now, and they were not taken over.
    """

    reference: str
    kind: str
    state: State
    due_at: datetime
    received_at: datetime
    already_open: bool
    differs: bool = False


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as its customer may see it; `request_id` is for `history` and logs, never shown."""

    reference: str
    kind: str
    status: Status
    reason: Reason | None
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None
    request_id: str


def view_of(row: RowMapping) -> RequestView:
    """The customer's view of a row of `request`."""
    return RequestView(
        reference=row["reference"],
        kind=row["kind"],
        status=status_of(State(row["state"])),
        reason=Reason(row["reason"]) if row["reason"] else None,
        received_at=row["received_at"],
        due_at=row["due_at"],
        closed_at=row["closed_at"],
        request_id=row["id"],
    )

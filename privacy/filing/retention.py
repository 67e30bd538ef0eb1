"""The end of a request's record: the one documented way by which its history may go.

The triggers of `request_event` let a row go only while its request bears `retired_at`, and the
table of requests lets only a closed request bear it. Mark, then delete, in one transaction.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from privacy import audit
from privacy.store.tables.requests import request, request_alias, request_deadline, request_event


def retire(tx: Connection, closed_before: datetime, at: datetime) -> int:
    """Delete all that is kept of requests closed before a moment; returns how many there were."""
    tx.execute(
        update(request)
        .where(request.c.closed_at < closed_before, request.c.retired_at.is_(None))
        .values(retired_at=at)
    )
    retired = select(request.c.id).where(request.c.retired_at.is_not(None))
    for table in (request_event, request_deadline, request_alias):
        tx.execute(delete(table).where(table.c.request.in_(retired)))
    gone = tx.execute(delete(request).where(request.c.retired_at.is_not(None))).rowcount
    if gone:
        audit.note(tx, actor="service", act="records.retired", data={"count": gone})
    return gone

"""Which conversation may open what of which request: noted in the moment when a fresh code was given for it.

A note is no proof: whoever shows data asks besides whether the conversation still has one (`Verification.proven`), and
whether the request is that person's.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from privacy import audit
from privacy.store.tables.fulfilment import disclosure as table
from privacy.store.tables.requests import request as requests
from privacy.store.upserts import insert_into


def give(tx: Connection, conversation: str, reference: str, operation: str, now: datetime) -> None:
    """Note that a fresh code was given; the newest time counts. Nothing for a reference that nobody has."""
    found = tx.execute(select(requests.c.id).where(requests.c.reference == reference)).scalar()
    if found is None:
        return
    insert = insert_into(tx, table)
    row = {
        "conversation": conversation,
        "request": found,
        "operation": operation,
        "given_at": now,
    }
    tx.execute(
        insert.values(row).on_conflict_do_update(
            index_elements=["conversation", "request", "operation"], set_={"given_at": now}
        )
    )
    note(tx, found, operation)


def note(tx: Connection, request: str, operation: str) -> None:
    """Write down that what is held may be seen now: a code was given for it."""
    audit.note(
        tx, actor="customer", act="data.shown", request=request, data={"operation": operation}
    )


def is_given(
    tx: Connection, conversation: str, reference: str, operation: str, since: datetime
) -> bool:
    """Was a code given in this conversation for this, not before `since`?"""
    found = (
        select(table.c.given_at)
        .join(requests, requests.c.id == table.c.request)
        .where(
            table.c.conversation == conversation,
            table.c.operation == operation,
            table.c.given_at >= since,
            requests.c.reference == reference,
        )
    )
    return tx.execute(found).first() is not None


def forget(tx: Connection, before: datetime) -> int:
    """Drop notes that open nothing any more; returns how many."""
    return tx.execute(delete(table).where(table.c.given_at < before)).rowcount

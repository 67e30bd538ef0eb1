"""What the audit says was done for one request: for its own customer's page. Reads rows; whether the chain is whole is
asked elsewhere (`verification`).
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from privacy.store.tables.audit import audit


@dataclass(frozen=True, slots=True)
class Done:
    """One act, and when."""

    at: datetime
    act: str
    data: Mapping[str, str | int]


def acts_of(tx: Connection, request: str, acts: Collection[str]) -> list[Done]:
    """These acts on a request, in the order in which they were done."""
    rows = tx.execute(
        select(audit.c.at, audit.c.act, audit.c.data)
        .where(audit.c.request == request, audit.c.act.in_(list(acts)))
        .order_by(audit.c.seq)
    )
    return [Done(row.at, row.act, json.loads(row.data)) for row in rows]

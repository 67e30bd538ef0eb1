"""What is done to the audit from time to time: its end is signed, and what is old enough forgotten."""

from datetime import datetime

import structlog

from privacy.audit.heads import HeadUnreadable
from privacy.audit.log import Audit, ChainBroken
from privacy.clock import Clock
from privacy.deadlines import add_months
from privacy.store.database import Database

log = structlog.get_logger()


class Upkeep:
    """Looks after one audit; safe to run as often as one likes."""

    def __init__(self, database: Database, audit: Audit, clock: Clock, months: int) -> None:
        """`months`: how long an entry is kept (policy: retention.audit_months)."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._months = months

    def tidy_up(self) -> int:
        """Sign the end of the chain and forget what is old enough; returns how many entries went.

        A chain that does not hold is told in the log, each time, and nothing is signed or forgotten.
        """
        now = self._clock.now()
        before = datetime.combine(add_months(now.date(), -self._months), now.timetz())
        try:
            with self._database.read() as tx:
                self._audit.sign_head(tx)
            with self._database.write() as tx:
                return self._audit.forget(tx, before)
        except ChainBroken as broken:
            log.error("audit_broken", count=len(broken.verdict.faults))
        except HeadUnreadable:
            log.error("audit_head_unreadable")
        return 0

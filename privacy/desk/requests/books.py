"""A request as every verb of the desk finds it: its row, locked in the order in which runs lock it, and the facts that
decide what is possible now.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, or_, select

from privacy.agents.accounts import Agent
from privacy.clock import Clock
from privacy.deadlines import extended_dates
from privacy.desk import verbs
from privacy.desk.verbs import Facts, How, Verb
from privacy.errors import RequestNotFound
from privacy.filing import ledger
from privacy.fulfilment.books.works import Works
from privacy.policy import Policy
from privacy.references import parse_reference
from privacy.requests import State
from privacy.store.tables.decisions import proposal
from privacy.store.tables.requests import request, request_alias, request_event


class Books:
    """Finds requests for the desk, in the caller's transaction."""

    def __init__(self, clock: Clock, policy: Policy, works: Works, zone: ZoneInfo) -> None:
        self._clock = clock
        self._policy = policy
        self._works = works
        self._zone = zone

    def find(self, tx: Connection, reference: str) -> RowMapping:
        """The request with this reference, or with this further one, as typed. Raises RequestNotFound."""
        parsed = parse_reference(reference)
        aliased = select(request_alias.c.request).where(request_alias.c.reference == parsed)
        found = parsed and (
            tx.execute(
                select(request).where(
                    or_(request.c.reference == parsed, request.c.id.in_(aliased)),
                    request.c.retired_at.is_(None),
                )
            )
            .mappings()
            .one_or_none()
        )
        if not found:
            raise RequestNotFound("no request with this reference")
        return found

    def lock(self, tx: Connection, reference: str) -> RowMapping:
        """The same, to change it: no run of it begins or ends until the transaction does. Raises RequestNotFound."""
        request_id = self.find(tx, reference)["id"]
        self._works.hold(tx, request_id)
        found = select(request).where(request.c.id == request_id).with_for_update()
        return tx.execute(found).mappings().one()

    def check(self, tx: Connection, row: RowMapping, verb: Verb, who: Agent) -> How:
        """Raises what `verbs.check` does."""
        return verbs.check(verb, self.facts(tx, row), who.role, who.id)

    def extended_until(self, row: RowMapping) -> datetime | None:
        """How far an extension would move its date; None where none is offered."""
        dates = extended_dates(self._policy, row["kind"], row["received_at"], self._zone)
        return dates.promise if dates else None

    def facts(self, tx: Connection, row: RowMapping, *, proposed: bool = True) -> Facts:
        """What decides; `proposed` False leaves an open proposal out, for what it proposes."""
        waits_until: datetime | None = self._works.waits_until(tx, row["id"])
        extended = select(request_event.c.seq).where(
            request_event.c.request == row["id"], request_event.c.event == ledger.EXTENDED
        )
        proposed_by = tx.execute(
            select(proposal.c.proposed_by).where(
                proposal.c.request == row["id"], proposal.c.state == "open"
            )
        ).scalar()
        return Facts(
            state=State(row["state"]),
            due_at=row["due_at"],
            now=self._clock.now(),
            is_refusable=bool(self._policy.decisions.refusals_for(row["kind"])),
            is_extendable=self.extended_until(row) is not None,
            is_extended=tx.execute(extended.limit(1)).first() is not None,
            waits_until=waits_until,
            proposed_by=proposed_by if proposed else None,
            four_eyes=self._policy.decisions.four_eyes,
        )

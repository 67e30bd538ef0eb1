"""What one person wants decided and another one decides, in rows. Everything happens in the caller's transaction, after
the request itself was locked; the table refuses a second open one, and that somebody approves their own.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from privacy import audit
from privacy.agents.accounts import Agent
from privacy.clock import Clock
from privacy.decisions import Decision
from privacy.desk.errors import NoProposal
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.store.tables.decisions import proposal as table

NOTE: Final = "proposal.sealed_note"
ANSWER: Final = "proposal.sealed_answer"
LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal; `note` and `answer` are for colleagues and may be personal."""

    id: str
    decision: Decision
    reason: str
    note: str
    by: str
    by_name: str
    at: datetime
    state: str
    answer: str
    decided_by: str | None

    def __repr__(self) -> str:
        return f"Proposal({self.id!r}, {self.decision}, {self.state})"


class Proposals:
    """Keeps proposals."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock

    def sent(self, tx: Connection, request: str, who: Agent, client_id: str) -> bool:
        """Whether this person has proposed this very thing before."""
        own = select(table.c.id).where(
            table.c.request == request,
            table.c.proposed_by == who.id,
            table.c.client_id == client_id[:64],
        )
        return tx.execute(own).first() is not None

    def add(
        self,
        tx: Connection,
        request: str,
        decision: Decision,
        reason: str,
        note: str,
        who: Agent,
        client_id: str,
    ) -> None:
        """Propose it. Raises sqlalchemy.exc.IntegrityError where another one is open."""
        words = note.strip()[:LONGEST]
        tx.execute(
            insert(table).values(
                id=str(uuid.uuid4()),
                request=request,
                decision=decision,
                reason=reason,
                sealed_note=self._keyring.seal(words, NOTE) if words else None,
                client_id=client_id[:64],
                proposed_by=who.id,
                proposed_at=self._clock.now(),
                state="open",
            )
        )
        _note(tx, "proposed", who, request, {"operation": decision, "why": reason})

    def open_one(self, tx: Connection, request: str) -> Proposal | None:
        """What waits to be decided about a request."""
        found = _all().where(table.c.request == request, table.c.state == "open")
        row = tx.execute(found).mappings().one_or_none()
        return None if row is None else self._read(row)

    def get(self, tx: Connection, request: str, proposal: str) -> Proposal:
        """Raises NoProposal."""
        found = _all().where(table.c.request == request, table.c.id == proposal)
        row = tx.execute(found).mappings().one_or_none()
        if row is None:
            raise NoProposal("no such proposal")
        return self._read(row)

    def of(self, tx: Connection, request: str) -> list[Proposal]:
        """Every proposal about a request, the newest first."""
        found = _all().where(table.c.request == request).order_by(table.c.proposed_at.desc())
        return [self._read(row) for row in tx.execute(found).mappings().all()]

    def end(
        self, tx: Connection, request: str, one: Proposal, state: str, who: Agent, words: str = ""
    ) -> None:
        """Decide about it. Raises NoProposal where it is not open any more."""
        answer = words.strip()[:LONGEST]
        ended = tx.execute(
            update(table)
            .where(table.c.id == one.id, table.c.state == "open")
            .values(
                state=state,
                decided_by=who.id,
                decided_at=self._clock.now(),
                sealed_answer=self._keyring.seal(answer, ANSWER) if answer else None,
            )
        ).rowcount
        if not ended:
            raise NoProposal("it was decided a moment ago")
        _note(tx, state, who, request, {"operation": one.decision, "why": one.reason})

    def overtake(self, tx: Connection, request: str) -> None:
        """The request is closed: nothing is to be decided any more."""
        tx.execute(
            update(table)
            .where(table.c.request == request, table.c.state == "open")
            .values(state="overtaken", decided_at=self._clock.now())
        )

    def _read(self, row: RowMapping) -> Proposal:
        note, answer = row["sealed_note"], row["sealed_answer"]
        return Proposal(
            id=row["id"],
            decision=row["decision"],
            reason=row["reason"],
            note="" if note is None else self._keyring.open(note, NOTE),
            by=row["proposed_by"],
            by_name=row["by_name"],
            at=row["proposed_at"],
            state=row["state"],
            answer="" if answer is None else self._keyring.open(answer, ANSWER),
            decided_by=row["decided_by"],
        )


def _all() -> Select[tuple[object, ...]]:
    return select(table, agent.c.name.label("by_name")).join(
        agent, agent.c.id == table.c.proposed_by
    )


def _note(tx: Connection, what: str, who: Agent, request: str, data: dict[str, str | int]) -> None:
    audit.note(tx, actor=who.actor, act=f"decision.{what}", request=request, data=data)

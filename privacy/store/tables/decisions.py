"""Decisions at the desk that two people make, and which values of a request somebody has looked at."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from privacy.store.schema import UtcDateTime, metadata

_IS_OPEN = text("state = 'open'")

# What one person wants done and another one approves. The table itself refuses that somebody approves their own.
proposal = Table(
    "proposal",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("request", ForeignKey("request.id"), nullable=False, index=True),
    Column("decision", String(20), nullable=False),  # refuse | extend
    Column("reason", String(40), nullable=False),  # key of the policy's list
    Column("sealed_note", LargeBinary),  # for the colleague who decides
    Column("client_id", String(64), nullable=False),
    Column("proposed_by", ForeignKey("agent.id"), nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    # open | approved | sent_back | withdrawn | overtaken: the request was closed meanwhile
    Column("state", String(10), nullable=False),
    Column("decided_by", ForeignKey("agent.id")),
    Column("decided_at", UtcDateTime),
    Column("sealed_answer", LargeBinary),  # why it was sent back
    UniqueConstraint("proposed_by", "client_id"),
    CheckConstraint(
        "state NOT IN ('approved', 'sent_back') OR "
        "(decided_by IS NOT NULL AND decided_by <> proposed_by)",
        name="four_eyes",
    ),
    Index(
        "uq_proposal_one_open",
        "request",
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    Index("ix_proposal_state", "state", "proposed_at"),
)

# Which hidden value of which request an agent has revealed, and why; shown to them for a while.
request_revealed = Table(
    "request_revealed",
    metadata,
    Column("agent", ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
    Column("request", ForeignKey("request.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(80), primary_key=True),  # contact | detail:… | who:… | task:…
    Column("reason", String(30), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

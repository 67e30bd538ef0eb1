"""Codes that were sent, what limits them, and what they proved.

A decoy (an unknown contact) is a row like any other: its destination is null and its fingerprint belongs to no
code. Contacts and subjects are sealed; rows are deleted a day after they ended.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    column,
)

from privacy.store.schema import UtcDateTime, metadata

challenge = Table(
    "challenge",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation", String(80), nullable=False),
    Column("turn", String(80), nullable=False),  # the customer's message that asked for it
    Column("resend_turn", String(80)),  # the one that asked for the code it has now
    Column("purpose", String(40), nullable=False),
    Column("act_key", String(80), nullable=False),
    Column("language", String(35), nullable=False),
    Column("contact", LargeBinary, nullable=False),  # as typed, normalised
    Column("budget_index", String(64), nullable=False),  # of the contact as typed
    Column("destination", LargeBinary),  # the contact on file; null: a decoy
    Column("destination_index", String(64), nullable=False),
    Column("subjects", LargeBinary, nullable=False),  # JSON list
    Column("level", Integer, nullable=False),  # what it can prove at most
    Column("code_hmac", String(64), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("sends", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
    Column("replaced_at", UtcDateTime),
    UniqueConstraint("conversation", "turn"),
    CheckConstraint("attempts >= 0 AND attempts <= max_attempts", name="attempts"),
    # A conversation has one open challenge: a guess is tried against exactly that one.
    Index(
        "uq_challenge_open",
        "conversation",
        unique=True,
        sqlite_where=column("used_at").is_(None) & column("replaced_at").is_(None),
        postgresql_where=column("used_at").is_(None) & column("replaced_at").is_(None),
    ),
)

budget = Table(
    "budget",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("window_start", UtcDateTime, primary_key=True),
    Column("count", Integer, nullable=False),
    Index("ix_budget_window_start", "window_start"),
)

proof = Table(
    "proof",
    metadata,
    Column("challenge", String(32), primary_key=True),  # the one that proved it: a code proves once
    Column("conversation", String(80), nullable=False, index=True),
    Column("contact", LargeBinary, nullable=False),  # the contact on file that received the code
    Column("contact_index", String(64), nullable=False),
    Column("subjects", LargeBinary, nullable=False),  # JSON list
    Column("purpose", String(40), nullable=False),
    Column("act_key", String(80), nullable=False),
    Column("level", Integer, nullable=False),
    Column("proven_at", UtcDateTime, nullable=False, index=True),
    Column("last_used_at", UtcDateTime, nullable=False),
)

"""Mails and text messages on their way out: one row each, written in the same transaction as what it tells about.

`next_attempt_at` is the only thing that makes a row due, and it doubles as a lease: who takes a row
moves it into the future. Rows that are finished have none, and hold nothing personal any more.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
)

from privacy.store.schema import UtcDateTime, metadata

mail = Table(
    "mail",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("dedupe_key", String(200), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("conversation", String(80)),
    Column("language", String(35), nullable=False),
    # Sealed; blanked (NULL) as soon as the mail is sent, bounced, expired, or known to be a decoy.
    Column("to_address", LargeBinary),
    Column("subject", LargeBinary),
    Column("body", LargeBinary),
    Column("message_id", String(320), nullable=False),
    Column("deliver", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    # When something is due for this row: sending it, or telling its conversation that it bounced.
    Column("next_attempt_at", UtcDateTime, index=True),
    Column("last_reply_code", Integer),  # of SMTP or HTTP
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("carrier", String(10), nullable=False, server_default="mail"),  # or "text"
    CheckConstraint("state IN ('waiting', 'sent', 'bounced', 'expired', 'decoy')", name="state"),
)

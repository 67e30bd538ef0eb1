"""Conversations and their messages; every text sealed, every row with an end."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
)

from privacy.store.schema import UtcDateTime, metadata

conversation = Table(
    "conversation",
    metadata,
    Column("id", String(80), primary_key=True),  # "<channel>:<opaque>", made by the server
    Column("channel", String(20), nullable=False),
    Column("language", String(8), nullable=False),
    # Keyed fingerprint of the session secret: the database alone opens no session.
    Column("session", String(64), nullable=False, unique=True),
    # After a rotation the former secret may repeat only the very message that caused it.
    Column("former_session", String(64), unique=True),
    Column("rotated_by", String(64)),
    Column("misunderstood", Integer, nullable=False, default=0, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False, index=True),
    # Keyed fingerprint of the key with which another device takes the conversation over, once.
    Column("move_key", String(64), index=True),
    Column("move_until", UtcDateTime),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation", ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    Column("author", String(10), nullable=False),  # customer | bot | agent | notice
    Column("body", LargeBinary, nullable=False),
    Column("client_id", String(64)),
    # customer only: how the service itself read it (a button, a code); otherwise Rasa reads the text.
    Column("reading", LargeBinary),
    Column(
        "state", String(10), nullable=False
    ),  # customer: received | asked | answered; others: said
    Column("expects", String(10)),  # bot only: code | contact | value | part | message
    Column("turn", Integer),  # others: the customer's message that this one answers
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("agent_name", String(80)),  # agent only: as the customer reads it
    # bot only: it tells what our systems hold, and is hidden at the desk until somebody reveals it.
    Column("is_personal", Boolean, nullable=False, default=False, server_default=false()),
    UniqueConstraint("conversation", "client_id"),
    Index("ix_message_conversation_id", "conversation", "id"),
    Index("ix_message_open", "state", "conversation"),
    sqlite_autoincrement=True,
)

choice = Table(
    "choice",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation", ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("label", LargeBinary, nullable=False),
    Column("reading", LargeBinary, nullable=False),
)

kept_value = Table(
    "kept_value",
    metadata,
    Column("conversation", ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    Column("token", String(20), primary_key=True),
    # Finds the token of a value typed twice, without opening the rows.
    Column("fingerprint", String(64), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("conversation", "fingerprint"),
)

left_message = Table(
    "left_message",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation", ForeignKey("conversation.id"), nullable=False),
    Column("turn", String(80), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    Column("way_to_answer", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

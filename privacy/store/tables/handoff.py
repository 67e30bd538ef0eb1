"""Hand-overs: which conversation waits for a person or is with one; what agents keep beside it."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from privacy.store.schema import UtcDateTime, metadata

_IS_OPEN = text("ended_at IS NULL")

# One row from the wish for a person until somebody hands the conversation back or closes it. Where a conversation has
# no open row the bot holds it; with one, the queue does until an agent takes it.
hand_over = Table(
    "hand_over",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("conversation", ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("mode", String(10), nullable=False),  # live | left: a message to be answered by mail
    Column("agent", ForeignKey("agent.id"), index=True),
    Column("asked_at", UtcDateTime, nullable=False),
    # Since when the customer waits for words of ours; NULL while we wait for theirs.
    Column("waiting_since", UtcDateTime),
    Column("claimed_at", UtcDateTime),
    Column("acted_at", UtcDateTime),  # the agent's newest act
    Column("snoozed_until", UtcDateTime),
    Column("sealed_answer_to", LargeBinary),  # contact to which answers go as well
    Column("version", Integer, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("outcome", String(20)),  # handed_back | taken_back | closed
    Index(
        "uq_hand_over_one_open",
        "conversation",
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    # All that the counts of the queue and the pulse of the desk read, so that both stay in the index.
    Index(
        "ix_hand_over_queue",
        *("agent", "mode", "snoozed_until", "version", "asked_at"),
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    Index("ix_hand_over_claims", "claimed_at"),
)

# What agents write for each other beside a conversation; customers never see it.
desk_note = Table(
    "desk_note",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation", ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    Column("agent", ForeignKey("agent.id")),  # NULL: Vera itself
    Column("client_id", String(64)),
    Column("sealed_text", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("conversation", "client_id"),
    Index("ix_desk_note_conversation_id", "conversation", "id"),
    sqlite_autoincrement=True,
)

# What an agent has begun to write and not sent.
reply_draft = Table(
    "reply_draft",
    metadata,
    Column("conversation", ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    Column("agent", ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed_text", LargeBinary, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

saved_reply = Table(
    "saved_reply",
    metadata,
    Column("name", String(40), primary_key=True),  # what is typed after the slash
    Column("text", String(2000), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Which hidden value of which message an agent has revealed, and why; shown to them for a while.
revealed = Table(
    "revealed",
    metadata,
    Column("agent", ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("reason", String(30), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# Which conversation an agent has before them, and when they last wrote there: colleagues are told of it.
desk_look = Table(
    "desk_look",
    metadata,
    Column("agent", ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "conversation",
        ForeignKey("conversation.id", ondelete="CASCADE"),
        index=True,
        nullable=False,
    ),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("wrote_at", UtcDateTime),
)

"""Which conversation is which at Chatwoot, and how far each side has been told."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table

from privacy.store.schema import UtcDateTime, metadata

chatwoot_conversation = Table(
    "chatwoot_conversation",
    metadata,
    Column("conversation", ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    # The contact's id in their API inbox, made by us. Sealed: whoever knows it can read the conversation there.
    Column("sealed_source", LargeBinary, nullable=False),
    Column("number", Integer, unique=True),  # of the conversation there; NULL: not made yet
    Column("hand_over", String(36)),  # for which it is open there; NULL: for none
    Column("told_to", Integer, nullable=False),  # our newest message that they have
    Column("left_told", UtcDateTime),  # when the newest left message that they have was left
    Column("heard_to", BigInteger, nullable=False),  # their newest message that we have
    Column("assignee", BigInteger),  # whom it was assigned to when we looked
    Column("is_resolved", Boolean, nullable=False),  # there, when we looked
    Column("failures", Integer, nullable=False),  # in a row
    Column("look_at", UtcDateTime, index=True),  # when to look again; NULL: when it rings
    Column("lease", String(36)),  # of the process that has it in hand
    Column("leased_until", UtcDateTime),
)

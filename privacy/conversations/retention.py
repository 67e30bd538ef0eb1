"""Forgetting: conversations, values, messages for a person and what agents wrote beside them go when the policy says so."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from privacy.policy import Retention
from privacy.store.tables.conversations import conversation, kept_value, left_message, message
from privacy.store.tables.fulfilment import announcement
from privacy.store.tables.handoff import desk_note, hand_over, reply_draft
from privacy.store.tables.requests import draft


def forget(tx: Connection, now: datetime, retention: Retention) -> int:
    """Delete what is past its time; returns how many rows went. Requests have a retention of their own."""
    lines = now - timedelta(days=retention.transcript_days)
    values = now - timedelta(days=retention.values_days)
    gone = tx.execute(delete(left_message).where(left_message.c.created_at < lines)).rowcount
    gone += tx.execute(delete(message).where(message.c.created_at < lines)).rowcount
    gone += tx.execute(delete(desk_note).where(desk_note.c.created_at < lines)).rowcount
    gone += tx.execute(delete(reply_draft).where(reply_draft.c.updated_at < lines)).rowcount
    gone += tx.execute(delete(hand_over).where(hand_over.c.ended_at < lines)).rowcount
    gone += tx.execute(delete(kept_value).where(kept_value.c.created_at < values)).rowcount
    gone += tx.execute(delete(announcement).where(announcement.c.said_at < lines)).rowcount
    gone += tx.execute(delete(draft).where(draft.c.updated_at < values)).rowcount
    holding = select(left_message.c.conversation)
    # What hangs on a conversation (lines, buttons, values, hand-overs, notes) goes with it.
    gone += tx.execute(
        delete(conversation).where(
            conversation.c.last_seen_at < lines, conversation.c.id.not_in(holding)
        )
    ).rowcount
    return gone

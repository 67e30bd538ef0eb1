"""How much Chatwoot has not been told yet, and since when: numbers and times for whoever keeps the house running."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, union_all

from privacy.chatwoot.links import CARRIED, is_listened_to
from privacy.store.tables.chatwoot import chatwoot_conversation as link
from privacy.store.tables.conversations import left_message, message
from privacy.store.tables.handoff import hand_over


@dataclass(frozen=True, slots=True)
class Untold:
    """`conversations` of which something is not there yet; the oldest of it is so old as `since`."""

    conversations: int
    since: datetime | None


def untold(tx: Connection) -> Untold:
    """What waits, also what is just carried or was put off: the same that `Links.due` finds as news."""
    is_open = hand_over.c.ended_at.is_(None)
    is_known = link.c.hand_over == hand_over.c.id
    unknown = (
        select(hand_over.c.conversation, hand_over.c.asked_at.label("since"))
        .outerjoin(link, link.c.conversation == hand_over.c.conversation)
        .where(is_open, link.c.hand_over.is_distinct_from(hand_over.c.id))
    )
    said = (
        select(message.c.conversation, message.c.created_at)
        .join(
            link, and_(link.c.conversation == message.c.conversation, message.c.id > link.c.told_to)
        )
        .join(hand_over, is_known)
        .where(is_open, is_listened_to(), message.c.author.in_(CARRIED))
    )
    is_newer = or_(link.c.left_told.is_(None), left_message.c.created_at > link.c.left_told)
    left = (
        select(left_message.c.conversation, left_message.c.created_at)
        .join(link, and_(link.c.conversation == left_message.c.conversation, is_newer))
        .join(hand_over, is_known)
        .where(is_open)
    )
    over = (
        select(hand_over.c.conversation, hand_over.c.ended_at).join(link, is_known).where(~is_open)
    )
    every = union_all(unknown, said, left, over).subquery()
    count = func.count(every.c.conversation.distinct())
    found = tx.execute(select(count, func.min(every.c.since))).one()
    return Untold(found[0], found[1])

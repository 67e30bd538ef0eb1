"""What the house needs of a desk, whichever desk a company's people work at: our own, or one that they have already.

Who holds a conversation stays ours to know (`hand_overs`), and everything that happens to one wakes the desk's listeners
(`conversations.live.DESK`): our own pages, or what carries it to another desk. What only a desk can say is whether
somebody is there.
"""

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, func, select

from privacy.store.tables.agents import agent as agents


class AnsweringDesk(Protocol):
    """Where people answer."""

    def is_staffed(self, tx: Connection, now: datetime) -> bool:
        """Does somebody take conversations at this moment? No where that is not known: nobody is put into a queue
        on a guess."""


class OwnDesk:
    """Our own desk: agents are there while a page of theirs says so."""

    def is_staffed(self, tx: Connection, now: datetime) -> bool:
        here = select(func.count()).where(agents.c.state == "active", agents.c.is_here_until > now)
        return bool(tx.execute(here).scalar_one())

"""What stands beside a conversation for agents only: notes for each other, drafts, saved replies.

None of it is ever part of the transcript, so none of it can reach a customer by mistake.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, select

from privacy.clock import Clock
from privacy.errors import Problem
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent
from privacy.store.tables.handoff import desk_note, reply_draft, saved_reply
from privacy.store.upserts import insert_into

NOTE: Final = "desk_note.sealed_text"
DRAFT: Final = "reply_draft.sealed_text"
LONGEST: Final = 4000
LONGEST_REPLY: Final = 2000
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PLACE: Final = re.compile(r"\{(\w+)\}")


class SavedReplyWrong(Problem):
    """Its name cannot be typed after a slash, or it has no text, or one that is too long."""

    code = "desk_saved_reply_wrong"


@dataclass(frozen=True, slots=True)
class Note:
    """A note; `by` is empty where Vera itself wrote it."""

    id: int
    by: str
    text: str
    at: datetime

    def __repr__(self) -> str:
        return f"Note({self.id})"


@dataclass(frozen=True, slots=True)
class SavedReply:
    """A reply that is used often: typed as /name."""

    name: str
    text: str

    def filled(self, values: Mapping[str, str]) -> str:
        """With the places filled that are known; an unknown place stays, so that the agent sees it."""
        return _PLACE.sub(lambda place: values.get(place[1]) or place[0], self.text)


class Notes:
    """Notes, drafts and saved replies, in the caller's transaction."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock

    def add(
        self,
        tx: Connection,
        conversation: str,
        by: str | None,
        text: str,
        client_id: str | None = None,
    ) -> None:
        """Keep a note; the same client id twice is one note."""
        tx.execute(
            insert_into(tx, desk_note)
            .values(
                conversation=conversation,
                agent=by,
                client_id=client_id,
                sealed_text=self._keyring.seal(text[:LONGEST], NOTE),
                created_at=self._clock.now(),
            )
            .on_conflict_do_nothing()
        )

    def of(self, tx: Connection, conversation: str) -> list[Note]:
        """All notes beside a conversation, the oldest first."""
        rows = tx.execute(
            select(desk_note, agent.c.name)
            .outerjoin(agent, agent.c.id == desk_note.c.agent)
            .where(desk_note.c.conversation == conversation)
            .order_by(desk_note.c.id)
        )
        return [
            Note(row.id, row.name or "", self._keyring.open(row.sealed_text, NOTE), row.created_at)
            for row in rows
        ]

    def keep_draft(self, tx: Connection, conversation: str, by: str, text: str) -> None:
        """Keep what somebody began to write; an empty text forgets it."""
        if not text.strip():
            tx.execute(
                delete(reply_draft).where(
                    reply_draft.c.conversation == conversation, reply_draft.c.agent == by
                )
            )
            return
        fresh = {
            "sealed_text": self._keyring.seal(text[:LONGEST], DRAFT),
            "updated_at": self._clock.now(),
        }
        tx.execute(
            insert_into(tx, reply_draft)
            .values(conversation=conversation, agent=by, **fresh)
            .on_conflict_do_update(index_elements=["conversation", "agent"], set_=fresh)
        )

    def draft(self, tx: Connection, conversation: str, by: str) -> str:
        """What somebody began to write; "" where there is nothing."""
        sealed = tx.execute(
            select(reply_draft.c.sealed_text).where(
                reply_draft.c.conversation == conversation, reply_draft.c.agent == by
            )
        ).scalar()
        return "" if sealed is None else self._keyring.open(sealed, DRAFT)

    def save_reply(self, tx: Connection, name: str, text: str) -> None:
        """Raises SavedReplyWrong."""
        if not _NAME.fullmatch(name) or not 0 < len(text.strip()) <= LONGEST_REPLY:
            raise SavedReplyWrong("name or text cannot be")
        fresh = {"text": text.strip(), "updated_at": self._clock.now()}
        tx.execute(
            insert_into(tx, saved_reply)
            .values(name=name, **fresh)
            .on_conflict_do_update(index_elements=["name"], set_=fresh)
        )

    def remove_reply(self, tx: Connection, name: str) -> None:
        tx.execute(delete(saved_reply).where(saved_reply.c.name == name))

    def saved_replies(self, tx: Connection) -> list[SavedReply]:
        """All saved replies by name."""
        rows = tx.execute(select(saved_reply).order_by(saved_reply.c.name))
        return [SavedReply(row.name, row.text) for row in rows]

"""Saved replies of the desk: read by everybody who writes, changed by those who may."""

from collections.abc import Mapping, Sequence

from privacy import audit
from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, check_permitted
from privacy.handoff.notes import Notes, SavedReply
from privacy.store.database import Database


class SavedReplies:
    """All saved replies."""

    def __init__(self, database: Database, notes: Notes) -> None:
        self._database = database
        self._notes = notes

    def all(self, values: Mapping[str, str] | None = None) -> Sequence[SavedReply]:
        """By name, with the places filled that are known."""
        with self._database.read() as tx:
            found = self._notes.saved_replies(tx)
        return [SavedReply(one.name, one.filled(values)) for one in found] if values else found

    def save(self, name: str, text: str, who: Agent) -> None:
        """Write one, or write it anew. Raises NotAllowed, SavedReplyWrong."""
        check_permitted(who.role, Act.WRITE_SAVED_REPLIES)
        with self._database.write() as tx:
            self._notes.save_reply(tx, name, text)
            audit.note(tx, actor=who.actor, act="desk.saved_reply_written")

    def remove(self, name: str, who: Agent) -> None:
        """Forget one. Raises NotAllowed."""
        check_permitted(who.role, Act.WRITE_SAVED_REPLIES)
        with self._database.write() as tx:
            self._notes.remove_reply(tx, name)
            audit.note(tx, actor=who.actor, act="desk.saved_reply_removed")

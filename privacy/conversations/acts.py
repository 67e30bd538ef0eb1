"""What a journey does with what was typed: from placeholders to verbs.

Actions know tokens ("email_1"); the values behind them are opened here, used, and never handed back.
"""

from sqlalchemy import update

from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.conversations.messages import Messages
from privacy.conversations.people import People
from privacy.conversations.placeholders import KeptValues
from privacy.conversations.sessions import channel_of
from privacy.conversations.values import is_leaving
from privacy.errors import MessageEmpty
from privacy.filing import Drafts, Filed, Filing
from privacy.handoff.left_messages import LeftMessages
from privacy.store.database import Database
from privacy.store.tables.conversations import conversation as conversations
from privacy.systems.directory import Directory
from privacy.verification import Verification


class Acts:
    """The verbs of journeys on a conversation's own values."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        kept: KeptValues,
        drafts: Drafts,
        verification: Verification,
        filing: Filing,
        directory: Directory,
        left_messages: LeftMessages,
        messages: Messages,
        people: People,
    ) -> None:
        self._database = database
        self._clock = clock
        self._kept = kept
        self._drafts = drafts
        self._verification = verification
        self._filing = filing
        self._directory = directory
        self._left_messages = left_messages
        self._messages = messages
        self._people = people

    def contact_of(self, conversation: str, token: str) -> Contact | None:
        """The contact that a token stands for."""
        with self._database.read() as tx:
            return self._kept.contact(tx, conversation, token)

    def reference_of(self, conversation: str, token: str) -> str | None:
        """The reference that a token stands for."""
        with self._database.read() as tx:
            return (
                self._kept.value(tx, conversation, token)
                if token.startswith("reference_")
                else None
            )

    def keep_reference(self, conversation: str, reference: str) -> str:
        """A token for a reference that we offer ourselves."""
        with self._database.write() as tx:
            return self._kept.keep(tx, conversation, "reference", reference)

    def known_contact(self, conversation: str) -> str | None:
        """The token of the contact that this conversation has proven and still may use."""
        proof = self._verification.proven(conversation, "status", "")
        if proof is None:
            return None
        with self._database.write() as tx:
            return self._kept.keep(tx, conversation, proof.contact.kind, proof.contact.value)

    def file_opt_out(self, conversation: str, token: str, turn: str) -> Filed | None:
        """File what needs no proof, for the contact behind `token`.

        Raises SystemDown.
        """
        draft = self._drafts.get(conversation)
        contact = self.contact_of(conversation, token)
        if draft is None or contact is None:
            return None
        records = self._directory.find(contact)
        filed = self._filing.file_unproven(
            draft.to_file(channel_of(conversation), "en"), contact, records, turn
        )
        self._drafts.drop(conversation)
        return filed

    def leave_message(self, conversation: str, message: str, way: str, turn: str) -> None:
        """Store a message for a person, with the way to answer it, and mail both to the company."""
        draft = self._drafts.get(conversation)
        begun = draft.details.get("begun") if draft is not None else None
        with self._database.write() as tx:
            text = self._kept.value(tx, conversation, message)
            contact = self._kept.contact(tx, conversation, way)
            if text is None or contact is None:
                raise MessageEmpty("a message without text or way to answer")
            if begun is not None:
                text = f"{text}\n\n(In the chat they were about to ask: {begun}.)"
            self._left_messages.take(tx, conversation, text, contact, turn)
            self._people.leave(tx, conversation, contact)

    def is_leaving(self, conversation: str, turn: str) -> bool:
        """Whether the "no" of this turn ends what was begun, instead of answering a question."""
        with self._database.read() as tx:
            return is_leaving(self._messages.text_of(tx, conversation, turn))

    def count_misunderstood(self, conversation: str) -> int:
        """How often in a row this conversation was not understood, this time included."""
        with self._database.write() as tx:
            return int(
                tx.execute(
                    update(conversations)
                    .where(conversations.c.id == conversation)
                    .values(misunderstood=conversations.c.misunderstood + 1)
                    .returning(conversations.c.misunderstood)
                ).scalar_one()
            )

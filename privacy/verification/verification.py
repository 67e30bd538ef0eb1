"""The verbs of proving who asks. Charge first, compare second, burn third; known and unknown alike.

A code belongs to one conversation, one purpose and one act. It goes to the contact on file, never to what was
typed. Whether a contact is known shows in no result, no exception and no count of statements.
"""

from datetime import UTC, timedelta, tzinfo

import structlog

from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.errors import NotProven
from privacy.identity import Level
from privacy.mail.port import Outbox
from privacy.policy import Policy
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.directory import Directory
from privacy.verification import budgets, challenges, proofs
from privacy.verification.checking import Checking
from privacy.verification.outcomes import Awaited, Begun, Checked, Proof
from privacy.verification.proofs import NEW_CONTACT
from privacy.verification.sending import Remembered, Sending

log = structlog.get_logger()


class Verification:
    """Sends codes, checks them, says what is proven.

    Every verb opens its own transactions: never call one inside another transaction.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        directory: Directory,
        outbox: Outbox,
        zone: tzinfo = UTC,
        remembered: Remembered = lambda _email: (),
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._sending = Sending(
            database, keyring, clock, policy.codes, directory, outbox, zone, remembered
        )
        self._checking = Checking(database, keyring, clock, policy)

    def begin(
        self,
        conversation: str,
        purpose: str,
        typed: Contact,
        act_key: str,
        turn: str,
        language: str = "en",
    ) -> Begun:
        """Send a code for this act to whoever holds the typed contact; the same turn again changes nothing.

        Replaces the conversation's open challenge. Raises TooManyCodes, SystemDown; KeyError for an operation
        that the policy does not know, ValueError for a new contact (`begin_new`).
        """
        self._policy.level(purpose)
        if purpose == NEW_CONTACT:
            raise ValueError("a new contact is no key to look somebody up with")
        begun = self._sending.begin(conversation, purpose, typed, act_key, turn, language)
        log.info("code_begun", conversation=conversation, purpose=purpose)
        return begun

    def begin_new(
        self,
        conversation: str,
        contact: Contact,
        act_key: str,
        turn: str,
        language: str = "en",
    ) -> Begun:
        """Send a code to a new e-mail address or number, which is to replace the one on file, for the correction
        `act_key`: mailed to an address, texted to a number in E.164.

        Only in a conversation that has proven the correction itself (`correct`, the same act key): Vera writes to
        nobody for strangers. The same limits, counted by the new contact, and only so many numbers an hour; the same
        answer whether it is somebody else's already. Its proof is `proven(conversation, "new_contact", act_key)` and
        nothing more.
        Raises NotProven, TooManyCodes; ValueError for a number without its country.
        """
        if contact.kind == "phone" and not contact.value.startswith("+"):
            raise ValueError("a text message needs the number with its country")
        self._policy.level(NEW_CONTACT)
        proof = self.proven(conversation, "correct", act_key)
        if proof is None:
            raise NotProven(
                "a new contact is proven after the one on file, for the same correction"
            )
        begun = self._sending.begin_new(
            conversation, NEW_CONTACT, contact, act_key, turn, language, proof.contact
        )
        log.info("code_begun", conversation=conversation, purpose=NEW_CONTACT)
        return begun

    def resend(self, conversation: str, turn: str) -> Begun:
        """Send a fresh code in place of the last one, which then no longer works; tries are not given back.

        Raises NothingToResend (no challenge, or it has no tries left: begin another), ResendTooSoon, TooManyCodes.
        """
        begun = self._sending.resend(conversation, turn)
        log.info("code_sent_again", conversation=conversation)
        return begun

    def check(self, conversation: str, text: str) -> Checked:
        """Try what was typed against the conversation's open challenge; what is no code costs no try."""
        checked = self._checking.check(conversation, text)
        log.info(
            "code_checked",
            conversation=conversation,
            outcome=checked.outcome,
            purpose=checked.purpose,
            tries_left=checked.tries_left,
        )
        return checked

    def awaited(self, conversation: str) -> Awaited | None:
        """The challenge that a typed code would be tried against."""
        now = self._clock.now()
        codes = self._policy.codes
        with self._database.read() as tx:
            there = challenges.open_one(tx, conversation)
        if there is None:
            return None
        return Awaited(
            purpose=there.purpose,
            act_key=there.act_key,
            expires_at=there.expires_at,
            state=there.state(now),
            tries_left=there.tries_left,
            resends_left=codes.resends + 1 - there.sends,
            resend_at=there.sent_at + timedelta(seconds=codes.resend_after_seconds),
        )

    def proven(
        self, conversation: str, operation: str, act_key: str, *, quietly: bool = False
    ) -> Proof | None:
        """The proof that the policy asks for before this operation, if the conversation has it now.

        `quietly`: nobody acted, so the time after which it idles out goes on.

        Raises KeyError for an operation that the policy does not know.
        """
        level = self._policy.level(operation)
        # A new contact's proof is bound to its act whatever level the policy writes.
        bound = level >= Level.FRESH_CODE or operation == NEW_CONTACT
        act = (operation, act_key) if bound else None
        with self._database.write() as tx:
            return proofs.use(
                tx,
                self._keyring,
                self._policy.codes,
                conversation,
                self._clock.now(),
                level=level,
                act=act,
                quietly=quietly,
            )

    def withdraw(self, conversation: str) -> None:
        """Close the open challenge, as when the customer turns to something else; proofs stay."""
        with self._database.write() as tx:
            challenges.replace_open(tx, conversation, self._clock.now())

    def forget(self, conversation: str) -> None:
        """Close what is open and drop what was proven: the conversation starts over."""
        with self._database.write() as tx:
            challenges.replace_open(tx, conversation, self._clock.now())
            proofs.drop_of(tx, conversation)

    def tidy_up(self) -> int:
        """Delete challenges and proofs a day after they ended, and budgets of past days; how many rows."""
        now = self._clock.now()
        ended = now - timedelta(hours=self._policy.retention.code_rows_hours)
        proven_before = ended - timedelta(minutes=self._policy.codes.verified_max_minutes)
        with self._database.write() as tx:
            return (
                challenges.drop_ended(tx, ended)
                + proofs.drop_old(tx, proven_before)
                + budgets.drop_old(tx, now)
            )

"""Sending a code and sending it again: the same steps and the same answers for known and unknown contacts."""

import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from privacy import audit
from privacy.clock import Clock
from privacy.contacts import Contact, as_kept, budget_key
from privacy.errors import NothingToResend, ResendTooSoon, TooManyCodes
from privacy.mail.port import Outbox
from privacy.policy import Codes
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.directory import Directory
from privacy.verification import budgets, challenges, codes
from privacy.verification.challenges import DESTINATION, SUBJECTS, TYPED, Challenge
from privacy.verification.outcomes import Begun
from privacy.verification.proofs import NEW_CONTACT
from privacy.verification.targets import Target, erased_target, find_target, new_target

type Remembered = Callable[[Contact], tuple[str, ...]]
"""The subjects whose deletion was asked for from this address; () where there was none."""

_RACES = 3  # tries to begin while the same conversation begins elsewhere


class Sending:
    """Begins challenges and gives them new codes."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        limits: Codes,
        directory: Directory,
        outbox: Outbox,
        zone: tzinfo,
        remembered: Remembered,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._limits = limits
        self._directory = directory
        self._outbox = outbox
        self._zone = zone
        self._remembered = remembered

    def begin(
        self,
        conversation: str,
        purpose: str,
        typed: Contact,
        act_key: str,
        turn: str,
        language: str,
    ) -> Begun:
        with self._database.read() as tx:
            if (done := challenges.of_turn(tx, conversation, turn)) is not None:
                return self._begun(done)
        target = find_target(self._directory, typed, self._clock.now())
        if purpose == "status":
            # Asked for a known contact too, so that it takes as long.
            gone = self._remembered(target.contact)
            if gone and target.is_decoy:
                target = erased_target(target.contact, gone)
        return self._begin_for(target, conversation, purpose, typed, act_key, turn, language)

    def begin_new(
        self,
        conversation: str,
        purpose: str,
        contact: Contact,
        act_key: str,
        turn: str,
        language: str,
        by: Contact,
    ) -> Begun:
        """The same for an address or number that is to be on file: whose it may be already is not asked here.

        `by`: the contact that the customer has proven; so many numbers an hour are tried for it.
        """
        with self._database.read() as tx:
            if (done := challenges.of_turn(tx, conversation, turn)) is not None:
                return self._begun(done)
        target = new_target(contact)
        payer = self._keyring.index(by.value, "contact") if contact.kind == "phone" else None
        return self._begin_for(
            target, conversation, purpose, contact, act_key, turn, language, payer
        )

    def _begin_for(
        self,
        target: Target,
        conversation: str,
        purpose: str,
        typed: Contact,
        act_key: str,
        turn: str,
        language: str,
        payer: str | None = None,
    ) -> Begun:
        made, code = self._make(conversation, purpose, typed, act_key, language, target)
        for race in range(1, _RACES + 1):
            try:
                with self._database.write() as tx:
                    return self._begun(self._open(tx, made, code, turn, payer))
            except IntegrityError:
                # PostgreSQL only: the same conversation began another challenge at this moment.
                if race == _RACES:
                    raise
        raise AssertionError

    def resend(self, conversation: str, turn: str) -> Begun:
        now = self._clock.now()
        with self._database.write() as tx:
            seen = challenges.open_one(tx, conversation)
            if seen is None:
                raise NothingToResend
            if seen.resend_turn == turn:
                return self._begun(seen)
            self._may_resend(seen, now)
            self._charge(tx, seen.budget_index, now)
            code = codes.make_code(self._limits.digits)
            renewed = challenges.give_new_code(
                tx,
                seen,
                code_hmac=self._fingerprint(seen.id, code, decoy=seen.destination is None),
                turn=turn,
                now=now,
                until=self._until(now),
            )
            if renewed is None:  # another code was sent at this very moment
                raise ResendTooSoon
            self._mail(tx, renewed, code)
            return self._begun(renewed)

    def _make(
        self,
        conversation: str,
        purpose: str,
        typed: Contact,
        act_key: str,
        language: str,
        target: Target,
    ) -> tuple[Challenge, str]:
        now = self._clock.now()
        challenge = secrets.token_hex(16)
        code = codes.make_code(self._limits.digits)
        # A decoy seals what was typed, so that it costs the same.
        address = self._keyring.seal(target.address or typed.value, DESTINATION)
        made = Challenge(
            id=challenge,
            conversation=conversation,
            resend_turn=None,
            purpose=purpose,
            act_key=act_key,
            language=language,
            contact=self._keyring.seal(typed.value, TYPED),
            budget_index=self._keyring.index(budget_key(typed), "contact budget"),
            destination=None if target.is_decoy else address,
            destination_index=self._keyring.index(target.contact.value, "contact"),
            subjects=self._keyring.seal(json.dumps(target.subjects), SUBJECTS),
            level=target.level,
            code_hmac=self._fingerprint(challenge, code, decoy=target.is_decoy),
            attempts=0,
            max_attempts=self._limits.tries,
            sends=1,
            sent_at=now,
            expires_at=self._until(now),
        )
        return made, code

    def _open(
        self, tx: Connection, made: Challenge, code: str, turn: str, payer: str | None
    ) -> Challenge:
        if (done := challenges.of_turn(tx, made.conversation, turn)) is not None:
            return done
        self._charge(tx, made.budget_index, made.sent_at)
        if payer and not budgets.charge(tx, budgets.numbers(self._limits, payer, made.sent_at)):
            raise TooManyCodes
        challenges.replace_open(tx, made.conversation, made.sent_at)
        challenges.add(tx, made, turn)
        self._mail(tx, made, code)
        return made

    def _may_resend(self, seen: Challenge, now: datetime) -> None:
        if seen.tries_left == 0:
            raise NothingToResend  # a new code would come with no try: another challenge is needed
        if seen.sends > self._limits.resends:
            raise TooManyCodes
        if now < seen.sent_at + timedelta(seconds=self._limits.resend_after_seconds):
            raise ResendTooSoon

    def _charge(self, tx: Connection, contact: str, now: datetime) -> None:
        for failures in budgets.failures(self._limits, contact, now):
            if budgets.is_spent(tx, failures):
                raise TooManyCodes  # nothing that is sent now could be used
        if not budgets.charge(tx, budgets.sends(self._limits, contact, now)):
            raise TooManyCodes

    def _mail(self, tx: Connection, challenge: Challenge, code: str) -> None:
        """Put the code into the outbox, and note it; of a decoy too, so that both are the same work."""
        is_decoy = challenge.destination is None
        sealed, place = (
            (challenge.contact, TYPED)
            if challenge.destination is None
            else (challenge.destination, DESTINATION)
        )
        to = self._keyring.open(sealed, place)
        new_number = challenge.purpose == NEW_CONTACT and as_kept(to).kind == "phone"
        self._outbox.add(
            tx,
            kind="code",
            to=to,
            dedupe_key=f"code:{challenge.id}:{challenge.sends}",
            language=challenge.language,
            values={
                "code": code,
                "purpose": challenge.purpose,
                "minutes": str(self._limits.minutes),
                "until": challenge.expires_at.astimezone(self._zone).strftime("%H:%M"),
            },
            expires_at=challenge.expires_at,
            conversation=challenge.conversation,
            deliver=not is_decoy,
            by="text" if new_number else "mail",
        )
        audit.note(
            tx,
            actor="customer",
            act="proof.sent",
            subject=challenge.destination_index,
            data={"purpose": challenge.purpose},
        )

    def _fingerprint(self, challenge: str, code: str, *, decoy: bool) -> str:
        return codes.fingerprint(self._keyring, challenge, code, decoy=decoy)

    def _until(self, now: datetime) -> datetime:
        return now + timedelta(minutes=self._limits.minutes)

    def _begun(self, challenge: Challenge) -> Begun:
        resends_left = self._limits.resends + 1 - challenge.sends
        return Begun(challenge.expires_at, challenge.tries_left, resends_left)

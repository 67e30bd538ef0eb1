"""The outbox as one sender sees it: which of its messages is due, who has it in hand, and what became of it.

Every change is one conditional UPDATE. Taking a row moves its `next_attempt_at` ahead by a lease,
so that two senders never hold one mail; `attempts` is the number of the claim, and only its holder
may put the row back. Opens what the outbox sealed; knows nothing of SMTP.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from privacy.clock import Clock
from privacy.mail.carrier import By
from privacy.mail.message import Draft
from privacy.mail.outbox import BODY, SUBJECT, TO
from privacy.store.database import Database
from privacy.store.keyring import Keyring, SealBroken
from privacy.store.tables.outbox import mail

_BLANK: dict[str, Any] = {
    "to_address": None,
    "subject": None,
    "body": None,
    "next_attempt_at": None,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One row in hand.

    `draft` is None for a bounce that is still to be told, and where the row does not open.
    """

    id: int
    state: str
    kind: str
    conversation: str | None
    attempts: int
    created_at: datetime
    expires_at: datetime | None
    draft: Draft | None

    def is_over(self, now: datetime) -> bool:
        """Whether its time has passed."""
        return self.expires_at is not None and self.expires_at <= now


class DueMail:
    """Rows of one carrier whose time has come."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, lease: timedelta, by: By = "mail"
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._lease = lease
        self._mine = mail.c.carrier == by

    def anything(self) -> bool:
        """Whether anything is to be done now; a read, so that looking holds nobody up."""
        with self._database.read() as tx:
            due = exists().where(self._mine, mail.c.next_attempt_at <= self._clock.now())
            return bool(tx.execute(select(due)).scalar_one())

    def tidy(self) -> None:
        """Finish what never leaves: decoys, and mails whose time is over."""
        now = self._clock.now()
        waiting = and_(self._mine, mail.c.state == "waiting", mail.c.next_attempt_at <= now)
        over = mail.c.expires_at <= now
        with self._database.read() as tx:
            if not tx.execute(
                select(exists().where(waiting, or_(~mail.c.deliver, over)))
            ).scalar_one():
                return
        with self._database.write() as tx:
            tx.execute(update(mail).where(waiting, ~mail.c.deliver).values(state="decoy", **_BLANK))
            tx.execute(update(mail).where(waiting, over).values(state="expired", **_BLANK))

    def claim_mail(self) -> Claim | None:
        """Take one mail to send; what ends soonest goes first."""
        now = self._clock.now()
        alive = or_(mail.c.expires_at.is_(None), mail.c.expires_at > now)
        return self._claim(and_(mail.c.state == "waiting", mail.c.deliver, alive), now)

    def claim_bounce(self) -> Claim | None:
        """Take one bounce that its conversation has not been told of."""
        return self._claim(mail.c.state == "bounced", self._clock.now())

    def _claim(self, wanted: ColumnElement[bool], now: datetime) -> Claim | None:
        due = and_(self._mine, wanted, mail.c.next_attempt_at <= now)
        with self._database.read() as tx:
            # Mostly nothing is due, and then no writer is kept waiting.
            if not tx.execute(select(exists().where(due))).scalar_one():
                return None
        first = (
            select(mail.c.id)
            .where(due)
            .order_by(mail.c.expires_at.asc().nulls_last(), mail.c.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer at a time anyway
            .scalar_subquery()
        )
        take = (
            update(mail)
            .where(mail.c.id == first, due)
            .values(next_attempt_at=now + self._lease, attempts=mail.c.attempts + 1)
            .returning(mail)
        )
        with self._database.write() as tx:
            row = tx.execute(take).one_or_none()
        if row is None:
            return None
        return Claim(
            row.id,
            row.state,
            row.kind,
            row.conversation,
            row.attempts,
            row.created_at,
            row.expires_at,
            self._open(row),
        )

    def _open(self, row: Any) -> Draft | None:
        if row.state != "waiting":
            return None
        try:
            to = self._keyring.open(row.to_address, TO)
            subject = self._keyring.open(row.subject, SUBJECT)
            body = self._keyring.open(row.body, BODY)
        except SealBroken:
            return None
        return Draft(row.kind, to, subject, body, row.message_id, row.created_at, row.expires_at)

    def renew(self, claim: Claim) -> None:
        """Hold the row for another lease."""
        self._settle(claim, next_attempt_at=self._clock.now() + self._lease)

    def sent(self, claim: Claim, reply_code: int | None) -> None:
        """The server has it; that stays true when somebody else took the row since."""
        now = self._clock.now()
        values = {**_BLANK, "state": "sent", "sent_at": now, "last_reply_code": reply_code}
        with self._database.write() as tx:
            tx.execute(
                update(mail)
                .where(mail.c.id == claim.id, mail.c.state == "waiting")
                .values(**values)
            )

    def put_back(self, claim: Claim, wait: timedelta, reply_code: int | None) -> None:
        """Try again after `wait`, or finish it when its time ends before that."""
        again = self._clock.now() + wait
        if claim.expires_at is not None:
            again = min(again, claim.expires_at)
        self._settle(claim, next_attempt_at=again, last_reply_code=reply_code)

    def give_back(self, claim: Claim) -> None:
        """As if it had never been taken: the server could not be asked at all."""
        self._settle(claim, next_attempt_at=self._clock.now(), attempts=mail.c.attempts - 1)

    def bounced(self, claim: Claim, reply_code: int | None) -> bool:
        """It will not arrive. True if this call decided so: the conversation is then to be told."""
        values = {**_BLANK, "state": "bounced", "last_reply_code": reply_code}
        if claim.conversation is not None:
            values["next_attempt_at"] = self._clock.now() + self._lease
        return self._settle(claim, **values)

    def told(self, claim: Claim) -> None:
        """The conversation knows of the bounce."""
        self._tell_at(claim, None)

    def tell_later(self, claim: Claim, wait: timedelta) -> None:
        """The conversation could not be told of the bounce now."""
        self._tell_at(claim, self._clock.now() + wait)

    def _tell_at(self, claim: Claim, at: datetime | None) -> None:
        bounced = update(mail).where(mail.c.id == claim.id, mail.c.state == "bounced")
        with self._database.write() as tx:
            tx.execute(bounced.values(next_attempt_at=at))

    def _settle(self, claim: Claim, **values: Any) -> bool:
        held = and_(
            mail.c.id == claim.id, mail.c.state == claim.state, mail.c.attempts == claim.attempts
        )
        with self._database.write() as tx:
            return tx.execute(update(mail).where(held).values(**values)).rowcount == 1

"""A small world for the tests of verification: a directory of a few persons, and a mailbox that is read at once."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from privacy.clock import FixedClock
from privacy.contacts import Contact, parse_contact, same_contact
from privacy.policy import Policy, load_policy
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.directory import SubjectRecord
from privacy.verification import Verification
from privacy.verification.sending import Outbox
from tests.privacy.fake_outbox import Mails

POLICY = load_policy(Path(__file__).parents[3] / "privacy" / "policy.yml")


def contact(text: str) -> Contact:
    parsed = parse_contact(text)
    assert parsed is not None
    return parsed


def record(
    subject: str,
    email: str | None = None,
    phone: str | None = None,
    *,
    system: str = "shop",
    changed_at: datetime | None = None,
) -> SubjectRecord:
    return SubjectRecord(subject, system, email, phone, changed_at)


def policy_with(**codes: int) -> Policy:
    """The real policy with other limits of codes."""
    return dataclasses.replace(POLICY, codes=dataclasses.replace(POLICY.codes, **codes))


class People:
    """A directory: every record of every person who holds the contact."""

    def __init__(self, *records: SubjectRecord) -> None:
        self.records = list(records)
        self.asked: list[Contact] = []

    def find(self, contact: Contact) -> Sequence[SubjectRecord]:
        self.asked.append(contact)
        holders = {
            one.subject
            for one in self.records
            for written in (one.email, one.phone)
            if written and (held := parse_contact(written)) and same_contact(held, contact)
        }
        return [one for one in self.records if one.subject in holders]


@dataclasses.dataclass
class World:
    database: Database
    keyring: Keyring
    clock: FixedClock
    people: People
    mails: Mails
    policy: Policy
    verification: Verification

    def begin(
        self,
        conversation: str = "web:1",
        purpose: str = "status",
        typed: str = "anna@example.com",
        act_key: str = "draft-1",
        turn: str | None = None,
    ) -> str:
        """Begin a challenge; its code."""
        turn = turn or f"turn-{len(self.mails.all)}"
        self.verification.begin(conversation, purpose, contact(typed), act_key, turn)
        return self.mails.code

    def prove(self, conversation: str = "web:1", **act: str) -> None:
        code = self.begin(conversation, **act)
        assert self.verification.check(conversation, code).outcome == "accepted"


def make_world(
    database: Database,
    keyring: Keyring,
    clock: FixedClock,
    *records: SubjectRecord,
    policy: Policy = POLICY,
    outbox: Outbox | None = None,
) -> World:
    people, mails = People(*records), Mails()
    verification = Verification(database, keyring, clock, policy, people, outbox or mails)
    return World(database, keyring, clock, people, mails, policy, verification)

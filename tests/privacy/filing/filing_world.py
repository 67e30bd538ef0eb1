"""A small world for the tests of filing: proofs that were given, and an outbox that is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.filing import Draft, Drafts, Filing
from privacy.filing.ports import Proof as ProofPort
from privacy.fulfilment.books.works import Works
from privacy.policy import load_policy
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.outbox import mail
from privacy.systems.directory import SubjectRecord
from tests.privacy.fake_outbox import Mail, Mails

POLICY = load_policy(ROOT / "privacy" / "policy.yml")
BERLIN = ZoneInfo("Europe/Berlin")
INBOX = "privacy@company.example"
ADA = Contact("email", "ada@example.com")
NOBODY = Contact("email", "nobody@example.com")
DETAILS = {"correct": {"field": "street", "value": "12 Sample Lane"}}


@dataclass(frozen=True)
class Proof:
    """What verification would hand out."""

    subjects: tuple[str, ...]
    contact: Contact
    level: int
    at: datetime


@dataclass
class Rows(Mails):
    """Writes a row too: that of a rolled-back transaction is seen to be gone."""

    def is_new(self, tx: Connection, put: Mail) -> bool:
        on_this = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
        fresh = tx.execute(
            on_this(mail)
            .values(
                dedupe_key=put.dedupe_key,
                kind=put.kind,
                language=put.language,
                message_id=put.dedupe_key,
                deliver=put.deliver,
                state="waiting",
                created_at=datetime(2026, 11, 21, tzinfo=UTC),
            )
            .on_conflict_do_nothing(index_elements=["dedupe_key"])
            .returning(mail.c.id)  # PostgreSQL counts no rows of such an INSERT
        )
        return fresh.first() is not None


class World:
    """Filing with everything around it."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        self.database = database
        self.keyring = keyring
        self.clock = clock
        self.mails = Rows()
        self.drafts = Drafts(database, keyring, clock)
        self.proofs: dict[tuple[str, str, str], Proof] = {}
        self.works = Works(POLICY)
        self.filing = Filing(
            database,
            keyring,
            clock,
            POLICY,
            self.mails,
            self.proof_of,
            self.works,
            zone=BERLIN,
            company_inbox=INBOX,
        )

    def proof_of(self, conversation: str, operation: str, act_key: str) -> ProofPort | None:
        return self.proofs.get((conversation, operation, act_key))

    def proven(
        self,
        kind: str,
        *subjects: str,
        conversation: str = "web:1",
        level: int | None = None,
        contact: Contact = ADA,
    ) -> Proof:
        """Begin a draft and prove it."""
        act_key = self.drafts.begin(conversation, kind)
        needed = POLICY.level(kind) if level is None else level
        proof = Proof(subjects or ("shop:17",), contact, needed, self.clock.now())
        self.proofs[conversation, kind, act_key] = proof
        return proof

    def rows(self, table: str) -> int:
        with self.database.read() as tx:
            return tx.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one()

    def mail_rows(self) -> Sequence[str]:
        with self.database.read() as tx:
            return tx.execute(select(mail.c.kind).order_by(mail.c.id)).scalars().all()


def draft(kind: str = "access", conversation: str = "web:1", **details: str) -> Draft:
    return Draft(kind, details or DETAILS.get(kind, {}), conversation, "web", "en")


def record(subject: str, email: str | None = None, phone: str | None = None) -> SubjectRecord:
    return SubjectRecord(subject, "shop", email, phone, None)

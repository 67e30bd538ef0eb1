"""The audit: what was done, by whom and when, in rows that nobody can change unnoticed (S-67, S-68).

A note is written in the caller's own transaction, so that an act and its note stand or fall
together. All writers share one chain: on SQLite a writing transaction is alone anyway, on
PostgreSQL a lock is held from the first note to the end of the transaction, so that a note is best
the last thing a transaction does.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, delete, func, insert, select

from privacy.audit.chain import START, Link, canonical, hash_of
from privacy.audit.heads import Head, Heads
from privacy.audit.pseudonyms import Pseudonyms
from privacy.audit.verification import Fault, Verdict, check, checkpoint
from privacy.audit.words import check_act, check_data, is_actor
from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.audit import audit, audit_checkpoint

type Data = Mapping[str, str | int]

_NOTHING: Final[Data] = MappingProxyType({})
_LOCK: Final = 0x76657261_61756474  # "veraaudt": one lock for the whole database


class ChainBroken(Exception):
    """The audit does not hang together: nothing is signed or removed before a person has looked.

    `verdict` names the rows.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("the audit does not hang together: run `vera audit verify`")
        self.verdict = verdict


class Audit:
    """Writes the audit, signs its end, and forgets what is old enough."""

    def __init__(self, keyring: Keyring, clock: Clock, heads: Heads | None = None) -> None:
        """`heads` is needed to sign and to forget, not to write notes."""
        self._keyring = keyring
        self._clock = clock
        self._heads = heads
        self.pseudonyms = Pseudonyms(keyring)

    def note(
        self,
        tx: Connection,
        *,
        actor: str,
        act: str,
        request: str | None = None,
        subject: str | None = None,
        data: Data = _NOTHING,
    ) -> None:
        """Write down that `actor` (customer, service, agent:<id>) did `act`, in the caller's transaction.

        Raises ValueError for an act or a key that is not on the list (`privacy/audit/words.py`), and for data that
        could be personal.
        """
        row: dict[str, Any] = {
            "act": check_act(act),
            "actor": actor
            if is_actor(actor)
            else f"agent:{self._keyring.index(actor, 'actor')[:16]}",
            "request": request,
            "data": canonical(check_data(data)),
        }
        if tx.dialect.name == "postgresql":
            tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        last = last_link(tx)
        at = self._clock.now()
        row |= {
            "seq": last.seq + 1,
            "at": at,
            "subject": self.pseudonyms.name(tx, subject, at) if subject is not None else None,
            "prev_hash": last.hash,
        }
        tx.execute(insert(audit).values(**row, hash=hash_of(row)))

    def attach(self, database: Database) -> None:
        """Let `privacy.audit.note` write here for this database."""
        _attached[database.engine] = self

    def sign_head(self, tx: Connection) -> Head | None:
        """Sign the end of the chain and keep it; None where nothing came since the last time. `tx` only reads: what it
        wrote itself might never be committed.

        What was written since then is checked first: a head is never put under rows that do not hang together with
        the head before. Raises ChainBroken, HeadUnreadable.
        """
        heads = self._needed()
        newest, last = heads.newest(), last_link(tx)
        if newest is not None and (newest.seq, newest.hash) == (last.seq, last.hash):
            return None
        since = Link(newest.seq, newest.hash) if newest and heads.fits(newest) else START
        verdict = check(tx, heads.signer, since=since)
        if newest is not None and last.seq < newest.seq:
            missing = Fault(last.seq + 1, f"rows {last.seq + 1} to {newest.seq} are missing")
            verdict = verdict.with_fault(missing)
        if not verdict.is_good:
            raise ChainBroken(verdict)
        return heads.add(last, self._clock.now()) if last.seq else None

    def forget(self, tx: Connection, before: datetime) -> int:
        """Remove everything noted before a moment, leaving a signed checkpoint in its place; returns how many rows
        went. Keys of pseudonyms of years that are over by then are destroyed.

        Raises ChainBroken: what was tampered with is evidence, and stays. Raises HeadUnreadable.
        """
        heads = self._needed()
        signer = heads.signer
        if tx.dialect.name == "postgresql":
            tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        kept = select(func.min(audit.c.seq)).where(audit.c.at >= before)
        until = (tx.execute(kept).scalar_one() or last_link(tx).seq + 1) - 1
        begun = checkpoint(tx)
        self.pseudonyms.destroy(tx, before.year)
        if until <= (begun.seq if begun else 0):
            return 0
        verdict = check(tx, signer, heads=heads.all())
        if not verdict.is_good:
            raise ChainBroken(verdict)
        digest = tx.execute(select(audit.c.hash).where(audit.c.seq == until)).scalar_one()
        link, at = Link(until, digest), self._clock.now()
        signature = signer.sign("checkpoint", link, at)
        tx.execute(
            insert(audit_checkpoint).values(seq=until, hash=digest, at=at, signature=signature)
        )
        gone = tx.execute(delete(audit).where(audit.c.seq <= until)).rowcount
        self.note(tx, actor="service", act="audit.forgotten", data={"count": gone, "seq": until})
        return gone

    def _needed(self) -> Heads:
        if self._heads is None:
            raise ValueError("this audit was made without heads: it can neither sign nor forget")
        return self._heads


def last_link(tx: Connection) -> Link:
    """The end of the chain, as the database tells it."""
    row = tx.execute(
        select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).one_or_none()
    if row is not None:
        return Link(row.seq, row.hash)
    begun = checkpoint(tx)
    return Link(begun.seq, begun.hash) if begun else START


_attached: WeakKeyDictionary[Engine, Audit] = WeakKeyDictionary()


def note(
    tx: Connection,
    *,
    actor: str,
    act: str,
    request: str | None = None,
    subject: str | None = None,
    data: Data = _NOTHING,
) -> None:
    """`Audit.note` of the audit that is attached to the transaction's database; nothing where none is.

    For functions that know a transaction and nothing else, such as those of the ledger.
    """
    attached = _attached.get(tx.engine)
    if attached is not None:
        attached.note(tx, actor=actor, act=act, request=request, subject=subject, data=data)

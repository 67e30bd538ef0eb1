"""Whether the audit hangs together, and if not, which row is wrong.

It believes nothing that the database says: hashes are computed anew, checkpoints must be signed,
and signed heads must lie on the chain. It changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, String, select, type_coerce

from privacy.audit.chain import START, Link, hash_of, moment
from privacy.audit.heads import Head, Signer
from privacy.store.tables.audit import audit, audit_checkpoint

_ENOUGH: Final = 20  # faults that are named
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and at which row."""

    seq: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, and what is wrong with it."""

    entries: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    faults: tuple[Fault, ...] = ()
    heads: int = 0  # signed heads that lie on the chain

    @property
    def is_good(self) -> bool:
        return not self.faults

    def with_fault(self, fault: Fault) -> "Verdict":
        """The same with one more."""
        return replace(self, faults=(*self.faults, fault))


def check(
    tx: Connection,
    signer: Signer,
    *,
    heads: Iterable[Head] = (),
    since: Link = START,
) -> Verdict:
    """Look at all rows after `since` (which is believed), and at the heads that lie there."""
    walk = _Walk(tx, signer, since)
    signed = sorted(heads, key=lambda head: head.seq)
    forged = [
        head
        for head in signed
        if not signer.fits("head", Link(head.seq, head.hash), head.at, head.signature)
    ]
    for head in forged:
        walk.wrong(head.seq, _forged(head, signer))
    walk.go([head for head in signed if head not in forged])
    return walk.verdict()


def checkpoint(tx: Connection) -> RowMapping | None:
    """The newest checkpoint."""
    newest = select(audit_checkpoint).order_by(audit_checkpoint.c.seq.desc()).limit(1)
    return tx.execute(newest).mappings().one_or_none()


type _Row = dict[str, Any]


class _Walk:
    """One look along the chain."""

    def __init__(self, tx: Connection, signer: Signer, since: Link) -> None:
        self._tx, self._signer = tx, signer
        self._at = since
        self._faults: list[Fault] = []
        self._entries = self._heads = 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._good_head: Head | None = None

    def wrong(self, seq: int, sentence: str) -> None:
        self._faults.append(Fault(seq, sentence))

    def verdict(self) -> Verdict:
        faults = sorted(self._faults, key=lambda fault: fault.seq)[:_ENOUGH]
        return Verdict(self._entries, self._first, self._last, tuple(faults), self._heads)

    def go(self, heads: list[Head]) -> None:
        self._begin()
        waiting = [head for head in heads if head.seq >= self._at.seq]
        self._pass(waiting)
        for row in self._rows():
            self._row(row)
            self._pass(waiting)
        if waiting:
            missing, head = self._at.seq + 1, waiting[-1]
            self.wrong(
                missing,
                f"rows {missing} to {head.seq} are missing: row {head.seq} was there on {_day(head.at)}",
            )

    def _begin(self) -> None:
        """Rows that retention removed are stood for by the newest checkpoint."""
        begun = checkpoint(self._tx)
        if begun is None or begun["seq"] < self._at.seq:
            return
        link = Link(begun["seq"], begun["hash"])
        if self._at.seq == link.seq and self._at.hash != link.hash:
            self.wrong(link.seq, f"the checkpoint in the place of row {link.seq} is another one")
        at, signature = moment(begun["at"]), begun["signature"]
        if self._signer.fits("checkpoint", link, at, signature):
            self._at = link
        else:
            self.wrong(
                link.seq, f"the checkpoint in the place of row {link.seq} is not signed by us"
            )
            self._at = link

    def _rows(self) -> Iterator[_Row]:
        # SQLite keeps what it is given: a moment that is none any more must be told, not break off.
        is_sqlite = self._tx.dialect.name == "sqlite"
        at = type_coerce(audit.c.at, String).label("at") if is_sqlite else audit.c.at
        columns = [column for column in audit.c if column.name != "at"]
        wanted = select(*columns, at).where(audit.c.seq > self._at.seq).order_by(audit.c.seq)
        # Said of the statement, not of the connection, whose later statements are the caller's.
        streamed = wanted.execution_options(yield_per=_AT_ONCE)
        for row in self._tx.execute(streamed).mappings():
            yield {**row, "at": _moment(row["at"])}

    def _row(self, row: _Row) -> None:
        seq, before = row["seq"], self._at
        changed = row["at"] is None or not _fits_hash(row)
        if seq > before.seq + 1:
            missing = (
                f"row {before.seq + 1} is"
                if seq == before.seq + 2
                else f"rows {before.seq + 1} to {seq - 1} are"
            )
            self.wrong(before.seq + 1, f"{missing} missing")
        elif row["prev_hash"] != before.hash and not changed and before.seq not in self._named():
            self.wrong(
                before.seq, f"row {before.seq} was written anew: row {seq} hangs on another one"
            )
        if changed:
            self.wrong(seq, f"row {seq} was changed: it does not fit its hash")
        self._at = Link(seq, row["hash"])
        self._entries += 1
        self._first = self._first or row["at"]
        self._last = row["at"] or self._last

    def _pass(self, waiting: list[Head]) -> None:
        """Compare the heads that were signed for the row at which the walk is."""
        while waiting and waiting[0].seq <= self._at.seq:
            head = waiting.pop(0)
            if head.seq == self._at.seq and head.hash == self._at.hash:
                self._good_head = head
                self._heads += 1
            elif head.seq == self._at.seq and not self._rewritten():
                since = self._good_head.seq + 1 if self._good_head else 1
                self.wrong(
                    head.seq,
                    f"rows {since} to {head.seq} were written anew: on {_day(head.at)} row {head.seq} was another one",
                )

    def _rewritten(self) -> bool:
        return any("written anew" in fault.sentence for fault in self._faults)

    def _named(self) -> set[int]:
        return {fault.seq for fault in self._faults}


def _forged(head: Head, signer: Signer) -> str:
    if head.key != signer.public:
        return f"the head of row {head.seq} was signed with another key than that of this folder"
    return f"the head of row {head.seq} is not signed by us"


def _fits_hash(row: _Row) -> bool:
    try:
        return bool(hash_of(row) == row["hash"])
    except (TypeError, ValueError):
        return False


def _moment(stored: object) -> datetime | None:
    """When a row was written; SQLite keeps it as text without a zone."""
    try:
        read = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    except ValueError:
        return None
    if not isinstance(read, datetime):
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def _day(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC"

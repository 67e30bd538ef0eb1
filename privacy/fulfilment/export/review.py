"""A look before an export leaves: texts in which other people may be named are read by a person, who says which go out as
they are and which do not (GDPR Art. 15(4), 20(4)).

The data map marks such fields (`may_name_others`). What was looked at is remembered by keyed fingerprints of the texts, so
a text that comes anew is looked at anew, wherever its row stands. Nothing leaves before all of it was looked at.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.holdings.explained import TableWords
from privacy.fulfilment.job import Job, Json
from privacy.fulfilment.package.records import Record
from privacy.fulfilment.package.spool import Spool
from privacy.fulfilment.tasks.rounds import round_key, rounds
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.vault.vault import Vault
from privacy.store.database import Database
from privacy.store.keyring import Keyring

REVIEW: Final = "review_package"
REMOVED: Final = "[removed: concerns somebody else]"
AT_ONCE: Final = 200  # texts that one task asks to look at; the rest is asked for after it
_LOOKED, _CUT, _FIELDS = "reviewed", "cut", "review_fields"


@dataclass(frozen=True, slots=True)
class Piece:
    """One text: by its fingerprint, and in which field of the map it stands."""

    id: str
    field: str
    text: str

    def __repr__(self) -> str:
        return f"Piece({self.field})"


class Review:
    """Asks for the look, and keeps what came of it."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        vault: Vault,
        tasks: Tasks,
        notes: Notes,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._vault = vault
        self._tasks = tasks
        self._notes = notes

    def ask(self, job: Job, tables: Sequence[TableWords]) -> bool:
        """Whether somebody has to look first; asked for as often as there are texts that nobody has seen."""
        fields = [field for words in tables for field in self._marked(words)]
        if not fields:
            return False
        kept: dict[str, Json] = {_FIELDS: [*fields]}
        self._notes.put(job.request, **kept)
        left = self.pieces(job.request)
        if not left:
            return False
        with self._database.write() as tx:
            asked = rounds(self._tasks.of(tx, job.request), REVIEW)
            if not asked or not asked[-1].is_open:
                self._tasks.ask(
                    tx,
                    job,
                    key=round_key(REVIEW, len(asked) + 1),
                    kind=REVIEW,
                    what=f"{len(left)} texts of this download may name other people. Open this task at the desk, read "
                    "them, and mark those that must not leave. Nothing is handed out before that.",
                )
        return True

    def pieces(self, request: str) -> list[Piece]:
        """The texts of a collected export that nobody has looked at, as many as are looked at in one go."""
        noted = self._notes.get(request)
        looked, spool = set(_texts(noted.get(_LOOKED))), Spool(self._vault, self._keyring, request)
        found: dict[str, Piece] = {}
        for field in _texts(noted.get(_FIELDS)):
            system, table, column = field.split("\t")
            for record in spool.records(system, table):
                text = record.values.get(column)
                if not isinstance(text, str) or not text.strip():
                    continue
                piece = Piece(self._mark(field, text), field, text)
                if piece.id not in looked:
                    found.setdefault(piece.id, piece)
                if len(found) == AT_ONCE:
                    return list(found.values())
        return list(found.values())

    def looked(self, request: str, seen: Collection[str], cut: Collection[str]) -> None:
        """These texts were looked at, and some of them must not leave (`cut`, among `seen`)."""
        noted = self._notes.get(request)
        every = {*_texts(noted.get(_LOOKED)), *seen}
        gone = {*_texts(noted.get(_CUT)), *(set(cut) & set(seen))}
        kept: dict[str, Json] = {_LOOKED: [*sorted(every)], _CUT: [*sorted(gone)]}
        self._notes.put(request, **kept)

    def spool(self, request: str) -> "Reviewed":
        """The collected rows as they may leave."""
        return Reviewed(self._vault, self._keyring, request, self)

    def is_cut(self, request: str) -> bool:
        """Was anything taken out?"""
        return bool(_texts(self._notes.get(request).get(_CUT)))

    def without(
        self, request: str, system: str, table: str, records: Iterator[Record]
    ) -> Iterator[Record]:
        """The rows with what was taken out in words that say so."""
        noted = self._notes.get(request)
        cut = set(_texts(noted.get(_CUT)))
        place = f"{system}\t{table}\t"
        fields = [one for one in _texts(noted.get(_FIELDS)) if one.startswith(place)]
        for record in records:
            values = dict(record.values)
            for field in fields:
                column = field.removeprefix(place)
                text = values.get(column)
                if cut and isinstance(text, str) and self._mark(field, text) in cut:
                    values[column] = REMOVED
            yield replace(record, values=values)

    @staticmethod
    def _marked(words: TableWords) -> list[str]:
        return [
            f"{words.system}\t{words.table}\t{one.column}"
            for one in words.fields
            if one.how == "shown" and one.names_others
        ]

    def _mark(self, field: str, text: str) -> str:
        return self._keyring.index(f"{field}\t{text}", "export review")


class Reviewed(Spool):
    """What was collected, without what was taken out."""

    def __init__(self, vault: Vault, keyring: Keyring, request: str, review: Review) -> None:
        super().__init__(vault, keyring, request)
        self._of = request
        self._review = review

    def records(self, system: str, table: str) -> Iterator[Record]:
        return self._review.without(self._of, system, table, super().records(system, table))


def _texts(noted: object) -> list[str]:
    return [str(one) for one in noted] if isinstance(noted, list) else []

"""What the journey of a correction does with values: shows what stands, checks what was typed, sends the code that a
new contact needs.

Actions know tokens ("value_1", "row_1"); the values behind them are opened here, used, and never handed back.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from privacy import audit
from privacy.clock import Clock
from privacy.contacts import Contact
from privacy.conversations.own_data import Company, Proof
from privacy.conversations.placeholders import KeptValues, shown
from privacy.errors import MessageEmpty, SystemDown
from privacy.filing import Drafts, StoredDraft
from privacy.fulfilment.correct.correctable import PER_ROW, parts_of
from privacy.fulfilment.correct.new_contact import is_proven, new_contact_needed
from privacy.fulfilment.correct.old_values import OldValues
from privacy.fulfilment.values.checked import Checked, Wrong, check
from privacy.store.database import Database
from privacy.systems.port import SystemRefused
from privacy.verification import Verification

NEW_CONTACT = "new_contact"
_ROWS = "rows"  # in a draft's details: the tokens of the rows that were offered
_MOST_ROWS = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on file now: `lines` with tokens in place of values; `offers` where one of several has to be chosen."""

    lines: str
    offers: bool


class Corrections:
    """The verbs of a correction on a conversation's own values."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        zone: ZoneInfo,
        kept: KeptValues,
        drafts: Drafts,
        verification: Verification,
        company: Company,
        old_values: OldValues,
        *,
        texts: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._kept = kept
        self._drafts = drafts
        self._verification = verification
        self._company = company
        self._texts = texts
        self._old_values = old_values

    def standing(self, conversation: str, proof: Proof, field: str) -> Standing:
        """What stands in the systems for `field`, for the person who has proven to be the subject.

        Raises SystemDown.
        """
        [subject] = proof.subjects
        held = self._old_values.look_up(proof.contact, subject, field)
        kind = self._company.datamap.corrections[field].kind
        if kind in PER_ROW and len(held) > 1:
            with self._database.write() as tx:
                _note_shown(tx, field)
                tokens = []
                for one in held[:_MOST_ROWS]:
                    words = f"{one.shown} ({one.beside})" if one.beside else one.shown
                    # The row's own name goes along with its words, so that either is found again.
                    label = self._kept.keep(tx, conversation, "row", f"{one.row}\x1f{words}")
                    tokens.append(label)
            self._drafts.put(conversation, **{_ROWS: " ".join(tokens)})
            return Standing("", offers=True)
        texts = dict.fromkeys(one.shown for one in held)
        with self._database.write() as tx:
            _note_shown(tx, field)
            lines = [shown(self._kept.keep(tx, conversation, "value", text)) for text in texts]
        return Standing("\n".join(lines), offers=False)

    def rows_offered(self, conversation: str) -> dict[str, str]:
        """The entries among which one is meant: their tokens, each with the token of its words."""
        draft = self._drafts.get(conversation)
        tokens = draft.details.get(_ROWS, "").split() if draft is not None else []
        with self._database.write() as tx:
            return {
                token: self._kept.keep(tx, conversation, "value", value.partition("\x1f")[2])
                for token in tokens
                if (value := self._kept.value(tx, conversation, token)) is not None
            }

    def wrong_with_value(
        self, conversation: str, field: str, row: str, token: str, proof: Proof | None
    ) -> str | None:
        """Whether a new value can stand in its field; the name of the wording that says what is wrong."""
        read = self._read(conversation, field, token)
        if isinstance(read, Wrong):
            return f"utter_value_{read.code}"
        if proof is not None and len(proof.subjects) == 1:
            chosen = self._row(conversation, row)
            if self._stands_already(proof, field, read, chosen):
                return "utter_value_same"
        return None

    def as_read(self, conversation: str, field: str, token: str) -> str:
        """The token of the value as it was understood, for reading it back."""
        read = self._read(conversation, field, token)
        if isinstance(read, Wrong):
            raise MessageEmpty("a correction whose value cannot be read")
        with self._database.write() as tx:
            return self._kept.keep(tx, conversation, "value", read.shown)

    def put(self, conversation: str, field: str, row: str, token: str) -> None:
        """Keep field, entry and new value with the draft."""
        with self._database.read() as tx:
            value = self._kept.value(tx, conversation, token)
        if value is None:
            raise MessageEmpty("a correction without a value")
        chosen = self._row(conversation, row)
        self._drafts.put(
            conversation, field=field, value=value, **({"row": chosen} if chosen else {})
        )

    def contact_to_prove(self, conversation: str) -> str | None:
        """The token of the new address or number that has yet to prove itself before the draft can be filed."""
        contact = self._unproven(conversation)
        if contact is None:
            return None
        with self._database.write() as tx:
            return self._kept.keep(tx, conversation, contact.kind, self._as_written(contact))

    def _as_written(self, contact: Contact) -> str:
        """As people write it: numbers in groups."""
        region = self._company.datamap.region
        read = check(contact.kind, contact.value, region=region, today=self._today())
        return read.shown if isinstance(read, Checked) else contact.value

    def send_code(self, conversation: str, turn: str) -> None:
        """Send a code to the new address or number.

        Raises NotProven, TooManyCodes.
        """
        contact, draft = self._unproven(conversation), self._drafts.get(conversation)
        if contact is not None and draft is not None:
            self._verification.begin_new(conversation, contact, draft.act_key, turn)

    def is_for_person(self, draft: StoredDraft) -> bool:
        """Whether a person looks at this correction before it is made: the map wants it so, or no code of its own
        can reach a new contact that needs one."""
        wanted = self._company.datamap.corrections.get(draft.details.get("field", ""))
        if draft.kind != "correct" or wanted is None:
            return False
        return wanted.needs == "person" or (
            wanted.needs == "new_code" and self._to_prove(draft) is None
        )

    def _row(self, conversation: str, token: str) -> str:
        """The name of the entry that was chosen; "" where none was."""
        with self._database.read() as tx:
            return (self._kept.value(tx, conversation, token) or "").partition("\x1f")[0]

    def _stands_already(self, proof: Proof, field: str, read: Checked, row: str) -> bool:
        [subject] = proof.subjects
        try:
            return self._old_values.stands_already(proof.contact, subject, field, read, row)
        except (SystemDown, SystemRefused):
            return False  # who cannot be asked now is asked when it is carried out

    def _unproven(self, conversation: str) -> Contact | None:
        draft = self._drafts.get(conversation)
        if draft is None or (needed := self._to_prove(draft)) is None:
            return None
        proof = self._verification.proven(conversation, NEW_CONTACT, draft.act_key)
        return None if is_proven(needed, proof) else needed

    def _to_prove(self, draft: StoredDraft) -> Contact | None:
        return new_contact_needed(self._company.datamap, draft, texts=self._texts)

    def _read(self, conversation: str, field: str, token: str) -> Checked | Wrong:
        datamap = self._company.datamap
        with self._database.read() as tx:
            value = self._kept.value(tx, conversation, token)
        correction = datamap.corrections.get(field)
        if value is None or correction is None:
            return Wrong("not_understood")
        return check(
            correction.kind,
            value,
            region=datamap.region,
            today=self._today(),
            parts=parts_of(datamap, field),
        )

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()


def _note_shown(tx: Connection, field: str) -> None:
    """Before the conversation is written to: the end of a run notes first and writes there then, and on PostgreSQL
    two in different orders would wait for each other."""
    shown_now = {"operation": "correct", "field": field}
    audit.note(tx, actor="customer", act="data.shown", data=shown_now)

"""What customers ask for in the matrix, each right once, as the chat files it: draft, code by mail, proof, request.

Everything here may be said again from its beginning by another process after a kill: that is what the real
conversation does when its turn is taken up again.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from privacy.contacts import Contact, parse_contact
from privacy.conversations.sessions import channel_of
from privacy.fulfilment.correct.course import ALL_ROWS
from privacy.identity import Level
from privacy.store.tables.conversations import conversation as conversations
from privacy.verification import Proof
from privacy.wiring import Vera
from tests.resilience.crash.post import Letter

JANE = "jane.miller@example.com"
JANE_NEW = "jane.new@example.com"
TURN = "turn-1"
_PATIENCE = 20.0

type Letters = Callable[[], list[Letter]]


@dataclass(frozen=True)
class Wish:
    """One request, and who files it."""

    name: str
    kind: str
    details: Mapping[str, str] = field(default_factory=dict)
    new_contact: str = ""
    contact: str = JANE

    def file(self, vera: Vera, letters: Letters) -> None:
        """File it, or go on with the filing where a killed process left it."""
        conversation = _conversation(vera)
        if vera.filing.filed_in(conversation, TURN) is None:
            if vera.drafts.get(conversation) is None:
                vera.drafts.begin(conversation, self.kind)
            if vera.policy.level(self.kind) == Level.NOBODY:
                self._file_unproven(vera, conversation)
            else:
                self._file_proven(vera, conversation, letters)
        filed = vera.filing.filed_in(conversation, TURN)
        if filed is not None and vera.drafts.get(conversation) is not None:
            if self.kind == "access":
                vera.disclose(conversation, filed.reference)
            vera.drafts.drop(conversation)

    def _file_unproven(self, vera: Vera, conversation: str) -> None:
        with vera.database.write() as tx:
            token = vera.acts._kept.keep(tx, conversation, "email", self.contact)
        assert vera.acts.file_opt_out(conversation, token, TURN) is not None

    def _file_proven(self, vera: Vera, conversation: str, letters: Letters) -> None:
        draft = vera.drafts.get(conversation)
        assert draft is not None
        key = draft.act_key
        typed = contact(self.contact)
        proof = _proven(
            vera,
            conversation,
            self.kind,
            key,
            lambda: vera.verification.begin(conversation, self.kind, typed, key, "turn of code 1"),
            lambda: _code(letters, self.contact),
        )
        details = dict(self.details)
        if self.kind == "delete":
            plan = vera.own_data.plan(proof, "")
            assert plan is not None
            details |= {"confirmed": "yes", "when": "now", "plan": plan.as_details()}
        vera.drafts.put(conversation, **details)
        if self.new_contact:
            new = contact(self.new_contact)
            _proven(
                vera,
                conversation,
                "new_contact",
                key,
                lambda: vera.verification.begin_new(conversation, new, key, "turn of code 2"),
                lambda: _code(letters, self.new_contact),
            )
        ready = vera.drafts.get(conversation)
        assert ready is not None
        vera.filing.file(ready.to_file(channel_of(conversation), "en"), proof, TURN)


WISHES = (
    Wish("see", "access"),
    Wish(
        "correct the phone",
        "correct",
        {"field": "phone", "value": "+49 171 3920099", "row": ALL_ROWS},
        new_contact="+491713920099",
    ),
    Wish(
        "correct the address of mail",
        "correct",
        {"field": "email", "value": JANE_NEW, "row": ALL_ROWS},
        new_contact=JANE_NEW,
    ),
    Wish("download", "export"),
    Wish("delete", "delete"),
    Wish("object", "object"),
    Wish("restrict", "restrict"),
    Wish("withdraw consent", "withdraw_consent"),
)


def contact(text: str) -> Contact:
    found = parse_contact(text)
    assert found is not None
    return found


def _conversation(vera: Vera) -> str:
    """The one conversation of this folder."""
    with vera.database.read() as tx:
        there: str | None = tx.execute(select(conversations.c.id)).scalar()
    return there or vera.conversations.open("web", "en").conversation


def _proven(
    vera: Vera,
    conversation: str,
    operation: str,
    key: str,
    begin: Callable[[], object],
    code: Callable[[], str],
) -> Proof:
    """The proof, by a code of which the mail server or the gateway tells; at once where it was given before."""
    proof = vera.verification.proven(conversation, operation, key)
    if proof is None:
        begin()
        vera.wake()
        assert vera.verification.check(conversation, code()).outcome == "accepted"
        proof = vera.verification.proven(conversation, operation, key)
    assert proof is not None
    return proof


def _code(letters: Letters, address: str) -> str:
    """The newest code that was mailed to this address; waits for it."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        for letter in reversed(letters()):
            begin = letter.subject or letter.text
            if letter.to == address and (found := re.match(r"\d{6}", begin)):
                return found.group()
        time.sleep(0.005)
    raise AssertionError("no code was sent")

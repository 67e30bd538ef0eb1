"""The requests of the house behind their pages: who may, and which verb it is.

Every verb asks the database for the proof that the page needs (`Verification.proven`) and looks only among that
person's own requests. What a page shows is put together in `house_views`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from privacy.contacts import Contact, mask
from privacy.conversations.sessions import Sessions
from privacy.errors import NothingToResend, NotPossibleNow, NotProven, RequestNotFound
from privacy.filing import Filing, RequestView
from privacy.fulfilment.correct.objections import Objections
from privacy.fulfilment.export.packages import PackageGone, Packages
from privacy.fulfilment.fulfilment import Fulfilment
from privacy.fulfilment.see import disclosures
from privacy.identity import read_code
from privacy.policy import Policy
from privacy.store.database import Database
from privacy.verification import Proof, Verification
from privacy.wiring import Vera
from web.chat.requests.house_views import HouseViews
from web.chat.requests.views import (
    Checked,
    CodeOutcome,
    DataView,
    Download,
    Needs,
    PackageView,
    Page,
    StatusView,
    TableView,
)

_UNREAD: dict[str, CodeOutcome] = {
    "looks_like_date": "date",
    "wrong_length": "length",
    "not_a_code": "unread",
}
_FRESH: dict[Page, str] = {"data": "view", "download": "download", "delete-now": "delete_now"}


class HouseRequests:
    """Implements `web.chat.requests.port.Requests`."""

    def __init__(self, vera: Vera) -> None:
        self._database: Database = vera.database
        self._clock = vera.clock
        self._policy: Policy = vera.policy
        self._verification: Verification = vera.verification
        self._filing: Filing = vera.filing
        self._fulfilment: Fulfilment = vera.fulfilment
        self._packages: Packages = vera.packages
        self._objections: Objections = vera.objections
        self._sessions: Sessions = vera.sessions
        self._views = HouseViews(vera)
        self._wake: Callable[[], None] = vera.wake

    def now(self) -> datetime:
        return self._clock.now()

    # What is needed

    def needs(self, conversation: str, reference: str, page: Page, *, quietly: bool) -> Needs:
        if self._proof(conversation, reference, page, quietly=quietly) is not None:
            return Needs("nothing")
        known = self._verification.proven(conversation, "status", "", quietly=True)
        contact = mask(known.contact) if known is not None else ""
        awaited = self._verification.awaited(conversation)
        if awaited is None or (awaited.purpose, awaited.act_key) != _act(page, reference):
            return Needs("contact", known_contact=contact)
        return Needs(
            "code",
            known_contact=contact,
            state=awaited.state,
            until=awaited.expires_at,
            tries_left=awaited.tries_left,
            can_resend=awaited.resends_left > 0,
        )

    def ask_code(
        self,
        conversation: str,
        reference: str,
        page: Page,
        typed: Contact | None,
        turn: str,
        language: str,
    ) -> None:
        if typed is None:
            known = self._verification.proven(conversation, "status", "")
            if known is None:
                raise NotProven("no contact is proven here any more")
            typed = known.contact
        operation, act_key = _act(page, reference)
        self._verification.begin(conversation, operation, typed, act_key, turn, language)
        self._wake()

    def resend(self, conversation: str, reference: str, page: Page, turn: str) -> None:
        awaited = self._verification.awaited(conversation)
        if awaited is None or (awaited.purpose, awaited.act_key) != _act(page, reference):
            raise NothingToResend("another code is awaited, or none")
        self._verification.resend(conversation, turn)
        self._wake()

    def check_code(
        self, conversation: str, token: str, reference: str, page: Page, text: str, turn: str
    ) -> Checked:
        read = read_code(text, self._policy.codes.digits)
        if read.kind != "code":
            return Checked(_UNREAD[read.kind])
        awaited = self._verification.awaited(conversation)
        if awaited is None or (awaited.purpose, awaited.act_key) != _act(page, reference):
            return Checked("none")
        checked = self._verification.check(conversation, text)
        if checked.outcome != "accepted":
            return Checked(checked.outcome, checked.tries_left, checked.again_at)
        operation, act_key = _act(page, reference)
        proof = self._verification.proven(conversation, operation, act_key)
        opened = self._own(proof, reference) if page == "data" else None
        with self._database.write() as tx:
            if opened is not None:  # noted first, as by all who also write to the conversation
                disclosures.note(tx, opened.request_id, operation)
            fresh = self._sessions.rotate(tx, conversation, token, turn, read.code)
        return Checked("accepted" if proof is not None else "contact_changed", new_token=fresh)

    # What is shown

    def status(self, conversation: str, reference: str, *, quietly: bool) -> StatusView | None:
        proof = self._proof(conversation, reference, "status", quietly=quietly)
        if proof is None:
            raise NotProven("the status page needs a code")
        view = self._own(proof, reference)
        return None if view is None else self._views.status(view, proof.subjects)

    def data(self, conversation: str, reference: str) -> DataView | None:
        proof = self._require(conversation, reference, "data")
        view = self._own(proof, reference)
        return None if view is None else self._views.data(view)

    def more(self, conversation: str, reference: str, table: str, skip: int) -> TableView | None:
        proof = self._require(conversation, reference, "data")
        view = self._own(proof, reference)
        return None if view is None else self._views.more(view, table, skip)

    def package(self, conversation: str, reference: str, *, quietly: bool) -> PackageView | None:
        proof = self._proof(conversation, reference, "package", quietly=quietly)
        if proof is None:
            raise NotProven("the package page needs a code")
        view = self._own(proof, reference)
        return None if view is None else self._views.package(view, proof.subjects)

    def download(self, conversation: str, reference: str) -> Download | None:
        proof = self._require(conversation, reference, "download")
        view = self._own(proof, reference)
        there = self._packages.open_for(view.request_id, proof.subjects) if view else None
        if there is None:
            return None
        try:
            taken = self._packages.take(there.id, proof.subjects)
        except PackageGone as gone:
            raise NotPossibleNow(f"the package is {gone.state}") from None
        pieces = taken.pieces
        return Download(pieces, taken.size, taken.name, close=getattr(pieces, "close", _nothing))

    # What the customer does

    def undo(self, conversation: str, reference: str, turn: str) -> None:
        self.cancel(conversation, reference, turn)

    def cancel(self, conversation: str, reference: str, turn: str) -> None:
        proof = self._require(conversation, reference, "cancel")
        self._filing.cancel(reference, proof.subjects, turn)
        self._wake()

    def delete_now(self, conversation: str, reference: str, turn: str) -> None:
        proof = self._require(conversation, reference, "delete-now")
        self._fulfilment.delete_now(reference, proof.subjects, turn)

    def remove_package(self, conversation: str, reference: str, turn: str) -> None:
        proof = self._require(conversation, reference, "remove-file")
        view = self._filing.view(reference, proof.subjects)
        there = self._packages.open_for(view.request_id, proof.subjects)
        if there is None:
            raise RequestNotFound("no package belongs to this request")
        self._packages.remove(there.id, proof.subjects)
        self._wake()

    def object_to_change(self, reference: str, secret: str) -> bool:
        found = self._objections.object(reference, secret)
        objected = found is not None and found.state != "expired"
        if objected:
            self._fulfilment.wake()
            self._wake()
        return objected

    # Proofs

    def _proof(
        self, conversation: str, reference: str, page: Page, *, quietly: bool = False
    ) -> Proof | None:
        operation, act_key = _act(page, reference)
        proof = self._verification.proven(conversation, operation, act_key, quietly=quietly)
        if proof is None and page == "data":
            # The code that was given in the chat to see everything opens this page too, for as long as it lives.
            known = self._verification.proven(conversation, "status", "", quietly=quietly)
            if known is not None and self._was_disclosed(conversation, reference):
                return known
        return proof

    def _require(self, conversation: str, reference: str, page: Page) -> Proof:
        proof = self._proof(conversation, reference, page)
        if proof is None:
            raise NotProven(f"the page {page} needs a code")
        return proof

    def _was_disclosed(self, conversation: str, reference: str) -> bool:
        since = self._clock.now() - timedelta(minutes=self._policy.codes.verified_max_minutes)
        with self._database.read() as tx:
            return disclosures.is_given(tx, conversation, reference, "view", since)

    def _own(self, proof: Proof | None, reference: str) -> RequestView | None:
        """That person's request; None for any other reference."""
        if proof is None:
            return None
        try:
            return self._filing.view(reference, proof.subjects)
        except RequestNotFound:
            return None


def _act(page: Page, reference: str) -> tuple[str, str]:
    """The operation that a code for this page proves, and the act it is bound to."""
    operation = _FRESH.get(page, "status")
    return operation, f"{page}:{reference}" if operation != "status" else ""


def _nothing() -> None:
    """A stream that needs no end."""

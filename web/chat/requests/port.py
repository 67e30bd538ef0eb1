"""What the pages of a request need from the rest of the house, as one protocol.

Every verb asks the database itself whether this conversation may: a page never decides. "Not proven", "not theirs" and
"there is none" are one answer, with the same work done for each.
"""

from datetime import datetime
from typing import Protocol

from privacy.contacts import Contact
from web.chat.requests.views import (
    Checked,
    DataView,
    Download,
    Needs,
    PackageView,
    Page,
    StatusView,
    TableView,
)


class Requests(Protocol):
    """The requests of the house, as their pages see them. Called in worker threads; errors are `Problem`s."""

    def now(self) -> datetime:
        """The house's clock."""
        ...

    # What is needed

    def needs(self, conversation: str, reference: str, page: Page, *, quietly: bool) -> Needs:
        """What this conversation must still prove for this page. Looks only at proofs and challenges, never at the
        request: whether there is one shows in nothing here.

        `quietly`: the page looks again by itself. That is no sign of a person, so it must not keep a proof alive.
        """
        ...

    def ask_code(
        self,
        conversation: str,
        reference: str,
        page: Page,
        typed: Contact | None,
        turn: str,
        language: str,
    ) -> None:
        """Send a code for this page to whoever holds the typed contact; None stands for the contact that is proven.

        The same turn again changes nothing. Raises NotProven (None, and nothing is proven any more), TooManyCodes,
        SystemDown.
        """
        ...

    def resend(self, conversation: str, reference: str, page: Page, turn: str) -> None:
        """Send a fresh code in place of the last one for this page.

        Raises NothingToResend (also where the code that is awaited is for something else), ResendTooSoon, TooManyCodes.
        """
        ...

    def check_code(
        self, conversation: str, token: str, reference: str, page: Page, text: str, turn: str
    ) -> Checked:
        """Try what was typed against the code for this page; "none" where the one that is awaited is for something
        else. An accepted one changes the session's secret (`new_token`)."""
        ...

    # What is shown

    def status(self, conversation: str, reference: str, *, quietly: bool) -> StatusView | None:
        """How the request stands; None where it is not this person's, or there is none."""
        ...

    def data(self, conversation: str, reference: str) -> DataView | None:
        """Everything that is held, the first rows of each table. Needs the fresh proof `view`. Raises NotProven,
        NotPossibleNow (its time is over, or it is not read yet)."""
        ...

    def more(self, conversation: str, reference: str, table: str, skip: int) -> TableView | None:
        """Further rows of one table; None also where there is no such table. Raises as `data`."""
        ...

    def package(self, conversation: str, reference: str, *, quietly: bool) -> PackageView | None:
        """The file of an export, whatever became of it. Raises NotProven."""
        ...

    def download(self, conversation: str, reference: str) -> Download | None:
        """Begin a download, and count it. Needs the fresh proof `download`. Raises NotProven, NotPossibleNow."""
        ...

    # What the customer does. Each raises NotProven, RequestNotFound, NotPossibleNow; the same turn acts once.

    def undo(self, conversation: str, reference: str, turn: str) -> None:
        """Take back a deletion that waits for its date."""
        ...

    def cancel(self, conversation: str, reference: str, turn: str) -> None:
        """Take a request back."""
        ...

    def delete_now(self, conversation: str, reference: str, turn: str) -> None:
        """Do not wait for the date. Needs the fresh proof `delete_now`."""
        ...

    def remove_package(self, conversation: str, reference: str, turn: str) -> None:
        """Remove the file before its time."""
        ...

    def object_to_change(self, reference: str, secret: str) -> bool:
        """Hold the change of a contact, asked for with the secret in the notice to the former contact (kept as a
        fingerprint only). True also when it was said before; False for any other secret."""
        ...

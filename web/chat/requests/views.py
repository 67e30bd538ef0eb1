"""What the pages of a request show, as plain values: whoever fills them decides what may be seen.

Labels and pieces of sentences are in the customer's language and begin as the data map writes them ("your orders");
names of states and events are words of the glossary, and the pages have sentences for them. No HTML anywhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Page = Literal[
    "status", "data", "package", "download", "undo", "cancel", "delete-now", "remove-file"
]
"""The pages that may ask for a code, by the last part of their address.

status, package, undo, cancel and remove-file need what `status` needs; data needs a fresh code for `view`, download
for `download`, delete-now for `delete_now`.
"""

Act = Literal["undo", "cancel", "delete-now", "remove-file"]
SystemState = Literal["waiting", "working", "done", "down", "for_person"]
PackageState = Literal["making", "ready", "used_up", "expired", "removed"]
CodeOutcome = Literal[
    "accepted", "wrong", "expired", "locked", "none", "date", "length", "unread", "contact_changed"
]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a page needs before it may be shown: nothing, a contact to send a code to, or the code that was sent.

    `known_contact` is the masked contact that this conversation has proven before: a code is sent there at a press,
    and nothing is typed twice. `state` to `can_resend` tell of the code that is awaited for this very page.
    """

    what: Literal["nothing", "contact", "code"]
    known_contact: str = field(default="", repr=False)
    state: Literal["live", "expired", "locked"] = "live"
    until: datetime | None = None
    tries_left: int = 0
    can_resend: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a typed code.

    "date", "length", "unread" and "none" cost no try. "contact_changed": the code was right, but the contact changed
    too lately to open this alone. `new_token` replaces the session's secret at once.
    """

    outcome: CodeOutcome
    tries_left: int = 0
    again_at: datetime | None = None  # "locked": no code is compared before then
    new_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LawDate:
    """The date that one law sets."""

    law: str
    due_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history. `event` has a sentence in the wording (`requests_event_…`); `values` fill it."""

    at: datetime
    event: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SystemView:
    """How far one system is. `counts`: rows by what was done with them (found, changed, erased, anonymised, kept)."""

    label: str
    state: SystemState
    since: datetime | None = None
    again_at: datetime | None = None  # "down": when it is tried next
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskView:
    """Something that only a person can do, in words for the customer."""

    words: str = field(repr=False)
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StatusView:
    """A request as its customer may see it.

    `status` and `reason` are names of `privacy.requests` in lower case ("in_progress", "by_customer"). `wish` goes on
    after "Your request to". `scope` goes on after "It is only about" ("your orders since 2023"). `question` is what we asked.
    """

    reference: str
    kind: str
    wish: str
    status: str
    received_at: datetime
    due_at: datetime
    reason: str = ""
    closed_at: datetime | None = None
    scheduled_at: datetime | None = None  # a deletion waits for it
    scope: str = field(default="", repr=False)
    question: str = field(default="", repr=False)
    set_by: str = ""  # the law (or the company's promise) that set the date
    laws: Sequence[LawDate] = ()
    history: Sequence[Happened] = ()
    systems: Sequence[SystemView] = ()
    tasks: Sequence[TaskView] = ()
    acts: frozenset[Act] = frozenset()  # what the customer may do now
    data_until: datetime | None = None  # the page with the data can be opened until then
    has_package: bool = False

    @property
    def is_open(self) -> bool:
        """Whether anything may still change by itself."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class FieldView:
    """What the data map says of one field.

    `why`: goes on after "We hold it". `because`: after "We may, because". `until`: after "We keep it". `source`: after
    "We have it". `recipients`: who and what for, one each. `correct` is what a correction of it is about ("your
    address"), if it can be corrected. `hidden`: named, never shown. `names_others`: its texts may name other people, and are
    left to the download.
    """

    label: str
    why: Sequence[str]
    ground: str
    because: str
    until: str
    source: str
    recipients: Sequence[str] = ()
    correct: str = ""
    hidden: bool = False
    is_file: bool = False
    names_others: bool = False


@dataclass(frozen=True, slots=True)
class RowView:
    """One row: its values in the order of the table's fields; None where there is none, "" where it is held and hidden.

    `until` is the day on which this row's time is over, where one can be told.
    """

    values: Sequence[str | None] = field(repr=False)
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TableView:
    """One table of one system. `id` stands in an address: letters, digits, "-" and "_" only, nothing personal."""

    id: str
    label: str
    system: str
    count: int  # of all rows of the person
    fields: Sequence[FieldView]
    rows: Sequence[RowView] = field(repr=False)
    skipped: int = 0  # rows before the first of `rows`
    step: int = 100  # how many rows one part has at most

    @property
    def shown_to(self) -> int:
        """How many rows lie before the end of this part."""
        return self.skipped + len(self.rows)


@dataclass(frozen=True, slots=True)
class CategoryView:
    """Tables that belong together in the customer's eyes. `summary`: "your name and two addresses"."""

    id: str
    label: str
    summary: str
    tables: Sequence[TableView]


@dataclass(frozen=True, slots=True)
class DataView:
    """Everything that is held. `missing`: systems that could not be read, in words; `until`: can be opened so long."""

    reference: str
    read_at: datetime
    until: datetime
    categories: Sequence[CategoryView]
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PackageView:
    """The file of an export. `parts`: what it holds, in words. `making`: other numbers are not known yet."""

    reference: str
    state: PackageState
    filename: str = ""
    size: int = 0
    made_at: datetime | None = None
    expires_at: datetime | None = None
    gone_at: datetime | None = None  # when it was removed, expired or last downloaded
    downloads: int = 0
    downloads_left: int = 0
    parts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way. `close` is called once, also when the browser goes away in the middle."""

    chunks: Iterator[bytes]
    size: int
    filename: str
    close: Callable[[], None] = lambda: None
    media_type: str = "application/zip"

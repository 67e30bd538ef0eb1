"""What the verbs of verification answer. Nothing here tells whether a contact is known before it is proven."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from privacy.contacts import Contact

type Outcome = Literal["accepted", "wrong", "expired", "locked", "none"]
type NeedsPerson = Literal["contact_changed", "shared_contact"]


@dataclass(frozen=True)
class Begun:
    """A code is on its way, if there is anybody to send it to."""

    expires_at: datetime
    tries_left: int
    resends_left: int


@dataclass(frozen=True)
class Checked:
    """What came of a typed code.

    "none": nothing was tried, because no code is awaited or the text is none. "locked" with `again_at`: too many
    wrong codes for this contact until then; without: this code is closed, another can be asked for.
    """

    outcome: Outcome
    tries_left: int = 0
    purpose: str = ""
    act_key: str = ""
    subjects: tuple[str, ...] = field(default=(), repr=False)
    needs_person: NeedsPerson | None = None  # why the proof is not enough for its purpose alone
    again_at: datetime | None = None


@dataclass(frozen=True)
class Awaited:
    """The challenge that is open in a conversation; "expired" and "locked" ones count until they are replaced."""

    purpose: str
    act_key: str
    expires_at: datetime
    state: Literal["live", "expired", "locked"]
    tries_left: int
    resends_left: int
    resend_at: datetime  # not before


@dataclass(frozen=True)
class Proof:
    """What a conversation has proven: whoever wrote it reads the mail of `contact`.

    Several subjects: several persons hold this contact; which of them wrote, nobody knows.
    """

    subjects: tuple[str, ...] = field(repr=False)
    contact: Contact
    level: int
    at: datetime

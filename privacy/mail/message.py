"""One mail as it travels: headers and body as bytes, with one sender and one recipient.

The same row always gives the same bytes, so that a mail which has to go out twice (the server took
it but its answer was lost) is the same mail, with the same Message-ID. Only 7-bit bytes, whatever
the text holds.
"""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from privacy.mail.addresses import Mailbox, parse_mailbox
from privacy.mail.letterhead import Letterhead

# Nobody answers a code, and the company does not write to itself; customers may answer everything else.
_NOT_ANSWERED = frozenset({"code", "message_for_agent", "request_needs_person", "task_for_person"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What the outbox keeps of a message; a text message has no subject."""

    kind: str
    to: str
    subject: str
    body: str
    message_id: str
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the mail server is given."""

    sender: Mailbox
    recipient: Mailbox
    content: bytes

    @property
    def needs_smtputf8(self) -> bool:
        return self.recipient.needs_smtputf8


def compose(draft: Draft, letterhead: Letterhead) -> Envelope:
    """Build the mail.

    Raises AddressUnusable.
    """
    recipient = parse_mailbox(draft.to)
    policy = (SMTPUTF8 if recipient.needs_smtputf8 else SMTP).clone(cte_type="7bit")
    message = EmailMessage(policy)
    message["From"] = _shown(letterhead.sender_name, letterhead.sender)
    message["To"] = _shown("", recipient)
    # "=?" would make the header parser decode what a customer wrote as if it were ours.
    message["Subject"] = draft.subject.replace("=?", "= ?")
    message["Date"] = draft.created_at
    message["Message-ID"] = f"<{draft.message_id}>"
    if draft.kind not in _NOT_ANSWERED:
        message["Reply-To"] = _shown(letterhead.company, letterhead.inbox)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["X-Auto-Response-Suppress"] = "All"  # Exchange's word for the same
    message.set_content(draft.body, params={"format": "flowed"})
    return Envelope(letterhead.sender, recipient, message.as_bytes())


def _shown(name: str, mailbox: Mailbox) -> Address:
    return Address(name, mailbox.local, mailbox.domain)

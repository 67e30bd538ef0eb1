"""What stands on every mail of this company: its name, the sender, where answers go, the chat.

Checked once, when it is built from the settings; knows nothing of customers.
"""

from dataclasses import dataclass
from email.utils import getaddresses
from typing import Self

from privacy.mail.addresses import Mailbox, parse_mailbox
from privacy.mail.errors import AddressUnusable, MailSettingWrong

_FROM = (
    'write one address, as in "Alder & Finch privacy <privacy@example.com>"; '
    "a name with a comma stands in quotes"
)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The company, as its mails show it."""

    company: str
    sender_name: str
    sender: Mailbox
    inbox: Mailbox
    origin: str

    @classmethod
    def read(cls, *, company: str, mail_from: str, inbox: str, origin: str) -> Self:
        """Check the settings of the same names.

        Raises MailSettingWrong.
        """
        found = getaddresses([mail_from]) if mail_from.isprintable() else []
        name, address = found[0] if len(found) == 1 else ("", "")
        return cls(
            company=company,
            sender_name=name,
            sender=_ascii_mailbox("VERA_MAIL_FROM", address, _FROM),
            inbox=_ascii_mailbox(
                "VERA_COMPANY_INBOX", inbox, "write one address, as in privacy@example.com"
            ),
            origin=origin.rstrip("/"),
        )

    @property
    def chat(self) -> str:
        """Where a customer goes on: the only link that mails hold."""
        return f"{self.origin}/chat"


def _ascii_mailbox(setting: str, text: str, advice: str) -> Mailbox:
    try:
        mailbox = parse_mailbox(text)
    except AddressUnusable:
        raise MailSettingWrong(setting, advice) from None
    if mailbox.needs_smtputf8:
        raise MailSettingWrong(setting, "the part before the @ must be plain ASCII")
    return mailbox

"""Telling those who received data that it was corrected, deleted or may not be used for now (GDPR Art. 19;
CCPA Regulations §7022(b)).

One letter for each recipient with an address in the map; for any other a person is asked. Once by key, in the
caller's transaction. A letter names the person by the contacts on file, as the recipient knows them, and
nothing else that is held about them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy import Connection

from privacy import audit
from privacy.contacts import Contact
from privacy.datamap.model import DataMap
from privacy.fulfilment.job import Job
from privacy.mail.port import Outbox

type What = Literal["corrected", "deleted", "restricted"]

_SUBJECTS: Mapping[What, str] = {
    "corrected": "correct data of a person",
    "deleted": "delete data of a person",
    "restricted": "pause the use of data of a person",
}
_ASKED: Mapping[What, str] = {
    "corrected": "We have corrected data about this person that you received from us. Correct it on your side, too.",
    "deleted": "We have deleted data about this person that you received from us. Delete it on your side, too, with "
    "every copy and link, unless a law tells you to keep it.",
    "restricted": "This person has asked us to pause the use of their data. Store what you received from us, and use "
    "it for nothing else until you hear from us.",
}


class Tasks(Protocol):
    """Asks persons (`privacy.fulfilment.tasks.tasks.Tasks`)."""

    def ask(
        self,
        tx: Connection,
        about: Job,
        /,
        *,
        key: str,
        kind: str,
        what: str,
        system: str | None = None,
        due_at: datetime | None = None,
    ) -> object: ...


class Recipients:
    """Tells the recipients of the data map."""

    def __init__(self, outbox: Outbox, tasks: Tasks, datamap: Callable[[], DataMap]) -> None:
        self._outbox = outbox
        self._tasks = tasks
        self._datamap = datamap

    def tell(
        self,
        tx: Connection,
        job: Job,
        recipients: Iterable[str],
        what: What,
        *,
        contacts: Sequence[Contact] = (),
        details: str = "",
        key: str = "",
    ) -> int:
        """Tell each recipient (names of the map) what was done; returns how many a person has to tell.

        `contacts`: how the recipient knows the person, by default the contact that was proven. `details`: one line on
        what changed. `key`: what tells two of the same kind in one request apart.
        """
        known = self._datamap().recipients
        person = ", ".join(contact.value for contact in (contacts or (job.contact,)))
        by_hand = 0
        for name in dict.fromkeys(recipients):
            recipient = known.get(name)
            if recipient is None:
                continue
            once = f"{name}:{what}" + (f":{key}" if key else "")
            if recipient.notify:
                is_new = self._outbox.add(
                    tx,
                    kind="recipient_told",
                    to=recipient.notify,
                    dedupe_key=f"recipient_told:{job.reference}:{once}",
                    language="en",
                    values={
                        "reference": job.reference,
                        "wish": _SUBJECTS[what],
                        "asked": _ASKED[what],
                        "person": person,
                        "details": details,
                    },
                )
                if is_new:
                    audit.note(
                        tx,
                        actor="service",
                        act="recipient.told",
                        request=job.request,
                        data={"recipient": name, "kind": what},
                    )
            else:
                by_hand += 1
                line = f"\nWhat changed: {details}" if details else ""
                self._tasks.ask(
                    tx,
                    job,
                    key=f"recipient:{once}",
                    kind="tell_recipient",
                    what=f"Tell {recipient.who}: {_ASKED[what]}\nPerson: {person}{line}\n"
                    f"Reference: {job.reference}",
                )
        return by_hand

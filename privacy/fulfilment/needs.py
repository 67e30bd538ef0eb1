"""What correcting and stopping need of their neighbours: the company's systems, and who tells recipients."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

from sqlalchemy import Connection

from privacy.contacts import Contact
from privacy.datamap.model import DataMap
from privacy.fulfilment.job import Job
from privacy.systems.directory import SubjectRecord
from privacy.systems.port import Place, System


class Company(Protocol):
    """The company's systems (`CompanyDirectory`)."""

    @property
    def datamap(self) -> DataMap: ...

    def system(self, name: str) -> System: ...

    def find(self, contact: Contact) -> Sequence[SubjectRecord]: ...

    def places(self, contact: Contact, subject: str) -> Mapping[str, tuple[Place, ...]]: ...


class TellRecipients(Protocol):
    """Tells those outside who received data (GDPR Art. 19), in the caller's transaction, once by key
    (`privacy.fulfilment.telling.recipients.Recipients`)."""

    def tell(
        self,
        tx: Connection,
        job: Job,
        recipients: Iterable[str],
        what: Literal["corrected", "deleted", "restricted"],
        *,
        details: str = "",
        key: str = "",
    ) -> int: ...

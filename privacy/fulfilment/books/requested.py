"""A request as it is carried out: read from the books, its sealed parts opened. Decides nothing."""

import json
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, RowMapping, select

from privacy.contacts import Contact
from privacy.datamap.scope import Scope
from privacy.filing.entry import DETAILS
from privacy.filing.holders import CONTACT, SUBJECT, open_mail_to
from privacy.fulfilment.job import Job, Places
from privacy.store.keyring import Keyring, SealBroken
from privacy.store.tables.requests import request

log = structlog.get_logger()

SCOPE = "scope"  # the detail that a partial wish is kept in (`Scope.as_text`)


@dataclass(frozen=True, slots=True)
class Requested:
    """What is said about a request where no place is known yet; `mail_to` may be ""."""

    request: str
    reference: str
    kind: str
    conversation: str
    language: str
    mail_to: str
    due_at: datetime

    def __repr__(self) -> str:
        return f"Requested({self.reference}, {self.kind})"


def find(tx: Connection, request_id: str, *, to_change: bool = False) -> RowMapping | None:
    """The request's row."""
    found = select(request).where(request.c.id == request_id)
    if to_change:
        found = found.with_for_update()
    return tx.execute(found).mappings().one_or_none()


def requested(keyring: Keyring, row: RowMapping) -> Requested:
    """What news and tasks need of it. An address that does not open is told by the log, and is none: what
    keeps a request from being worked on must still reach a person.
    """
    try:
        mail_to = open_mail_to(keyring, row["sealed_contact"])
    except SealBroken:
        log.error("contact of a request does not open", request=row["id"])
        mail_to = ""
    return Requested(
        request=row["id"],
        reference=row["reference"],
        kind=row["kind"],
        conversation=row["conversation"],
        language=row["language"],
        mail_to=mail_to,
        due_at=row["due_at"],
    )


def subjects(keyring: Keyring, row: RowMapping) -> tuple[str, ...]:
    """Whose data it is about; none where nobody is known, several for a shared contact."""
    return tuple(json.loads(keyring.open(row["sealed_subject"], SUBJECT)))


def contact(keyring: Keyring, row: RowMapping) -> Contact:
    """The contact that was proven, or named."""
    opened = json.loads(keyring.open(row["sealed_contact"], CONTACT))
    return Contact(opened["kind"], opened["value"])


def job(keyring: Keyring, row: RowMapping, run: int, places: Places) -> Job:
    """All of it, for a course.

    Raises ValueError where its scope cannot be read.
    """
    details = json.loads(keyring.open(row["sealed_details"], DETAILS))
    return Job(
        request=row["id"],
        reference=row["reference"],
        kind=row["kind"],
        run=run,
        subjects=subjects(keyring, row),
        contact=contact(keyring, row),
        mail_to=open_mail_to(keyring, row["sealed_contact"]),
        details=details,
        scope=Scope.from_text(details.get(SCOPE, "")),
        places=places,
        conversation=row["conversation"],
        language=row["language"],
        received_at=row["received_at"],
        due_at=row["due_at"],
    )

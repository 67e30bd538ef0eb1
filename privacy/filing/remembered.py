"""Who asked to be deleted is found nowhere else any more: here, by the address to which the receipt went.

It opens one thing only, how that request stands, and only after a code to that very address.
"""

import json

from sqlalchemy import select

from privacy.contacts import Contact, budget_key
from privacy.filing.holders import SUBJECT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.requests import request


class Remembered:
    """Persons as their own deletions remember them."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def subjects(self, email: Contact) -> tuple[str, ...]:
        """Whose newest deletion was asked for from this address; () where there is none."""
        newest = (
            select(request.c.sealed_subject)
            .where(
                request.c.mail_index == mail_index(self._keyring, email),
                request.c.kind == "delete",
                request.c.retired_at.is_(None),
            )
            .order_by(request.c.received_at.desc())
            .limit(1)
        )
        with self._database.read() as tx:
            sealed = tx.execute(newest).scalar()
        return () if sealed is None else tuple(json.loads(self._keyring.open(sealed, SUBJECT)))


def mail_index(keyring: Keyring, email: Contact) -> str:
    """The keyed fingerprint of an address, one for all its spellings."""
    return keyring.index(budget_key(email), "request mail")

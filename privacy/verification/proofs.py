"""The rows of proofs: what a conversation has proven, until it idles out."""

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from privacy.contacts import Contact, as_kept
from privacy.policy import Codes
from privacy.store.keyring import Keyring
from privacy.store.tables.challenges import proof as table
from privacy.verification.challenges import Challenge
from privacy.verification.outcomes import Proof

NEW_CONTACT = "new_contact"
"""The operation of proving an address that is not on file yet; its proof serves that act alone."""

_CONTACT, _SUBJECTS = "proof.contact", "proof.subjects"


def add(
    tx: Connection,
    keyring: Keyring,
    used: Challenge,
    contact: Contact,
    subjects: tuple[str, ...],
    now: datetime,
) -> None:
    tx.execute(
        insert(table).values(
            challenge=used.id,
            conversation=used.conversation,
            contact=keyring.seal(contact.value, _CONTACT),
            contact_index=used.destination_index,
            subjects=keyring.seal(json.dumps(subjects), _SUBJECTS),
            purpose=used.purpose,
            act_key=used.act_key,
            level=used.level,
            proven_at=now,
            last_used_at=now,
        )
    )


def use(
    tx: Connection,
    keyring: Keyring,
    limits: Codes,
    conversation: str,
    now: datetime,
    *,
    level: int = 0,
    act: tuple[str, str] | None = None,
    quietly: bool = False,
) -> Proof | None:
    """The newest proof that counts now, marked as used; with `act` (purpose and key) only one made for it, without
    never one of a new contact. `quietly`: a page that looks by itself keeps no proof alive."""
    counts = [
        table.c.conversation == conversation,
        table.c.proven_at >= now - timedelta(minutes=limits.verified_max_minutes),
        table.c.last_used_at >= now - timedelta(minutes=limits.verified_idle_minutes),
        table.c.level >= level,
    ]
    if act is None:
        # That somebody reads a mailbox of their own choice says nothing about whose data they may see.
        counts.append(table.c.purpose != NEW_CONTACT)
    else:
        counts += [table.c.purpose == act[0], table.c.act_key == act[1]]
    newest = select(table.c.challenge).where(*counts).order_by(table.c.proven_at.desc()).limit(1)
    row = tx.execute(
        update(table)
        .where(table.c.challenge == newest.scalar_subquery())
        .values(last_used_at=table.c.last_used_at if quietly else now)
        .returning(table.c.contact, table.c.subjects, table.c.level, table.c.proven_at)
    ).first()
    if row is None:
        return None
    return Proof(
        subjects=tuple(json.loads(keyring.open(row.subjects, _SUBJECTS))),
        contact=as_kept(keyring.open(row.contact, _CONTACT)),
        level=row.level,
        at=row.proven_at,
    )


def drop_of(tx: Connection, conversation: str) -> None:
    tx.execute(delete(table).where(table.c.conversation == conversation))


def drop_old(tx: Connection, before: datetime) -> int:
    return tx.execute(delete(table).where(table.c.proven_at < before)).rowcount

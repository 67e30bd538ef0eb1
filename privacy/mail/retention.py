"""Forgetting mails: what is finished holds no text and no address any more, and goes after a while."""

from datetime import datetime

from sqlalchemy import Connection, delete

from privacy.store.tables.outbox import mail


def forget(tx: Connection, before: datetime) -> int:
    """Delete mails that were finished and made before a moment; those that wait stay."""
    finished = mail.c.next_attempt_at.is_(None)
    return tx.execute(delete(mail).where(finished, mail.c.created_at < before)).rowcount

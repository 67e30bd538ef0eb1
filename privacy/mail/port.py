"""The outbox as its callers see it: filing, verification and hand-over put mail into it, and know no more of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection


class Outbox(Protocol):
    """Takes a mail in the caller's transaction (`privacy.mail.outbox.Outbox`)."""

    def add(
        self,
        tx: Connection,
        *,
        kind: str,
        to: str,
        dedupe_key: str,
        language: str,
        values: Mapping[str, str],
        expires_at: datetime | None = None,
        conversation: str | None = None,
        deliver: bool = True,
    ) -> bool: ...

"""The outbox as its callers see it: filing, verification and hand-over put messages into it, and know no more of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from privacy.mail.carrier import By


class Outbox(Protocol):
    """Takes a mail, or `by="text"` a text message to a number in E.164, in the caller's transaction (`privacy.mail.outbox.Outbox`)."""

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
        by: By = "mail",
    ) -> bool: ...
